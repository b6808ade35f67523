"""Policy files: in memory, or in a directory as a real gateway leaves it."""

from __future__ import annotations

import contextlib
import os
import posixpath
import secrets
from pathlib import Path
from typing import Protocol

NAME_MAX = 255  # bytes of a file's name on Linux
_TEMPORARY = ".tyk-contract-"


class NoStorage(OSError):
    """The policy directory is not there, or is no directory."""


class Refused(OSError):
    """A file cannot be written or removed under this name."""


class Files(Protocol):
    """Where written policies live. What was there before the mock wrote is never lost."""

    def write(self, name: str, text: str) -> None:
        """Write `name`.json whole or not at all. Raises NoStorage or Refused."""

    def delete(self, name: str) -> None:
        """Remove `name`.json. Raises NoStorage or Refused."""

    def read(self) -> list[tuple[str, bytes]]:
        """Every *.json of the directory itself, by name; none where there is no directory."""

    def put_back(self) -> None:
        """Make all files what they were before the mock first wrote or removed them."""


class MemoryFiles:
    """A directory that is only in memory: same names allowed, same names refused."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def write(self, name: str, text: str) -> None:
        file = self._resolve(name)
        if len(file.encode("utf-8", "surrogateescape")) > NAME_MAX:
            raise Refused(name)
        self._files[file] = text.encode()

    def delete(self, name: str) -> None:
        if self._files.pop(self._resolve(name), None) is None:
            raise Refused(name)

    def read(self) -> list[tuple[str, bytes]]:
        return sorted(self._files.copy().items())

    def put_back(self) -> None:
        self._files.clear()

    def _resolve(self, name: str) -> str:
        file = inside("/policies", name)
        if posixpath.dirname(file) != "/policies":
            raise Refused(name)
        return posixpath.basename(file)


class DirectoryFiles:
    """A directory on disk. A file appears whole, by renaming, so a crash leaves no half of one.

    With `own_only` it reads nothing but what it wrote itself: a gateway with a record file writes
    into its working directory, whose other files are no policies.
    """

    def __init__(self, path: Path, *, own_only: bool = False) -> None:
        self.path = path
        self._own_only = own_only
        self._before: dict[str, bytes | None] = {}  # by path, None where there was no file

    def write(self, name: str, text: str) -> None:
        target = os.path.realpath(inside(self._root(), name))
        try:
            self._remember(target)
            _replace(target, text.encode())
        except (OSError, ValueError) as error:
            raise Refused(name) from error

    def delete(self, name: str) -> None:
        target = inside(self._root(), name)
        try:
            self._remember(target)
            os.rmdir(target) if os.path.isdir(target) else os.unlink(target)
        except (OSError, ValueError) as error:
            raise Refused(name) from error

    def read(self) -> list[tuple[str, bytes]]:
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(".json"))
        except OSError:
            return []
        found = []
        for name in names:
            path = self.path / name
            if self._own_only and os.path.realpath(path) not in self._before:
                continue
            with contextlib.suppress(OSError):
                found.append((name, b"" if path.is_dir() else path.read_bytes()))
        return found

    def put_back(self) -> None:
        while self._before:
            target, before = self._before.popitem()
            with contextlib.suppress(OSError):
                if before is None:
                    os.unlink(target)
                else:
                    _replace(target, before)

    def _remember(self, target: str) -> None:
        if target not in self._before and not os.path.isdir(target):
            with contextlib.suppress(FileNotFoundError):
                self._before[target] = Path(target).read_bytes()
            self._before.setdefault(target, None)

    def _root(self) -> str:
        root = os.path.abspath(self.path)
        if not os.path.isdir(root):
            raise NoStorage(root)
        return root


def inside(root: str, name: str) -> str:
    """Join and clean as Go does; a path that leaves the root is refused.

    Source: internal/osutil/osutil.go:40 @v5.12.0.
    """
    path = posixpath.normpath(f"{root}/{name}.json")
    if "\0" in path or not path.startswith(root.rstrip("/") + "/"):
        raise Refused(name)
    return path


def _replace(target: str, data: bytes) -> None:
    """Write a file by renaming a new one over it; in place where the directory takes no new file."""
    exists = os.path.exists(target)
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(target)
    temporary = os.path.join(os.path.dirname(target), f"{_TEMPORARY}{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except PermissionError:
        if not exists:
            raise
        Path(target).write_bytes(data)
        return
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        if exists:
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
