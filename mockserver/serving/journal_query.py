"""A choice of entries of the journal, by the query of a request for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mockserver.console.suggestions import suggestion
from mockserver.service.journal_entry import Entry

MAX_JUDGED = 2 << 20  # bytes of the requests and replies that one answer judges


def unjudged(entries: Sequence[Entry]) -> int:
    """How many of the oldest entries are not judged, for those after them have `MAX_JUDGED` bytes already.

    The newest is judged in any case.
    """
    left = MAX_JUDGED
    for number, entry in enumerate(reversed(entries)):
        if left <= 0:
            return len(entries) - number
        left -= entry.size
    return 0


@dataclass(frozen=True)
class JournalQuery:
    """The entries that a client asks for; None stands for all.

    Attributes:
        operation: the operation that they are for.
        method: their method, in upper case.
        path: their path, unescaped.
        status: the status of their answer; 0 for a closed connection.
        since: their earliest time, in seconds since the epoch.
        limit: their number at most, of which the newest are chosen.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    since: float | None = None
    limit: int | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str], operations: Iterable[str]) -> JournalQuery:
        """The choice in the query of a request; a parameter without a value is none.

        Raises:
            ValueError: a parameter has a wrong value.
        """
        given = {name: value for name, value in parameters.items() if value}
        operation = given.get("operation")
        known = list(operations)
        if operation is not None and operation not in known:
            raise ValueError(f"there is no operation {operation!r}{suggestion(operation, known)}")
        return cls(
            operation,
            given["method"].upper() if "method" in given else None,
            given.get("path"),
            _whole(given, "status"),
            _seconds(given, "since"),
            _whole(given, "limit"),
        )

    def select(self, entries: Iterable[Entry]) -> list[Entry]:
        """The chosen entries, in their order."""
        chosen = [entry for entry in entries if self._fits(entry)]
        return chosen if self.limit is None else chosen[max(0, len(chosen) - self.limit) :]

    def _fits(self, entry: Entry) -> bool:
        return (
            self.operation in (None, entry.operation)
            and self.method in (None, entry.method)
            and self.path in (None, entry.path)
            and self.status in (None, entry.status)
            and (self.since is None or entry.time >= self.since)
        )


def _whole(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise ValueError(f"{name} cannot be {text!r}; give a whole number that is not negative")
    return int(text)


def _seconds(parameters: Mapping[str, str], name: str) -> float | None:
    text = parameters.get(name)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise ValueError(f"{name} cannot be {text!r}; give seconds since the epoch, as in an entry's time")
    return seconds
