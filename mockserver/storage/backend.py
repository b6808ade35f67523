"""The storage that the mocks of one group share, and its form for a single mock, in memory."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

IsOwn = Callable[[Any], bool]  # True for a JSON value of the form that a mock writes into a map


class NoStorage(OSError):
    """The directory for files does not exist, or is not a directory."""


class Refused(OSError):
    """A file name under which nothing can be written or removed."""


class BackendUnavailable(OSError):
    """The storage server does not answer as it should; the message names it and the next step."""


class KeyValueMap(Protocol):
    """A key-value map with text keys: a dict, or a Redis hash."""

    def get(self, name: str, default: Any = None, /) -> Any:
        """The value of a key, or the default."""

    def __setitem__(self, name: str, value: Any, /) -> None: ...

    def pop(self, name: str, default: Any, /) -> Any:
        """Remove a key and return its value; only one of two concurrent callers gets it."""

    def copy(self) -> dict[str, Any]:
        """A snapshot of all keys and values."""


class Backend(Protocol):
    """Named key-value maps, locks, and messages to the other mocks of a group.

    Attributes:
        is_shared: True if other mocks use it too; calls then go over a network and may block.
    """

    is_shared: bool

    def key_values(self, name: str, is_own: IsOwn) -> KeyValueMap:
        """The map with this name; its values are JSON. Those that are not a mock's own count as absent."""

    def files(self, name: str) -> KeyValueMap:
        """The map with this name; its values are files: bytes, or functions that return text."""

    def clear(self) -> None:
        """Remove all keys of all maps, and nothing else."""

    def lock(self, name: str) -> AbstractContextManager[Any]:
        """The lock with this name; one mock of the group holds it at a time."""

    def publish(self, topic: str) -> None:
        """Send a message to the other mocks of the group."""

    def subscribe(
        self,
        callbacks: Mapping[str, Callable[[], None]],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        """Call the callback of each topic that another mock publishes, until `closing` is set.

        After an outage, during which messages were lost, `restored` is called.
        """

    def send(self, channel: str, message: bytes) -> None:
        """Send a message as it is to the programs that listen on a channel of their own."""

    def listen(
        self,
        channel: str,
        callback: Callable[[bytes], None],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        """Call a function with each message on a channel of other programs, as `subscribe` does."""

    def close(self) -> None:
        """Give up what only one mock may use."""


class MemoryBackend:
    """The backend of a single mock, in memory."""

    is_shared = False

    def __init__(self) -> None:
        self._maps: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def key_values(self, name: str, is_own: IsOwn) -> KeyValueMap:
        return self._maps[name]

    def files(self, name: str) -> KeyValueMap:
        return self._maps[name]

    def clear(self) -> None:
        for values in self._maps.values():
            values.clear()

    def snapshot(self) -> Callable[[], None]:
        """A function that brings back the present contents of all maps."""
        contents = {name: values.copy() for name, values in self._maps.items()}

        def put_back() -> None:
            for name, values in self._maps.items():
                values.clear()
                values.update(contents.get(name, {}))

        return put_back

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return self._locks[name]

    def publish(self, topic: str) -> None:
        """Do nothing, for there is no other mock."""

    def send(self, channel: str, message: bytes) -> None:
        """Do nothing, for there is no other program."""

    def listen(
        self,
        channel: str,
        callback: Callable[[bytes], None],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        """Do nothing, for there is no other program."""

    def close(self) -> None:
        """Do nothing, for nothing is held."""

    def subscribe(
        self,
        callbacks: Mapping[str, Callable[[], None]],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        """Do nothing, for there is no other mock."""
