"""The files that `tyk-contract lint` is given, and their changes by --fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from mockserver.cli import json_files
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.findings import Finding
from mockserver.gateway.lint.fixing import fixed
from mockserver.gateway.lint.linter import Linter
from mockserver.gateway.lint.reading import UNREAD_SUFFIXES
from mockserver.gateway.lint.rules import Kind
from mockserver.storage.file_writer import FileWriter

CONFIGURATIONS = ("tyk.conf", "tyk_analytics.conf")  # beside *.json, in a directory
COMPANIONS = ("-oas.json", "-mcp.json")  # names of API definitions in other forms
_MEMBERS = re.compile(  # of policies, sessions, API definitions and configurations
    rb"^[ \"]*(?:access_rights|quota_max|quota_renewal_rate|apply_policies|listen_path|policy_path)\"?\s*:",
    re.MULTILINE,
)
MOST_ROUNDS = 20  # of changes; each shows what the errors before it have hidden


def files_at(paths: Sequence[Path], kind: Kind | None) -> list[File]:
    """The files of paths: those named, and of a directory *.json and the configurations, sorted by name.

    Files of a directory in another form, which no gateway reads, are among them if they look like its own.

    Raises:
        ValueError: a path cannot be read, or a directory has no such file.
    """
    files = {path: None for given in paths for path in _expanded(given)}
    return [File(str(path), json_files.content(path), kind) for path in files]


def unread_directories(paths: Sequence[Path]) -> list[Path]:
    """The directories within the given ones that have files for a gateway, and are not given themselves."""
    given = {path.resolve() for path in paths}
    within = [child for path in paths if path.is_dir() for child in sorted(path.iterdir()) if child.is_dir()]
    return [child for child in within if child.resolve() not in given and any(child.glob("*.json"))]


def fix(
    linter: Linter, files: Sequence[File], named: Sequence[Path]
) -> tuple[list[File], list[Finding], int]:
    """Change files as far as the remedies are mechanical; return them, what is left, and how many changed.

    Links that lead out of a directory are followed only if they are `named` themselves.

    Raises:
        ValueError: a file cannot be written, or is elsewhere; then none is changed, or those before it.
    """
    current = list(files)
    findings = linter.lint(current)
    for _ in range(MOST_ROUNDS):
        by_file = {name: list(group) for name, group in groupby(findings, key=lambda finding: finding.file)}
        after = [File(file.name, fixed(file.data, by_file.get(file.name, ())), file.kind) for file in current]
        if after == current:
            break
        current = after
        findings = linter.lint(current)
    changed = [file for file, before in zip(current, files, strict=True) if file != before]
    for file in changed:
        if Path(file.name) not in named and _is_elsewhere(Path(file.name)):
            raise ValueError(
                f"{file.name} is a symbolic link that leads out of its directory; nothing was fixed; "
                "name the link itself to have its file changed"
            )
    for file in changed:
        _write(file)
    return current, findings, len(changed)


def _expanded(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = [
        file
        for file in sorted(path.iterdir())
        if (file.suffix == ".json" and not file.name.endswith(COMPANIONS))
        or file.name in CONFIGURATIONS
        or (file.suffix in UNREAD_SUFFIXES and _MEMBERS.search(json_files.content(file)))
    ]
    if not found:
        raise ValueError(
            f"{path} has no *.json and no tyk.conf{_but_within(path)}; "
            "give a directory that a gateway reads, or a file"
        )
    yield from (file for file in found if not file.is_dir())


def _but_within(path: Path) -> str:
    names = ", ".join(child.name for child in unread_directories([path]))
    return f", but its directories have ({names})" if names else ""


def _is_elsewhere(path: Path) -> bool:
    return not path.resolve().is_relative_to(path.parent.resolve())


def _write(file: File) -> None:
    try:
        FileWriter().write(str(Path(file.name).resolve()), file.data)
    except OSError as error:
        raise ValueError(
            f"{file.name}: {error.strerror or 'it cannot be written'}; it was not fixed"
        ) from error
