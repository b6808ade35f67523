"""The faults that a test has set: an error, a delay, a slow or cut body, a connection that ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from random import Random
from typing import Any

from mockserver.service.fault import Fault, Part, Received, Scenario
from mockserver.service.fault_members import ANY, FaultError, parts_of

__all__ = ["ANY", "FaultError", "Faults"]


class _Rule:
    """A fault that is set, and how often it has applied.

    Attributes:
        members: the members by which it was set.
        parts: its requests and effects.
        scenario: the name of its scenario; "" for none.
        seen: the number of requests that it was for.
        applied: the number of those that it applied to.
    """

    def __init__(self, members: Mapping[str, Any], parts: tuple[Part, ...], times: int) -> None:
        self.members = dict(members)
        self.parts = parts
        self.scenario: str = members.get("scenario", "")
        self.seen = self.applied = 0
        self._first: int = members.get("first", 1)
        self._last: int | None = members.get("last")
        self._most = times * len(parts[0].steps)  # 0 for no limit
        self._probability: float = members.get("probability", 1)
        self._random = Random(members.get("seed", 0))  # noqa: S311  a test repeats, and hides nothing

    @property
    def is_over(self) -> bool:
        """True if the fault applies to no further request."""
        if self._last is not None and self.seen >= self._last:
            return True
        return 0 < self._most <= self.applied

    def take(self, part: Part) -> Fault | None:
        """What becomes of the next answer; None if the fault leaves this request alone."""
        self.seen += 1
        if self.seen < self._first or self._random.random() >= self._probability:
            return None
        fault = part.steps[self.applied % len(part.steps)]
        self.applied += 1
        return fault.drawn(self._random)

    def as_dict(self) -> dict[str, Any]:
        """The members, the further `times`, 0 for no limit, and how often it has applied."""
        rounds = -(-(self._most - self.applied) // len(self.parts[0].steps)) if self._most else 0
        return {
            **({} if self.scenario else {"operation": ANY}),
            **self.members,
            "times": rounds,
            "applied": self.applied,
        }


class Faults:
    """The active faults. For a request, the most special one counts, and of several such ones the newest."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(
        self,
        members: Mapping[str, Any],
        operations: Mapping[str, str],
        scenarios: Mapping[str, Scenario] | None = None,
    ) -> str:
        """Set a fault from its members; returns what it has a real gateway do, "" if it is no scenario.

        `operations` has the method of each operation that it may name, "" for any.

        Raises:
            FaultError: a member is unknown or has a wrong type or value, or there is no such operation or
                scenario.
        """
        scenarios = scenarios or {}
        parts = parts_of(members, operations, scenarios)
        scenario = scenarios.get(members.get("scenario", ""))
        is_open = "last" in members or "probability" in members
        times = members.get("times", 0 if is_open else scenario.times if scenario else 1)
        with self._lock:
            self._rules.append(_Rule(members, parts, times))
        return scenario.effect if scenario else ""

    def take(self, operation: str, received: Received | None = None) -> Fault | None:
        """What becomes of the answer to a request, or to a call within one; None if no fault is for it.

        A fault whose turn it is not, or that chance passes over, lets the next one have the request.
        """
        if not self._rules:
            return None
        with self._lock:
            matches = [
                (part.selector.weight, place, rule, part)
                for place, rule in enumerate(self._rules)
                for part in rule.parts
                if part.selector.matches(operation, received)
            ]
            tried: set[int] = set()
            for _, place, rule, part in sorted(matches, key=_rank, reverse=True):
                if place not in tried:  # of one fault, only the most special part counts
                    tried.add(place)
                    fault = rule.take(part)
                    self._rules = [rule for rule in self._rules if not rule.is_over]
                    if fault is not None:
                        return None if fault.does_nothing else fault
        return None

    def __len__(self) -> int:
        return len(self._rules)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._rules.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """The active faults, each as a dict of its members."""
        with self._lock:
            return [rule.as_dict() for rule in self._rules]


def _rank(match: tuple[int, int, _Rule, Part]) -> tuple[int, int]:
    return match[:2]
