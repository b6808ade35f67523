"""Faults that a test injects into answers: an error status, a delay, or a dropped connection, n times.

A service may have scenarios: faults with a name, each of which is what a real client meets at some failure.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.http.messages import DropConnection

ANY = "*"
LONGEST_DELAY = 3600  # seconds
_KINDS: dict[str, tuple[type, ...]] = {
    "operation": (str,), "scenario": (str,), "status": (int,), "message": (str,),
    "delay": (int, float), "drop": (bool,), "times": (int,),
}  # fmt: skip

Rewrite = Callable[[Any], Any]  # from the listing in an answer to the one that is sent instead


class FaultError(ValueError):
    """An invalid fault; the message names the member and the next step."""


class FaultDrop(DropConnection):
    """A connection that a fault closes without an answer, within a handler."""

    def __init__(self, delay: float, fault: Fault) -> None:
        super().__init__(delay)
        self.fault = fault


@dataclass(frozen=True)
class Scenario:
    """A failure with a name.

    Attributes:
        operations: the ids of the operations that fail.
        effect: what a real client of these operations then does, as a sentence.
        fault: the members of its faults, see `Fault`.
        rewrite: what becomes of the listing in an answer, which the handlers of its operations ask for with
            `Call.rewritten`; None if it is not touched.
    """

    operations: tuple[str, ...]
    effect: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Rewrite | None = None


@dataclass
class Fault:
    """A fault of the next answers of an operation.

    Attributes:
        operation: an operationId, or "*" for every request; "" for the operations of a scenario.
        status: the status of the answer instead; 0 leaves the answer unchanged.
        message: the message of that answer.
        delay: seconds by which the answer is sent later; the request is carried out at once.
        drop: close the connection instead of answering.
        times: the number of further requests that the fault applies to; 0 for all.
        scenario: the name of its scenario; "" for none.
        also: the operations of the scenario.
        rewrite: what becomes of the listing in the answer; None if it is not touched.
    """

    operation: str = ANY
    status: int = 0
    message: str = "Fault asked for by the test"
    delay: float = 0.0
    drop: bool = False
    times: int = 1
    scenario: str = ""
    also: tuple[str, ...] = field(default=(), repr=False)
    rewrite: Rewrite | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """The members that are set: "status 503, delay 2"; the scenario's name alone for one."""
        if self.scenario:
            return self.scenario
        effects = {"status": self.status, "delay": self.delay}
        words = [f"{name} {value:g}" for name, value in effects.items() if value]
        return ", ".join(words + ["drop"] * self.drop)

    @property
    def changes_answer(self) -> bool:
        """True if the client gets another answer than without the fault, or none."""
        return bool(self.status or self.drop or self.rewrite)

    def as_dict(self) -> dict[str, Any]:
        """The members by which the fault was set, with their defaults."""
        return {name: getattr(self, name) for name in _KINDS}


class Faults:
    """The active faults, in the order in which they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self, raw: Mapping[str, Any], operations: set[str], scenarios: Mapping[str, Scenario] | None = None
    ) -> Fault:
        """Set a fault from its members.

        Raises:
            FaultError: a member is unknown or has a wrong type or value, or there is no such operation or
                scenario.
        """
        for name, value in raw.items():
            if name not in _KINDS:
                raise FaultError(f"a fault has no member {name!r}; its members are {', '.join(_KINDS)}")
            if type(value) not in _KINDS[name]:
                names = " or ".join(kind.__name__ for kind in _KINDS[name])
                raise FaultError(f"{name} cannot be {value!r}; give a value of type {names}")
        fault = _in_scenario(raw, scenarios or {}) if "scenario" in raw else Fault(**raw)
        if not fault.scenario and fault.operation not in operations | {ANY}:
            raise FaultError(
                f"there is no operation {fault.operation!r}; give one of {', '.join(sorted(operations))}"
            )
        if fault.status and not 200 <= fault.status <= 599:
            raise FaultError(f"status {fault.status} is not an HTTP status; give one from 200 to 599")
        if fault.times < 0 or not 0 <= fault.delay <= LONGEST_DELAY:
            raise FaultError(f"times must not be negative, delay must be from 0 to {LONGEST_DELAY} seconds")
        if not (fault.status or fault.delay or fault.drop or fault.rewrite):
            raise FaultError("the fault does nothing; give status, delay or drop")
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The first fault of an operation, or None; its remaining `times` are reduced by one."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.operation == operation or operation in fault.also:
                    if fault.times == 1:
                        self._faults.remove(fault)
                    fault.times = max(0, fault.times - 1)
                    return fault
        return None

    def __len__(self) -> int:
        return len(self._faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """The active faults, each as a dict of its members."""
        with self._lock:
            return [fault.as_dict() for fault in self._faults]


def _in_scenario(raw: Mapping[str, Any], scenarios: Mapping[str, Scenario]) -> Fault:
    """The fault of a scenario; members that are given override those of the scenario.

    Raises:
        FaultError: there is no such scenario, or an operation is given too.
    """
    scenario = scenarios.get(raw["scenario"])
    if scenario is None:
        known = ", ".join(scenarios) or "none, for this service has none"
        raise FaultError(f"there is no scenario {raw['scenario']!r}; give one of {known}")
    if "operation" in raw:
        raise FaultError("a scenario has operations of its own; leave out operation")
    members = {**scenario.fault, **raw}
    return Fault(operation="", also=scenario.operations, rewrite=scenario.rewrite, **members)
