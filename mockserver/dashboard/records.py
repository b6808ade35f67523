"""Records: the documents of one kind in the Dashboard's database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mockserver.storage.backend import KeyValueMap

Document = dict[str, Any]


class Records:
    """The documents of one kind by database id; a document is never changed, only replaced.

    `terms` gives the texts under which a document is found. `index` has the database ids by term, and is kept
    with the documents, so that a search by a term does not read all of them. What it holds is no more than a
    hint: each document that it leads to is checked.
    """

    def __init__(
        self,
        values: KeyValueMap,
        index: KeyValueMap | None = None,
        terms: Callable[[Document], Iterable[str]] = lambda _: (),
    ) -> None:
        self._values = values
        self._index: KeyValueMap = {} if index is None else index
        self._terms = terms
        self._last = 0
        self._lock = threading.Lock()
        self.complete_index()

    def complete_index(self) -> None:
        """Enter the documents into the index that others have written."""
        with self._lock:
            for object_id, record in self._values.copy().items():
                self._enter(object_id, self._terms(record["document"]))

    def forget_index(self) -> None:
        """Empty the index, after the documents were removed behind it."""
        with self._lock:
            for term in self._index.copy():
                self._index.pop(term, None)

    def add(self, object_id: str, document: Document) -> None:
        """Add a document as the newest one, or replace that with the same id in its place."""
        with self._lock:
            before = self._values.get(object_id)
            self._last = max(self._last + 1, time.time_ns())
            order = before["order"] if before else self._last
            terms = set(self._terms(document))
            self._enter(object_id, terms)
            self._values[object_id] = {"order": order, "document": document}
            if before:
                self._leave(object_id, set(self._terms(before["document"])) - terms)

    def get(self, object_id: str) -> Document | None:
        """The document with a database id; None if there is none."""
        record = self._values.get(object_id)
        return record["document"] if record else None

    def found(self, term: str) -> list[Document]:
        """The documents that have a term, the oldest first."""
        records = [record for name in self._index.get(term, ()) if (record := self._values.get(name))]
        fitting = [record for record in records if term in self._terms(record["document"])]
        return [record["document"] for record in sorted(fitting, key=_order)]

    def remove(self, object_id: str) -> bool:
        """Remove a document; False if there was none."""
        with self._lock:
            record = self._values.pop(object_id, None)
            if record is not None:
                self._leave(object_id, self._terms(record["document"]))
            return record is not None

    def __iter__(self) -> Iterator[Document]:
        """The documents, in no particular order."""
        return (record["document"] for record in self._values.copy().values())

    def all(self) -> list[Document]:
        """All documents, the oldest first."""
        return [record["document"] for record in sorted(self._values.copy().values(), key=_order)]

    def _enter(self, object_id: str, terms: Iterable[str]) -> None:
        for term in terms:
            names = self._index.get(term, [])
            if object_id not in names:
                self._index[term] = [*names, object_id]

    def _leave(self, object_id: str, terms: Iterable[str]) -> None:
        for term in terms:
            if names := [name for name in self._index.get(term, []) if name != object_id]:
                self._index[term] = names
            else:
                self._index.pop(term, None)


def _order(record: dict[str, Any]) -> int:
    order: int = record["order"]
    return order
