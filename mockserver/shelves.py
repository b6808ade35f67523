"""Where a gateway keeps what it shares with the other gateways of its group: in memory, if there are none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from mockserver.files import NoStorage
from mockserver.shelf import Shelf


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
