"""Records whose texts any format of a report can hold."""

from __future__ import annotations

from mockserver.console.terminal import printable


class Printable:
    """A record whose texts any format can hold: characters that are not printable appear as escapes."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, str):
                object.__setattr__(self, name, printable(value))
            elif isinstance(value, tuple):
                texts = tuple(printable(item) if isinstance(item, str) else item for item in value)
                object.__setattr__(self, name, texts)
