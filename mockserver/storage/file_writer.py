"""Writing and removing of single files, so that a crash leaves each file old or new and never incomplete."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import stat
from pathlib import Path

NEW_FILE = 0o644  # the mode of a file that a gateway creates
_TEMPORARY = ".tyk-contract-"
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends
_serial = itertools.count()  # makes the names of temporary files unique


class FileWriter:
    """Writes and removes files.

    With `fsync`, a file is on the disk when its method returns, so that a loss of power does not lose it.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Write a file by renaming a new one over it, or in place if its directory is read-only.

        A device or a pipe is written to. `mode` is that of the file, by default that of the file before.

        Raises:
            OSError: the file cannot be written.
        """
        before = None
        with contextlib.suppress(FileNotFoundError):
            before = os.stat(path).st_mode
        if before is not None and not os.access(path, os.W_OK):
            raise PermissionError(path)
        if before is not None and not stat.S_ISREG(before):  # a gateway writes to a device or a pipe too
            with open(path, "wb", buffering=0) as device:
                _write_all(device.fileno(), data)
            return
        temporary = os.path.join(os.path.dirname(path), f"{_TEMPORARY}{os.getpid()}-{next(_serial)}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, NEW_FILE)
        except PermissionError:
            if before is None:
                raise
            self._rewrite(path, data)
            return
        try:
            self._fill(descriptor, data)
            if mode is None and before is not None:
                mode = stat.S_IMODE(before)
            if mode not in (None, NEW_FILE):
                os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        self.sync_directory(path)

    def remove(self, path: str) -> None:
        """Remove a file, a link or an empty directory.

        Raises:
            OSError: there is none, or it cannot be removed.
        """
        os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        self.sync_directory(path)

    def sync_directory(self, path: str) -> None:
        """With `fsync`, store the entry of a path in its directory."""
        if not self._fsync or os.name == "nt":  # Windows opens no directories
            return
        descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _rewrite(self, path: str, data: bytes) -> None:
        self._fill(os.open(path, os.O_WRONLY | os.O_TRUNC | _BINARY), data)

    def _fill(self, descriptor: int, data: bytes) -> None:
        """Write the data to an open file, and close it."""
        try:
            _write_all(descriptor, data)
            if self._fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files of a mock that was killed."""
    for name in os.listdir(directory):
        if re.fullmatch(re.escape(_TEMPORARY) + r"\d+-\d+", name):
            with contextlib.suppress(OSError):
                os.unlink(directory / name)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data, in several calls if needed; a full disk raises OSError after a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
