"""Where a gateway keeps what it shares with the other gateways of its group: in memory, if there are none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol


class NoStorage(OSError):
    """The policy directory is not there, or is no directory."""


class Refused(OSError):
    """A file cannot be written or removed under this name."""


class Shelf(Protocol):
    """What stands somewhere, each found by a text; a dict is one."""

    def get(self, name: str, default: Any = None, /) -> Any:
        """What is found by a text, or the default."""

    def __setitem__(self, name: str, value: Any, /) -> None: ...

    def pop(self, name: str, default: Any, /) -> Any:
        """Take one off; of two that do so one gets it."""

    def copy(self) -> dict[str, Any]:
        """All, as they are at one moment."""

    def clear(self) -> None:
        """Take all off."""


class StoreLost(NoStorage):
    """The store that gateways share does not answer; the message names it and the next step."""


class Shelves(Protocol):
    """Shelves by name: what stands on one is found by a text, and is JSON."""

    def shelf(self, name: str) -> Shelf:
        """The shelf of that name."""

    def files(self, name: str) -> Shelf:
        """A shelf of files: their bytes, or what makes their text."""

    def lock(self, name: str) -> AbstractContextManager[Any]:
        """What is done under it is done by one gateway at a time."""

    def tell(self, what: str) -> None:
        """Tell the other gateways."""

    def listen(self, hear: Callable[[str], None], closing: threading.Event) -> None:
        """Be told what the others tell, until `closing` is set."""


class MemoryShelves:
    """One gateway's own."""

    def shelf(self, name: str) -> Shelf:
        shelf: dict[str, Any] = {}
        return shelf

    files = shelf

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return threading.Lock()

    def tell(self, what: str) -> None:
        """Nobody is there."""

    def listen(self, hear: Callable[[str], None], closing: threading.Event) -> None:
        """Nobody will tell."""
