"""Policy files: in memory, or in a directory as a real gateway leaves it."""

from __future__ import annotations

import contextlib
import itertools
import os
import posixpath
import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mockserver.storage.backend import KeyValueMap, NoStorage, Refused
from mockserver.storage.directory_lock import DirectoryLock

PAGE = 4096  # bytes that are written at once or not at all
NAME_MAX = 255  # bytes of a file's name on Linux
_TEMPORARY = ".tyk-contract-"
_numbers = itertools.count()  # of temporary files


LazyText = Callable[[], str]  # makes the text of a file when it is needed


class Files(Protocol):
    """Where written policies live. What was there before the mock wrote is never lost."""

    def write(self, name: str, text: LazyText) -> None:
        """Write `name`.json whole or not at all. Raises NoStorage or Refused."""

    def delete(self, name: str) -> None:
        """Remove `name`.json. Raises NoStorage or Refused."""

    def read(self) -> list[tuple[str, bytes]]:
        """Every *.json of the directory itself, by name; none where there is no directory."""

    def restore(self) -> None:
        """Make all files what they were before the mock first wrote or removed them."""

    def warnings(self) -> list[str]:
        """A line for what whoever uses them should know."""


class MemoryFiles:
    """A directory that is kept in a key-value map: the same names are allowed and refused."""

    def __init__(self, files: KeyValueMap | None = None) -> None:
        self._files: KeyValueMap = {} if files is None else files

    def write(self, name: str, text: LazyText) -> None:
        file = self._resolve(name)
        if len(file.encode("utf-8", "surrogateescape")) > NAME_MAX:
            raise Refused(name)
        self._files[file] = text

    def delete(self, name: str) -> None:
        if self._files.pop(self._resolve(name), None) is None:
            raise Refused(name)

    def read(self) -> list[tuple[str, bytes]]:
        found = []
        for name, text in self._files.copy().items():
            made = text if isinstance(text, bytes) else text().encode()
            if made is not text and self._files.get(name) is text:  # or it was written again meanwhile
                self._files[name] = made
            found.append((name, made))
        return sorted(found)

    def restore(self) -> None:
        self._files.clear()

    def warnings(self) -> list[str]:
        return []

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
        self._lock = threading.Lock()  # nobody of this process reads a file while it is written
        self._claim = DirectoryLock(path)
        with self._claim.exclusive() as alone:
            if alone:
                _remove_leftovers(path)

    def write(self, name: str, text: LazyText) -> None:
        target = _followed(inside(self._root(), name))
        try:
            self._remember(target)
            data = text().encode()
            with self._lock, self._claim.exclusive() as alone:
                if not (alone and _overwrite(target, data)):
                    _replace(target, data)
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
        self._claim.share()
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(".json"))
        except OSError:
            return []
        found = []
        for name in names:
            path = self.path / name
            if self._own_only and _followed(os.path.abspath(path)) not in self._before:
                continue
            with contextlib.suppress(OSError), self._lock:
                found.append((name, _content(path)))
        return found

    def restore(self) -> None:
        while self._before:
            target, before = self._before.popitem()
            with contextlib.suppress(OSError):
                if before is None:
                    os.unlink(target)
                else:
                    _replace(target, before)

    def warnings(self) -> list[str]:
        with self._claim.exclusive() as alone:
            if alone or not self.path.is_dir():
                return []
        return [f"{self.path}: another mock uses this directory too; each loads it at its own reloads"]

    def _remember(self, target: str) -> None:
        if target in self._before:
            return
        if os.path.isfile(target):
            self._before[target] = _content(target)
        elif not os.path.exists(target):
            self._before[target] = None

    def _root(self) -> str:
        root = os.path.abspath(self.path)
        if not os.path.isdir(root):
            raise NoStorage(root)
        return root


def _remove_leftovers(path: Path) -> None:
    """Remove the temporary files of a mock that was killed."""
    for name in os.listdir(path):
        if re.fullmatch(re.escape(_TEMPORARY) + r"\d+-\d+", name):
            with contextlib.suppress(OSError):
                os.unlink(path / name)


def inside(root: str, name: str) -> str:
    """Join and clean as Go does; a path that leaves the root is refused.

    Source: internal/osutil/osutil.go:40 @v5.12.0.
    """
    path = f"{root}/{name}.json"
    if "/" in name or "//" in root:
        path = posixpath.normpath(path)
    if "\0" in path or not path.startswith(root.rstrip("/") + "/"):
        raise Refused(name)
    return path


def _followed(path: str) -> str:
    """The file that a path leads to, where it is a link."""
    return os.path.realpath(path) if os.path.islink(path) else path


def _content(path: str | Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would make it wait
    except IsADirectoryError:
        return b""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return b""  # a directory; a device might never end
        parts = []
        # as much as is there: what a larger buffer leaves free between texts that stay, nobody can use
        while part := os.read(descriptor, found.st_size + 1):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _overwrite(target: str, data: bytes) -> bool:
    """Write over a file of the same length, in one page; say whether that was done.

    No half of it can be left. It is ten times as fast as a new file, and a policy that is written again
    is often as long as before.
    """
    if len(data) > PAGE:
        return False
    try:
        descriptor = os.open(target, os.O_WRONLY)
    except FileNotFoundError:
        return False
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(data) or found.st_nlink != 1:
            return False
        return os.pwrite(descriptor, data, 0) == len(data)
    finally:
        os.close(descriptor)


def _replace(target: str, data: bytes) -> None:
    """Write a file by renaming a new one over it; in place where the directory takes no new file."""
    mode = None
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(target).st_mode & 0o7777
    exists = mode is not None
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(target)
    if exists and not os.path.isfile(target):  # a device or a pipe is written to, as a gateway does
        with open(target, "wb", buffering=0) as device:
            _write_all(device.fileno(), data)
        return
    temporary = os.path.join(os.path.dirname(target), f"{_TEMPORARY}{os.getpid()}-{next(_numbers)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except PermissionError:
        if not exists:
            raise
        Path(target).write_bytes(data)
        return
    try:
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        if mode not in (None, 0o644):
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it; a disk that is full takes a part at most, and then refuses."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
