"""Whether a mock is the only one that uses a directory: a lock on it, which ends with its process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; there, nobody is known of
    fcntl = None  # type: ignore[assignment]


class Claim:
    """A directory's lock: shared by all that use it, held alone for a moment by who is the only one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._inode = 0

    def hold(self) -> bool:
        """Be one of those that use the directory now at the path; False where none is there."""
        if fcntl is None:
            return True
        try:
            inode = self._path.stat().st_ino
            if inode != self._inode:
                self._close()
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
                self._inode = inode
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else uses the directory; nobody begins to as long as the block lasts."""
        if not self.hold():
            yield False
            return
        if fcntl is None:
            yield True
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except OSError:
            alone = False
        try:
            if not alone:  # the shared one was let go, to be tried for alone
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            yield alone
        finally:
            if alone:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._inode = -1, 0

    __del__ = _close
