"""The choice of entries that the page of the journal shows, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockserver.service.journal_entry import Entry
from mockserver.serving.journal_query import JournalQuery

MOST = 50  # rows; each is judged anew

KINDS: Mapping[str, tuple[str, Callable[[Entry], Any]]] = {  # the words for each, and its condition
    "": ("all", lambda _: True),
    "errors": ("errors and dropped connections", lambda entry: not 200 <= entry.status < 400),
    "faults": ("met a fault", lambda entry: entry.fault),
    "violations": ("violate the specification", lambda entry: entry.violations),
    "warnings": ("have warnings", lambda entry: entry.warnings),
}


class Row(NamedTuple):
    """An entry with what is wrong with it, which takes long to find out."""

    entry: Entry
    violations: list[str]
    warnings: list[str]


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

    def rows(self, entries: Iterable[Entry]) -> list[Row]:
        """The newest `MOST` of the entries that it lets through, the newest first."""
        rows: list[Row] = []
        for entry in reversed(self.query.select(entries)):
            if len(rows) == MOST:
                break
            if self._fits(entry):
                rows.append(Row(entry, entry.violations, entry.warnings))
        return rows

    def _fits(self, entry: Entry) -> bool:
        return bool(
            self.text.lower() in f"{entry!r} {entry.policy_id}".lower() and KINDS[self.kind][1](entry)
        )
