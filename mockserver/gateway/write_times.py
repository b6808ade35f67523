"""When policies were written, so that the journal can tell what a reload was needed for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Written(NamedTuple):
    """When a policy was written, in seconds since the epoch; 0 for a file that others wrote.

    Attributes:
        first: the first write since it was absent.
        last: the last write.
    """

    first: float = 0.0
    last: float = 0.0


class WriteTimes:
    """When each policy was written that this mock has written and not deleted since."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: dict[str, Written] = {}

    def note(self, policy_id: str) -> None:
        """Note a write at this time."""
        now, before = self._now(), self._times.get(policy_id)
        self._times[policy_id] = Written(before.first if before else now, now)

    def forget(self, policy_id: str) -> None:
        """Forget a policy that was deleted."""
        self._times.pop(policy_id, None)

    def get(self, policy_id: str) -> Written:
        """When a policy that is written was written."""
        return self._times.get(policy_id, Written())

    def clear(self) -> None:
        """Forget all policies."""
        self._times.clear()
