"""The files of an export: a directory that `tyk-contract serve` can use as it is, or one JSON file.

A directory has `export.json` (the manifest), `policies/policies.json` (a record file), `apis/*.json`,
`keys.json` and `clients.json`; one file has the manifest with these as members.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from contract_tests.report import output_file
from mockserver.cli.transfer.contents import Contents, Document
from mockserver.console.input_files import DOCUMENT
from mockserver.golang.json_size import few_enough
from mockserver.storage.snapshot import content_of

MARK = "tyk-contract-export"  # the member that has the version of the format
FORMAT = 1
MANIFEST = "export.json"
_PLACES = {"policies": "policies/policies.json", "keys": "keys.json", "clients": "clients.json"}
_APIS = "apis"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")  # a name that each file system keeps as it is


class ExportError(ValueError):
    """An export that cannot be read or written; the message names the file and the next step."""


def manifest_of(contents: Contents, replaced: Iterable[str]) -> Document:
    """What an export says of itself. Its time is that of SOURCE_DATE_EPOCH, if that is set."""
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return {
        MARK: FORMAT,
        "source": {"service": contents.service, "version": contents.version},
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
        "counts": contents.counts,
        "replaced": sorted(replaced),
        "not_carried": sorted(contents.problems),
    }


def check(target: Path) -> None:
    """Check before anything is read that an export can be written.

    Raises:
        ValueError: the target is a directory with other files, or cannot be written.
    """
    if is_file(target):
        output_file.check(target)
    elif target.is_dir():
        if any(target.iterdir()) and not (target / MANIFEST).is_file():
            raise ExportError(f"{target} has other files; name a new directory, or that of an earlier export")
    elif target.exists() or not target.absolute().parent.is_dir():
        raise ExportError(f"{target}: no directory can be made there; name another one")


def is_file(target: Path) -> bool:
    """True if an export to a path is one file."""
    return target.suffix == ".json" and not target.is_dir()


def write(target: Path, manifest: Document, contents: Contents) -> None:
    """Write an export. Files of an earlier one in the same directory that it has no more are removed.

    Raises:
        ValueError: a file cannot be written.
    """
    if is_file(target):
        output_file.write(target, _text({**manifest, **contents.kinds}))
        return
    files = api_files(contents.apis)
    folders = (target / "policies", target / _APIS)
    if led_out := next((folder for folder in folders if folder.is_symlink()), None):
        raise ExportError(f"{led_out} is a symbolic link, and files are written and removed there; remove it")
    try:
        for folder in (target, *folders):
            folder.mkdir(exist_ok=True)
        for name in _old_files(target) - files.keys():
            (target / _APIS / name).unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{error.filename}: {error.strerror}; name another directory") from error
    for kind, place in _PLACES.items():
        output_file.write(target / place, _text(contents.kinds[kind]))
    for name, api in files.items():
        output_file.write(target / _APIS / name, _text(api))
    output_file.write(target / MANIFEST, _text({**manifest, "api_files": sorted(files)}))


def read(path: Path) -> Contents | None:
    """The contents of an export; None if a path is none.

    Raises:
        ExportError: a file of it cannot be read.
    """
    manifest_path = path / MANIFEST if path.is_dir() else path
    if not manifest_path.is_file():
        return None
    manifest = _read(manifest_path)
    if MARK not in manifest:
        return None
    if manifest[MARK] != FORMAT:
        raise ExportError(f"{manifest_path}: format {manifest[MARK]!r} is unknown; use a newer tyk-contract")
    source = manifest.get("source")
    known = source if isinstance(source, dict) else {}
    contents = Contents(str(known.get("service", "")), str(known.get("version", "")))
    for kind, place in _PLACES.items():
        documents = _read(path / place) if path.is_dir() else _member(manifest, kind, path)
        for name, document in documents.items():
            contents.add(kind, name, document)
    if path.is_dir():
        contents.add_all("apis", (_read(path / _APIS / name) for name in sorted(_listed(manifest))), "api_id")
    else:
        contents.add_all("apis", _member(manifest, "apis", path).values(), "api_id")
    return contents


def api_files(apis: Mapping[str, Document]) -> dict[str, Document]:
    """API definitions by the names of their files: the id, or a hash of one that is no plain name."""
    return {_file_name(api_id): api for api_id, api in sorted(apis.items())}


def _file_name(api_id: str) -> str:
    if _PLAIN.fullmatch(api_id) and not api_id.startswith("api-"):
        return f"{api_id}.json"
    return f"api-{hashlib.sha256(api_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"


def _old_files(target: Path) -> set[str]:
    """The files of APIs of an earlier export in a directory."""
    manifest = target / MANIFEST
    return set(_listed(_read(manifest))) if manifest.is_file() else set()


def _listed(manifest: Document) -> list[str]:
    """The names of the files of APIs in a manifest; others may have written it."""
    names = manifest.get("api_files")
    plain = isinstance(names, list) and all(
        isinstance(name, str) and name.endswith(".json") and _PLAIN.fullmatch(name.removesuffix(".json"))
        for name in names
    )
    if names is not None and not plain:
        raise ExportError(f"{MANIFEST}: api_files must be a list of names of files; export again")
    return list(names or [])


def _member(manifest: Document, kind: str, path: Path) -> Document:
    documents = manifest.get(kind, {})
    if not isinstance(documents, dict):
        raise ExportError(f"{path}: {kind} must be an object of documents by id; export again")
    return documents


def _read(path: Path) -> Document:
    try:
        document: Any = json.loads(few_enough(content_of(path, DOCUMENT)))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or f"it is not JSON: {error}"
        raise ExportError(f"{path}: {reason}; give an export that is whole, or export again") from error
    if not isinstance(document, dict):
        raise ExportError(f"{path} is not a JSON object; give an export, or export again")
    return document


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"
