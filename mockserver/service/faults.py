"""Faults that a test asks for: a status, a delay, a dropped connection, n times."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ANY = "*"
LONGEST_DELAY = 3600  # seconds
_KINDS: dict[str, tuple[type, ...]] = {
    "operation": (str,), "status": (int,), "message": (str,),
    "delay": (int, float), "drop": (bool,), "times": (int,),
}  # fmt: skip


class FaultError(ValueError):
    """A fault that cannot be set; the message names the member and the next step."""


@dataclass
class Fault:
    """What happens to an operation's next answers.

    Attributes:
        operation: an operationId, or "*" for every request.
        status: answer this status instead; 0 leaves the answer as it is.
        message: the message of that answer.
        delay: seconds to wait first.
        drop: close the connection instead of answering.
        times: how many more requests it meets; 0 is without end.
    """

    operation: str = ANY
    status: int = 0
    message: str = "Fault asked for by the test"
    delay: float = 0.0
    drop: bool = False
    times: int = 1


class Faults:
    """The faults that are set, in the order they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, raw: Mapping[str, Any], operations: set[str]) -> Fault:
        """Set a fault from its members.

        Raises:
            FaultError: a member is unknown, of a wrong type, or names no operation.
        """
        for name, value in raw.items():
            if name not in _KINDS:
                raise FaultError(f"a fault has no {name!r}; it has {', '.join(_KINDS)}")
            if type(value) not in _KINDS[name]:
                raise FaultError(f"{name} cannot be {value!r}")
        fault = Fault(**raw)
        if fault.operation not in operations | {ANY}:
            raise FaultError(
                f"no operation is called {fault.operation!r}; there are {', '.join(sorted(operations))}"
            )
        if fault.status and not 200 <= fault.status <= 599:
            raise FaultError(f"status {fault.status} is none; give one from 200 to 599")
        if fault.times < 0 or not 0 <= fault.delay <= LONGEST_DELAY:
            raise FaultError(f"times is not negative, and delay is from 0 to {LONGEST_DELAY} seconds")
        if not (fault.status or fault.delay or fault.drop):
            raise FaultError("this fault does nothing; give status, delay or drop")
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The first fault that meets a request of this operation; it counts as met."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.operation == operation:
                    if fault.times == 1:
                        self._faults.remove(fault)
                    fault.times = max(0, fault.times - 1)
                    return fault
        return None

    def __len__(self) -> int:
        return len(self._faults)

    def clear(self) -> None:
        """Take back all faults."""
        with self._lock:
            self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """The faults that are still set."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
