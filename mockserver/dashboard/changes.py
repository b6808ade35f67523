"""Changes of policies and APIs, and who is told of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MOST = 1000  # changes that are kept


@dataclass(frozen=True)
class Change:
    """A change of one policy or API.

    Attributes:
        number: its place among all changes, from 1.
        time: seconds since the epoch.
        kind: "policy" or "api".
        action: "created", "updated" or "deleted".
        org_id: the id of the organisation.
        object_id: the id by which gateways know it.
    """

    number: int
    time: float
    kind: str
    action: str
    org_id: str
    object_id: str


class Changes:
    """The changes of a Dashboard since its start or its reset; each subscriber is told of each.

    A subscriber is called in the thread of the request that made the change, after it was stored. It must not
    wait: it queues what it has to do.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._recent: deque[Change] = deque(maxlen=MOST)
        self._subscribers: list[Callable[[Change], None]] = []
        self.count = 0

    def subscribe(self, callback: Callable[[Change], None]) -> None:
        """Call a function with each later change."""
        self._subscribers.append(callback)

    def report(self, kind: str, action: str, org_id: str, object_id: str) -> None:
        """Record a change, and tell the subscribers."""
        with self._lock:
            self.count += 1
            change = Change(self.count, self._now(), kind, action, org_id, object_id)
            self._recent.append(change)
        for subscriber in self._subscribers:
            subscriber(change)

    def recent(self) -> list[Change]:
        """The last changes, the oldest first, at most `MOST`."""
        with self._lock:
            return list(self._recent)

    def clear(self) -> None:
        """Forget the changes, but neither their count nor the subscribers."""
        with self._lock:
            self._recent.clear()
