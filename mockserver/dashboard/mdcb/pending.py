"""What groups of data planes still have to be told, such as that they are to reload."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST_GROUPS = 100  # of an organisation; the one that joined first is forgotten
MOST_TEXTS = 10_000  # for one group; the oldest are forgotten
_LOOK = 0.5  # seconds after which a waiting call looks whether its caller is still there


class Pending:
    """Texts for each group of an organisation; one call of a group takes all that it has.

    The gateways of a group share a Redis, by which the one that is told tells the others. So the groups, not
    the gateways, are told (`inferred` from the names of keys in a Redis of a real control plane).
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._groups: dict[tuple[str, str], dict[str, None]] = {}
        self._is_closed = False

    def join(self, org_id: str, group: str) -> None:
        """Add a group of an organisation, which is told of what comes later."""
        with self._changed:
            self._groups.setdefault((org_id, group), {})
            of_organisation = [name for name in self._groups if name[0] == org_id]
            for name in of_organisation[:-MOST_GROUPS]:
                del self._groups[name]

    def add(self, org_id: str, *texts: str) -> None:
        """Add texts for all groups of an organisation, or of all organisations for ""."""
        with self._changed:
            for owner, group in self._groups:
                if org_id in {"", owner}:
                    self.add_for(owner, group, *texts)

    def add_for(self, org_id: str, group: str, *texts: str) -> None:
        """Add texts for one group."""
        with self._changed:
            pending = self._groups.setdefault((org_id, group), {})
            pending.update(dict.fromkeys(texts))
            while len(pending) > MOST_TEXTS:
                del pending[next(iter(pending))]
            self._changed.notify_all()

    def take(
        self, org_id: str, group: str, seconds: float = 0.0, has_left: Callable[[], bool] = lambda: False
    ) -> list[str]:
        """The texts of a group, which are forgotten; empty if there are none for some seconds.

        Nothing is taken for a caller that has left.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (has_left() or self._is_closed):
                if texts := self._groups.get((org_id, group)):
                    self._groups[org_id, group] = {}
                    return list(texts)
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self._changed.wait(min(left, _LOOK))
        return []

    def clear(self) -> None:
        """Forget all groups."""
        with self._changed:
            self._groups.clear()

    def close(self) -> None:
        """End all waiting calls."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
