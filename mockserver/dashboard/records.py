"""Records: the documents of one kind in the Dashboard's database."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mockserver.storage.backend import KeyValueMap

Document = dict[str, Any]
MAX_LEVELS = 500  # of a document; Python's json, which stores need, reads and writes some 900


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
            self._enter({name: record["document"] for name, record in self._values.copy().items()})

    def forget_index(self) -> None:
        """Empty the index, after the documents were removed behind it."""
        with self._lock:
            for term in self._index.copy():
                self._index.pop(term, None)

    def add(self, object_id: str, document: Document) -> None:
        """Add a document as the newest one, or replace that with the same id in its place."""
        self.add_all({object_id: document})

    def add_all(self, documents: Mapping[str, Document]) -> None:
        """Add documents by database id, one after the other, in a time that is linear in their number."""
        with self._lock:
            self._enter(documents)
            replaced = {}
            for object_id, document in documents.items():
                before = self._values.get(object_id)
                self._last = max(self._last + 1, time.time_ns())
                order = before["order"] if before else self._last
                self._values[object_id] = {"order": order, "document": document}
                if before:
                    replaced[object_id] = before["document"]
            self._leave(replaced)

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
                self._leave({object_id: record["document"]})
            return record is not None

    def __iter__(self) -> Iterator[Document]:
        """The documents, in no particular order."""
        return (record["document"] for record in self._values.copy().values())

    def all(self) -> list[Document]:
        """All documents, the oldest first."""
        return [record["document"] for record in sorted(self._values.copy().values(), key=_order)]

    def _enter(self, documents: Mapping[str, Document]) -> None:
        """Enter documents into the index, by one write for each term."""
        for term, object_ids in self._by_term(documents).items():
            names = self._index.get(term, [])
            known = set(names)
            if added := [name for name in object_ids if name not in known]:
                self._index[term] = [*names, *added]

    def _leave(self, documents: Mapping[str, Document]) -> None:
        """Remove documents from the index, where the present ones with their ids do not have the terms."""
        for term, object_ids in self._by_term(documents).items():
            gone = {name for name in object_ids if not self._has_term(name, term)}
            if names := [name for name in self._index.get(term, []) if name not in gone]:
                self._index[term] = names
            else:
                self._index.pop(term, None)

    def _by_term(self, documents: Mapping[str, Document]) -> dict[str, list[str]]:
        object_ids = defaultdict(list)
        for object_id, document in documents.items():
            for term in self._terms(document):
                object_ids[term].append(object_id)
        return object_ids

    def _has_term(self, object_id: str, term: str) -> bool:
        document = self.get(object_id)
        return document is not None and term in self._terms(document)


def _order(record: dict[str, Any]) -> int:
    order: int = record["order"]
    return order
