"""The bytes that all connections of a server may hold together."""

from __future__ import annotations

import threading


class Memory:
    """A number of bytes, of which threads take some and give them back."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._free = size

    def hold(self, count: int) -> bool:
        """Take so many bytes; False, and none are taken, if fewer are free."""
        with self._lock:
            if count > self._free:
                return False
            self._free -= count
            return True

    def release(self, count: int) -> None:
        """Give so many bytes back."""
        with self._lock:
            self._free += count
