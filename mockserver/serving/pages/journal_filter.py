"""The choice of entries that the page of the journal shows, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockserver.service.journal_entry import Entry
from mockserver.serving.journal_query import JournalQuery

MOST = 50  # rows
MAX_JUDGED = 512 << 10  # bytes of the requests and replies that one page judges

KINDS: Mapping[str, tuple[str, Callable[[Entry], Any]]] = {  # the words for each, and its condition
    "": ("all", lambda _: True),
    "errors": ("errors and dropped connections", lambda entry: not 200 <= entry.status < 400),
    "faults": ("met a fault", lambda entry: entry.fault),
    "violations": ("violate the specification", lambda _: True),
    "warnings": ("have warnings", lambda _: True),
}
_JUDGED: Mapping[str, Callable[[Row], bool]] = {  # what a row of a kind must have
    "violations": lambda row: bool(row.violations),
    "warnings": lambda row: bool(row.warnings),
}


class Row(NamedTuple):
    """An entry with what is wrong with it; None if that was not found out, for it takes long."""

    entry: Entry
    violations: list[str] | None
    warnings: list[str] | None


class Rows(NamedTuple):
    """The rows of a page.

    Attributes:
        rows: the newest entries first.
        unseen: how many older entries were not judged, of which some might belong to the rows.
    """

    rows: list[Row]
    unseen: int = 0


@dataclass(frozen=True)
class JournalFilter:
    """What entries must have to be shown.

    Attributes:
        text: a part of the line of an entry, in any case.
        kind: a name of `KINDS`.
        query: the other parameters, which the journal as JSON takes too.
    """

    text: str = ""
    kind: str = ""
    query: JournalQuery = field(default_factory=JournalQuery)

    @classmethod
    def of(cls, query: Mapping[str, str], operations: Iterable[str]) -> JournalFilter:
        """The filter in a query.

        Raises:
            ValueError: there is no such operation or kind.
        """
        chosen = cls(query.get("text", ""), query.get("kind", ""), JournalQuery.of(query, operations))
        if chosen.kind not in KINDS:
            raise ValueError(
                f"there is no kind {chosen.kind!r}; give one of {', '.join(filter(None, KINDS))}"
            )
        return chosen

    def rows(self, entries: Iterable[Entry]) -> Rows:
        """The newest `MOST` of the entries that it lets through, the newest first.

        Entries are judged until their bytes are `MAX_JUDGED`; the newest is judged in any case.
        """
        must, left, rows = _JUDGED.get(self.kind), MAX_JUDGED, list[Row]()
        candidates = [entry for entry in reversed(self.query.select(entries)) if self._fits(entry)]
        for number, entry in enumerate(candidates):
            if len(rows) == MOST:
                break
            if left <= 0 and must:
                return Rows(rows, len(candidates) - number)
            row = Row(entry, entry.violations, entry.warnings) if left > 0 else Row(entry, None, None)
            left -= entry.size
            if must is None or must(row):
                rows.append(row)
        return Rows(rows)

    def _fits(self, entry: Entry) -> bool:
        text = self.text.lower()
        is_named = text in f"{entry!r} ".lower() or text in entry.policy_id.lower()
        return is_named and bool(KINDS[self.kind][1](entry))
