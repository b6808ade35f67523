"""A shelf: what a gateway keeps, by names. It may be a dict, or stand on a Redis."""

from __future__ import annotations

from typing import Any, Protocol


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
