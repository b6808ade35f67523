"""Where a report comes from: digests of suite and spec, and the environment."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import contract_tests
from mockserver.contract.spec_files import spec_path

# the packages whose versions may change what is sent or how it is judged
DEPENDENCIES = ("hypothesis", "jsonschema-rs", "openapi-core", "pytest", "schemathesis")
_SHARED = ("console", "contract", "golang", "http")  # packages of mockserver that the suite is made of, too


@cache
def suite_digest() -> str:
    """The digest of the suite: its Python files, and those of the packages that it shares with the mock."""
    root = Path(str(contract_tests.__file__)).parent.parent
    folders = [root / "contract_tests", *(root / "mockserver" / name for name in _SHARED)]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    return digest((path.relative_to(root).as_posix(), path) for path in files)


@cache
def spec_digest() -> str:
    """The digest of spec/: the descriptions, the behaviours, the scenarios and the recordings."""
    root = spec_path()
    files = (path for pattern in ("*.yaml", "*.jsonl") for path in root.rglob(pattern))
    return digest((path.relative_to(root).as_posix(), path) for path in files)


def digest(files: Iterable[tuple[str, Path]]) -> str:
    """The SHA-256 of a list of names and the SHA-256 of their contents, sorted by name.

    It is "sha256:" and that of `sha256sum`'s lines; line breaks of Windows count as those of others.
    """
    total = hashlib.sha256()
    for name, path in sorted(files):
        content = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        total.update(f"{content}  {name}\n".encode())
    return f"sha256:{total.hexdigest()}"


def environment() -> dict[str, object]:
    """The Python, the platform, and the versions of the dependencies that matter."""
    versions = {}
    for name in DEPENDENCIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "dependencies": versions,
    }
