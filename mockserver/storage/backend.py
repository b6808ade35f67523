"""Where services keep what they share with the other mocks of their group: in memory, if there are none."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol


class NoStorage(OSError):
    """The directory for files is not there, or is no directory."""


class Refused(OSError):
    """A file cannot be written or removed under this name."""


class BackendUnavailable(NoStorage):
    """The server that keeps the values does not answer; the message names it and the next step."""


class KeyValueMap(Protocol):
    """A key-value map with text keys: a dict, or a hash of Redis."""

    def get(self, name: str, default: Any = None, /) -> Any:
        """The value of a key, or the default."""

    def __setitem__(self, name: str, value: Any, /) -> None: ...

    def pop(self, name: str, default: Any, /) -> Any:
        """Remove a key and return its value; of two callers at once one gets it."""

    def copy(self) -> dict[str, Any]:
        """All keys and values, as they are at one moment."""

    def clear(self) -> None:
        """Remove all keys."""


class Backend(Protocol):
    """Named key-value maps, locks, and messages to the other mocks of a group.

    Attributes:
        is_shared: whether others use it too, over a connection that may let its clients wait.
    """

    is_shared: bool

    def key_values(self, name: str) -> KeyValueMap:
        """The map of that name; its values are JSON."""

    def files(self, name: str) -> KeyValueMap:
        """The map of that name; its values are the bytes of files, or functions that make their text."""

    def lock(self, name: str) -> AbstractContextManager[Any]:
        """The lock of that name, which one mock of the group holds at a time."""

    def publish(self, topic: str) -> None:
        """Send a message to the other mocks of the group."""

    def subscribe(self, callback: Callable[[str], None], closing: threading.Event) -> None:
        """Call a function with each topic that another mock publishes, until `closing` is set."""


class MemoryBackend:
    """The backend of one mock alone."""

    is_shared = False

    def __init__(self) -> None:
        self._maps: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def key_values(self, name: str) -> KeyValueMap:
        return self._maps[name]

    files = key_values

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return self._locks[name]

    def publish(self, topic: str) -> None:
        """Send nothing: there is no other mock."""

    def subscribe(self, callback: Callable[[str], None], closing: threading.Event) -> None:
        """Expect nothing: there is no other mock."""
