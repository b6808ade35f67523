"""Files of policies and API definitions: in memory, or in a directory as a real gateway leaves it."""

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

PAGE = 4096  # bytes that one write stores completely or not at all
NAME_MAX = 255  # bytes of a file name on Linux
_TEMPORARY = ".tyk-contract-"
_serial = itertools.count()  # makes the names of temporary files unique

LazyText = Callable[[], str]  # encodes the text of a file when it is needed


class Files(Protocol):
    """A directory of *.json files. `restore` brings back all contents from before the mock's changes."""

    def write(self, name: str, text: LazyText) -> None:
        """Write `name`.json, completely or not at all. Raises NoStorage or Refused."""

    def delete(self, name: str) -> None:
        """Remove `name`.json. Raises NoStorage or Refused."""

    def read(self) -> list[tuple[str, bytes]]:
        """The name and content of each *.json file, sorted by name; empty if there is no directory."""

    def restore(self) -> None:
        """Restore all files to their state before the mock first wrote or removed them."""

    def warnings(self) -> list[str]:
        """The warnings about the directory for the user, a line each."""


class MemoryFiles:
    """Files in a key-value map; the allowed and refused names are those of a directory."""

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
        contents = []
        for name, text in self._files.copy().items():
            data = text if isinstance(text, bytes) else text().encode()
            if data is not text and self._files.get(name) is text:  # else another thread has replaced it
                self._files[name] = data
            contents.append((name, data))
        return sorted(contents)

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
    """Files in a directory on disk, written by renaming, so that a crash leaves no incomplete file.

    With `own_only`, it reads only the files that it has written itself: a gateway with a record file
    writes policies to its working directory, whose other files are not policies.
    """

    def __init__(self, path: Path, *, own_only: bool = False) -> None:
        self.path = path
        self._own_only = own_only
        self._before: dict[str, bytes | None] = {}  # contents by path; None for a file that did not exist
        self._lock = threading.Lock()  # no thread reads a file while another writes it
        self._directory_lock = DirectoryLock(path)
        with self._directory_lock.exclusive() as exclusive:
            if exclusive:
                _remove_leftovers(path)

    def write(self, name: str, text: LazyText) -> None:
        target = _resolve_link(inside(self._root(), name))
        try:
            self._remember(target)
            data = text().encode()
            with self._lock, self._directory_lock.exclusive() as exclusive:
                if not (exclusive and _overwrite(target, data)):
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
        self._directory_lock.share()
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(".json"))
        except OSError:
            return []
        contents = []
        for name in names:
            path = self.path / name
            if self._own_only and _resolve_link(os.path.abspath(path)) not in self._before:
                continue
            with contextlib.suppress(OSError), self._lock:
                contents.append((name, _content(path)))
        return contents

    def restore(self) -> None:
        while self._before:
            target, before = self._before.popitem()
            with contextlib.suppress(OSError):
                if before is None:
                    os.unlink(target)
                else:
                    _replace(target, before)

    def warnings(self) -> list[str]:
        with self._directory_lock.exclusive() as exclusive:
            if exclusive or not self.path.is_dir():
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
    """The path of `name`.json under a root, joined and cleaned as Go does.

    Source: internal/osutil/osutil.go:40 @v5.12.0.

    Raises:
        Refused: the path leaves the root, or has a null byte.
    """
    path = f"{root}/{name}.json"
    if "/" in name or "//" in root:
        path = posixpath.normpath(path)
    if "\0" in path or not path.startswith(root.rstrip("/") + "/"):
        raise Refused(name)
    return path


def _resolve_link(path: str) -> str:
    """The target of a symbolic link; any other path unchanged."""
    return os.path.realpath(path) if os.path.islink(path) else path


def _content(path: str | Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # opening a pipe would block
    except IsADirectoryError:
        return b""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return b""  # reading a device might never end
        parts = []
        # the exact size: larger buffers would fragment the heap between the texts that remain
        while part := os.read(descriptor, status.st_size + 1):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _overwrite(target: str, data: bytes) -> bool:
    """Overwrite a file of the same length, of one page at most; returns False if that is not possible.

    A page is written completely or not at all. Overwriting is ten times as fast as creating a file, and
    a changed policy often has the same length as before.
    """
    if len(data) > PAGE:
        return False
    try:
        descriptor = os.open(target, os.O_WRONLY)
    except FileNotFoundError:
        return False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(data) or status.st_nlink != 1:
            return False
        return os.pwrite(descriptor, data, 0) == len(data)
    finally:
        os.close(descriptor)


def _replace(target: str, data: bytes) -> None:
    """Write a file by renaming a new one over it; in place if the directory is read-only."""
    mode = None
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(target).st_mode & 0o7777
    exists = mode is not None
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(target)
    if exists and not os.path.isfile(target):  # a gateway writes to a device or a pipe too
        with open(target, "wb", buffering=0) as device:
            _write_all(device.fileno(), data)
        return
    temporary = os.path.join(os.path.dirname(target), f"{_TEMPORARY}{os.getpid()}-{next(_serial)}")
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
    """Write all of the data, in several calls if needed; a full disk raises OSError after a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
