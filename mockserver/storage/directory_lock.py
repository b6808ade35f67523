"""A lock on a directory, by which a mock detects other processes that use the directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; other processes are not detected there
    fcntl = None  # type: ignore[assignment]


class DirectoryLock:
    """A lock on a directory: shared by all its users, or held exclusively by one of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._inode = 0

    def share(self) -> bool:
        """Take the shared lock on the directory at the path; returns False if there is none."""
        if fcntl is None:
            return True
        try:
            inode = self._path.stat().st_ino
            if inode != self._inode:
                self.release()
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
                self._inode = inode
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Try to hold the lock exclusively for the block; yields True if that succeeded."""
        if not self.share():
            yield False
            return
        if fcntl is None:
            yield True
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            succeeded = True
        except OSError:
            succeeded = False
        try:
            if not succeeded:  # the attempt gave up the shared lock
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            yield succeeded
        finally:
            if succeeded:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give up the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._inode = -1, 0

    __del__ = release
