"""Kills of a deployment's parts under a load of writes, and what its gateways then have loaded."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.deployment_clients import LOOK_SECONDS, NO_ANSWER, Reader, Writer
from bench.deployment_parts import Part, ask
from bench.deployment_setup import Deployment
from bench.servers import BenchError

CONVERGED_SECONDS = 45  # in which all gateways must have the last state, after the last part answers again
ROUND_SECONDS = (2.0, 8.0)  # shortest and longest time of kills before all gateways are compared
QUIET_SECONDS = (0.2, 2.0)  # shortest and longest time between two events
DEAD_SECONDS = (0.1, 2.0)  # from a kill until the start
# Those that hang a real gateway for ever are left out: a session that is lost, or a Dashboard that hangs up,
# during a reload. A refused ping lets the node register again.
FAULTS: tuple[dict[str, Any], ...] = (
    {"scenario": "mdcb-gone", "times": 3},
    {"scenario": "mdcb-error", "times": 2},
    {"scenario": "mdcb-slow", "times": 2, "delay": 1},
    {"scenario": "mdcb-login", "times": 2},
    {"scenario": "slow", "times": 2, "delay": 1},
    {"operation": "pingNode", "status": 403, "message": "Nonce failed"},
    {"operation": "pingNode", "drop": True},
)


@dataclass
class Chaos:
    """Kills and faults at random moments.

    Attributes:
        events: the number of kills of each part, and of faults.
        timeline: a line for each event, for the reader of a fault.
    """

    deployment: Deployment
    rng: random.Random
    events: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    timeline: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started_at = time.monotonic()

    def run(self, over: threading.Event) -> None:
        """Kill and start parts until the end, when all are started."""
        due: list[tuple[float, Part]] = []  # the dead parts, and when each is started again
        following = time.monotonic() + self.rng.uniform(*QUIET_SECONDS)
        while not over.is_set() or due:
            time.sleep(0.02)
            now = time.monotonic()
            for moment, part in list(due):
                if now >= moment:
                    due.remove((moment, part))
                    part.start()
                    self.note("start", part.name)
            alive = [part for part in self.deployment.parts if part not in [dead for _, dead in due]]
            self._revive(alive)
            if now < following or over.is_set():
                continue
            following = now + self.rng.uniform(*QUIET_SECONDS)
            if self.rng.random() < 0.25:
                fault = self.rng.choice(FAULTS)
                if self._set(fault):
                    self.note("fault", str(fault.get("scenario", fault)))
            elif alive:
                part = self.rng.choice(alive)
                part.kill()
                self.events[f"{part.name} killed"] += 1
                self.note("kill", part.name)
                due.append((now + self.rng.uniform(*DEAD_SECONDS), part))

    def note(self, event: str, name: str) -> None:
        """Add a line to the timeline."""
        self.timeline.append(f"{time.monotonic() - self._started_at:6.2f} s {event} {name}")

    def _revive(self, parts: list[Part]) -> None:
        for part in parts:
            try:
                part.answers_or_revives()
            except BenchError as error:
                self.faults.append(str(error))
                part.start()

    def _set(self, fault: dict[str, Any]) -> bool:
        try:
            status, _ = ask(self.deployment.dashboard.port, "POST", "/_mock/faults", fault, seconds=2)
        except NO_ANSWER:
            return False
        self.events["faults set"] += status == 200
        return status == 200

    def settle(self) -> None:
        """Wait until all parts answer, and remove the faults that are left."""
        for part in self.deployment.parts:
            try:
                part.wait_until_answering()
            except BenchError as error:
                self.faults.append(str(error))
        try:
            ask(self.deployment.dashboard.port, "DELETE", "/_mock/faults")
        except NO_ANSWER as error:
            self.faults.append(f"the Dashboard does not remove its faults: {error}")


@dataclass(frozen=True)
class Outcome:
    """The findings of a run of kills.

    Attributes:
        faults: a description of each.
        lines: the verdict, line by line.
        timeline: the events.
    """

    faults: list[str]
    lines: list[str]
    timeline: list[str]


def kill(deployment: Deployment, seconds: float, seed: int) -> Outcome:
    """Kill parts of a deployment at random moments, in rounds; after each compare what its gateways have."""
    writer = Writer(deployment.dashboard.port, random.Random(f"{seed} writer"))
    readers = [Reader(gateway, writer) for gateway in deployment.gateways]
    chaos = Chaos(deployment, random.Random(f"{seed} chaos"))
    took: list[float] = []
    differences: list[str] = []
    until = time.monotonic() + seconds
    with _running([reader.run for reader in readers]):
        while not differences and (left := until - time.monotonic()) > 0:
            with _running([writer.run, chaos.run]):
                time.sleep(min(left, chaos.rng.uniform(*ROUND_SECONDS)))
            chaos.settle()
            round_took, differences = _converge(readers)
            took.append(round_took)
            chaos.note(
                "not all have the last state" if differences else "all have the last state",
                f"after {round_took:.1f} s",
            )
    torn = [f"{fault} ({count} times)" for reader in readers for fault, count in reader.faults.items()]
    crashes = [f"{part.name}: {line}" for part in deployment.parts for line in part.crashes()]
    faults = [*chaos.faults, *writer.faults, *torn, *crashes, *differences]
    kills = ", ".join(f"{name}: {count}" for name, count in sorted(chaos.events.items()))
    failures = sum(part.failures for part in deployment.parts)
    looks = ", ".join(f"{reader.gateway.name} {reader.looks}" for reader in readers)
    lines = [
        f"{kills}; {failures} starts without the Redis that were repeated",
        f"{writer.acknowledged} writes acknowledged, {writer.unanswered} without an answer or refused",
        f"looks: {looks}; {sum(sum(reader.faults.values()) for reader in readers)} torn or foreign policies",
        f"{len(took)} rounds; the longest wait for all to have the last state was {max(took):.1f} s",
    ]
    return Outcome(faults, lines, chaos.timeline)


def _converge(readers: list[Reader]) -> tuple[float, list[str]]:
    """Wait until all gateways have the last state; returns the seconds, and what differs after too many."""
    started_at = time.monotonic()
    while True:
        differences = [difference for reader in readers for difference in reader.differences()]
        took = time.monotonic() - started_at
        if not differences or took > CONVERGED_SECONDS:
            return took, differences
        time.sleep(LOOK_SECONDS)


@contextmanager
def _running(loops: list[Callable[[threading.Event], None]]) -> Iterator[None]:
    """Run functions in threads until the block ends, and wait for them."""
    over = threading.Event()
    threads = [threading.Thread(target=loop, args=(over,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
