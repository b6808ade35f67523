"""The organisations of a Dashboard, which its admin API manages."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.dashboard.documents import text_of
from mockserver.dashboard.object_ids import is_object_id, new_object_id
from mockserver.dashboard.records import Document, Records


class Organisations:
    """The organisations by database id; a document is kept as it was sent, with its id."""

    def __init__(self, records: Records, now: Callable[[], float]) -> None:
        self._records = records
        self._now = now

    def all(self) -> list[Document]:
        """All organisations, the oldest first."""
        return self._records.all()

    def get(self, org_id: str) -> Document | None:
        """An organisation; None if there is none."""
        return self._records.get(org_id)

    def store(self, sent: Document, org_id: str = "") -> str:
        """Store an organisation under an id, else under the id that was sent, else under a new one."""
        given = text_of(sent, "id")
        org_id = org_id or (given if is_object_id(given) else "") or new_object_id(self._now())
        self._records.add(org_id, {**sent, "id": org_id})
        return org_id

    def delete(self, org_id: str) -> bool:
        """Remove an organisation; False if there was none."""
        return self._records.remove(org_id)
