"""The history of each change: written, notified, pulled, confirmed, first used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from mockserver.dashboard.changes import Change, Changes
from mockserver.dashboard.nodes.nodes import Nodes, PolicyName

MOST_NOTES = 100_000  # of events; the oldest are forgotten
WRITTEN, NOTIFIED, PULLED, CONFIRMED, USED = "written", "notified", "pulled", "confirmed", "used"


@dataclass(frozen=True)
class Event:
    """An event in the history of a change.

    Attributes:
        event: `WRITTEN` in the Dashboard; `NOTIFIED` on Redis; `PULLED` by a node; `CONFIRMED` when the
            Dashboard first knew that a node has it; `USED` when the gateway beside the Dashboard first
            applied the policy to the session of a request.
        time: seconds since the epoch.
        node: the id of the node, or the URL of the gateway; "" if there is none.
    """

    event: str
    time: float
    node: str = ""


@dataclass(frozen=True)
class ChangeHistory:
    """A change, and its events, the oldest first."""

    change: Change
    events: tuple[Event, ...]

    def as_dict(self) -> dict[str, Any]:
        """The history as JSON."""
        return {**asdict(self.change), "events": [asdict(event) for event in self.events]}


class History:
    """The histories of the changes that a Dashboard keeps.

    When a node pulls, it takes all changes before; so what it pulled is found in the pulls of the nodes.
    That is known of policies alone: what a node pulls besides is not noted.
    """

    def __init__(self, changes: Changes, nodes: Nodes, now: Callable[[], float]) -> None:
        self._changes = changes
        self._nodes = nodes
        self._now = now
        self._lock = threading.Lock()
        self._notes: dict[tuple[int, str, str], float] = {}  # by the number of the change, event and node

    def note(self, event: str, changes: Iterable[Change], node: str = "") -> None:
        """Note an event of changes now, unless it is noted already."""
        with self._lock:
            for change in changes:
                self._notes.setdefault((change.number, event, node), self._now())
            while len(self._notes) > MOST_NOTES:
                del self._notes[next(iter(self._notes))]

    def newest(self, until: int | None = None) -> dict[PolicyName, Change]:
        """The newest change of each policy that has one; with `until` up to the change of that number."""
        return {
            (change.org_id, change.object_id): change
            for change in self._changes.recent()
            if change.kind == "policy" and (until is None or change.number <= until)
        }

    def all(self, policy_id: str = "", org_id: str = "") -> list[ChangeHistory]:
        """The histories, the oldest first; with the ids of a policy or an organisation only of these."""
        changes = [
            change
            for change in self._changes.recent()
            if policy_id in ("", change.object_id) and org_id in ("", change.org_id)
        ]
        self._forget_notes()
        return [ChangeHistory(change, self._events_of(change)) for change in changes]

    def clear(self) -> None:
        """Forget what was noted."""
        with self._lock:
            self._notes.clear()

    def _events_of(self, change: Change) -> tuple[Event, ...]:
        with self._lock:
            noted = [
                Event(event, time, node)
                for (number, event, node), time in self._notes.items()
                if number == change.number
            ]
        events = [Event(WRITTEN, change.time), *noted, *self._pulls_of(change)]
        return tuple(sorted(events, key=lambda event: event.time))

    def _pulls_of(self, change: Change) -> list[Event]:
        """The first pull of each node that included a change of a policy."""
        if change.kind != "policy":
            return []
        first: dict[str, Event] = {}
        for pull in self._nodes.pulls.copy():
            if pull.change >= change.number and pull.organisation in ("", change.org_id):
                first.setdefault(pull.node, Event(PULLED, pull.time, pull.node))
        return list(first.values())

    def _forget_notes(self) -> None:
        """Forget the notes of changes that are not kept any more."""
        oldest = next((change.number for change in self._changes.recent()), self._changes.count + 1)
        with self._lock:
            self._notes = {key: time for key, time in self._notes.items() if key[0] >= oldest}


class FirstUses:
    """The first request in a gateway that applied a policy after each of its changes.

    Args:
        history: the history that it is noted in.
        url: the URL of the gateway.
        change_of: the number of the last change that the gateway has of a policy; 0 if it does not have it.
    """

    def __init__(self, history: History, url: str, change_of: Callable[[PolicyName], int]) -> None:
        self._history = history
        self._url = url
        self._change_of = change_of
        self._noted: dict[PolicyName, int] = {}

    def note(self, org_id: str, policy_ids: Iterable[str]) -> None:
        """Note that policies of an organisation were applied to the session of a request."""
        for policy_id in policy_ids:
            name = org_id, policy_id
            number = self._change_of(name)
            if self._noted.get(name, 0) < number:
                self._noted[name] = number
                change = self._history.newest(until=number).get(name)
                self._history.note(USED, [change] if change else [], self._url)
