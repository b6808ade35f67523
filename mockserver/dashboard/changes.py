"""Changes of policies and APIs, and who is told of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

MOST = 1000  # changes that are kept


@dataclass(frozen=True)
class Change:
    """A change of one policy or API.

    Attributes:
        number: its place among all changes, from 1.
        time: seconds since the epoch.
        kind: "policy", "api", or "reload" if nothing changed but gateways are to reload.
        action: "created", "updated" or "deleted"; "asked" for a reload.
        org_id: the id of the organisation; "" for all.
        object_id: the id by which gateways know it; "" for a reload.
    """

    number: int
    time: float
    kind: str
    action: str
    org_id: str
    object_id: str


Subscriber: TypeAlias = Callable[[list[Change]], None]


class Changes:
    """The changes of a Dashboard since its start; each subscriber is told of those of one request at once.

    A subscriber is called in the thread of the request that made the changes, after they were stored.

    Attributes:
        count: the number of all changes.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._recent: deque[Change] = deque(maxlen=MOST)
        self._subscribers: list[Subscriber] = []
        self.count = 0

    def subscribe(self, callback: Subscriber) -> None:
        """Call a function with the changes of each later request, at least one."""
        self._subscribers.append(callback)

    def report(self, kind: str, action: str, *objects: tuple[str, str]) -> None:
        """Record changes, each of an object with the ids of its organisation and its own; tell them."""
        if not objects:
            return
        with self._lock:
            changes = [
                Change(number, self._now(), kind, action, *names)
                for number, names in enumerate(objects, self.count + 1)
            ]
            self.count += len(changes)
            self._recent.extend(changes)
        for subscriber in self._subscribers:
            subscriber(changes)

    def ask_for_reload(self) -> None:
        """Ask all gateways to reload, though nothing changed."""
        self.report("reload", "asked", ("", ""))

    def recent(self) -> list[Change]:
        """The last changes, the oldest first, at most `MOST`."""
        with self._lock:
            return list(self._recent)

    def clear(self) -> None:
        """Forget the changes, but neither their count nor the subscribers."""
        with self._lock:
            self._recent.clear()
