"""Records: the documents of one kind in the Dashboard's database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from mockserver.storage.backend import KeyValueMap

Document = dict[str, Any]


class Records:
    """The documents of one kind by database id; a document is never changed, only replaced."""

    def __init__(self, values: KeyValueMap) -> None:
        self._values = values
        self._last = 0

    def add(self, object_id: str, document: Document) -> None:
        """Add a document as the newest one, or replace that with the same id in its place."""
        before = self._values.get(object_id)
        self._last = max(self._last + 1, time.time_ns())
        order = before["order"] if before else self._last
        self._values[object_id] = {"order": order, "document": document}

    def get(self, object_id: str) -> Document | None:
        """The document with a database id; None if there is none."""
        record = self._values.get(object_id)
        return record["document"] if record else None

    def remove(self, object_id: str) -> bool:
        """Remove a document; False if there was none."""
        return self._values.pop(object_id, None) is not None

    def __iter__(self) -> Iterator[Document]:
        """The documents, in no particular order."""
        return (record["document"] for record in self._values.copy().values())

    def all(self) -> list[Document]:
        """All documents, the oldest first."""
        records = sorted(self._values.copy().values(), key=lambda record: record["order"])
        return [record["document"] for record in records]
