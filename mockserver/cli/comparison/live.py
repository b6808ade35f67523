"""The comparison of two live services by the same requests, which write things of their runs alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.run import Run
from contract_tests.engine.target import RunEnded
from mockserver.cli.comparison.answers import Answered, divergences
from mockserver.cli.comparison.collector import Collector
from mockserver.cli.comparison.difference import Comparison, Side
from mockserver.cli.comparison.script import (
    Part,
    has_other_reloads,
    is_plain_reload,
    parts,
    readings_of,
    scenarios_for,
)
from mockserver.evidence.recording import Scenario, Step

CLEANUP_SECONDS = 60.0  # for the removal of what a run wrote, if its time is over
_NAMED_BY = ("name", "email_address", "id")  # the members that tell whose a thing is
Pair = list[Exchange]


class ComparisonError(ValueError):
    """A comparison that did not come to its end; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Track:
    """One scenario in the making: the part of each side, and how far it is.

    Attributes:
        place: the number of the next step.
    """

    parts: list[Part]
    place: int = 0

    @property
    def scenario(self) -> Scenario:
        return self.parts[0].scenario

    def steps(self) -> Iterator[Step]:
        """The steps that are left; each is counted as done when the next one is asked for."""
        while self.place < len(self.scenario.steps):
            yield self.scenario.steps[self.place]
            self.place += 1


class LiveComparison:
    """The comparison of two services that are open as runs of the suite.

    Args:
        runs: the runs of A and B.
        variables: the variables of both in requests, such as SECRET.
        prefixes: the beginnings of the names of the scenarios to play; () for the usual ones.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        variables: Sequence[dict[str, str]],
        prefixes: tuple[str, ...] = (),
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._runs = runs
        self._variables = variables
        self._sleep = sleep
        service = runs[0].service
        scenarios, self._left_out = scenarios_for(service.name, prefixes)
        if not prefixes:
            header = (service.auth_header, "${KEY}" if service.name == "dashboard" else "${SECRET}")
            scenarios.insert(0, readings_of(runs[0].contract, header))
        self._tracks = [
            _Track(parts(scenario, number, [run.ownership for run in runs], variables))
            for number, scenario in enumerate(scenarios, 1)
        ]
        self._collector = Collector(runs[0].contract)
        self._refused: list[str] = []  # scenarios with a request that is not sent

    def compare(self) -> Comparison:
        """Play all scenarios, and remove what they wrote.

        Raises:
            RunEnded: a service no longer answers, or the time is over.
            UnsafeRequest: never; a scenario that would write a thing of others ends before that.
        """
        warnings: list[str] = []
        try:
            with ThreadPoolExecutor(len(self._runs)) as self._threads:
                self._play([track for track in self._tracks if not has_other_reloads(track.scenario)])
                for track in self._tracks:
                    if has_other_reloads(track.scenario):
                        self._play([track])
        finally:
            for name, run in zip("AB", self._runs, strict=True):
                left = _clean(run)
                warnings += [f"could not be removed from {name}: {', '.join(left)}"] if left else []
        if self._refused:
            names = ", ".join(self._refused)
            warnings.append(f"not played to the end, for a request may touch things of others: {names}")
        a, b = (Side(run.target.url, run.service.name, str(run.version)) for run in self._runs)
        return Comparison(
            a,
            b,
            tuple(self._notes(a, b)),
            self._collector.differences,
            "exchanges",
            self._collector.exchanges,
            tuple(warnings),
        )

    def _notes(self, a: Side, b: Side) -> Iterator[str]:
        if a.version != b.version:
            yield f"other version: A {a.version}, B {b.version}"
        service = self._runs[0].service
        if "version" not in service.probe_members:
            yield f"no {service.name} tells its version; the names of operations are those of {a.version}"
        for name, run in zip("AB", self._runs, strict=True):
            yield from (f"{name}: {note}" for note in run.options.connection.notes)
            if run.target.pacer.note:
                yield f"{name}: {run.target.pacer.note}"
        if self._left_out:
            yield (
                f"{len(self._tracks)} scenarios were played, {len(self._left_out)} not: they need files, an "
                "upstream, a configuration or a long time"
            )

    def _play(self, tracks: list[_Track]) -> None:
        """Play scenarios to their next reloads, reload once for all of them, and go on."""
        while asking := [track for track in tracks if self._advance(track)]:
            pair = self._both(_reload)
            self._take(asking[0], pair)
            for track in asking:
                track.place += 1
            tracks = asking

    def _advance(self, track: _Track) -> bool:
        """Play a scenario up to its next reload; True if it asks for one."""
        for step in track.steps():
            if is_plain_reload(step):
                return True
            if "wait" in step:
                self._sleep(step["wait"])
            elif "request" in step:
                try:
                    self._send(track, step)
                except UnsafeRequest:
                    self._refused.append(track.scenario.name)
                    return False
        return False

    def _send(self, track: _Track, step: Step) -> None:
        requests = [Request(*part.sent(step)) for part in track.parts]
        for run, request in zip(self._runs, requests, strict=True):
            run.ownership.check(request)  # both before either is sent
        pair = self._both(_ask, requests)
        self._take(track, pair)
        for run, part, exchange in zip(self._runs, track.parts, pair, strict=True):
            for variable, member in step.get("capture", {}).items():
                part.variables[variable] = _captured(run, part, exchange, member)

    def _both(self, send: Callable[..., Exchange], *arguments: Sequence[Any]) -> Pair:
        """What a function gets from both services, at the same time."""
        return list(self._threads.map(send, self._runs, *arguments))

    def _take(self, track: _Track, pair: Pair) -> None:
        answered = [
            Answered(exchange, part.neutral, part.prefix)
            for exchange, part in zip(pair, track.parts, strict=True)
        ]
        self._collector.add(track.parts[0], track.place, pair[0], divergences(*answered))


def _ask(run: Run, request: Request) -> Exchange:
    return run.target.record(run.target.ask(request), must_fit=False)


def _reload(run: Run) -> Exchange:
    return run.target.reload(must_fit=False)


def _captured(run: Run, part: Part, exchange: Exchange, member: str) -> str:
    """The id in an answer, which counts as one of the run if the service shows a thing of it there.

    Raises:
        UnsafeRequest: it shows a thing of others.
    """
    value: Any = exchange.document.get(member)
    if not isinstance(value, str) or not value or exchange.status >= 300:
        return part.variables["NONE"]
    if run.ownership.knows(value):
        return value
    path = exchange.target.partition("?")[0].rstrip("/")
    shown = run.target.ask(Request("GET", f"{path}/{quote(value, safe='')}"))
    if shown.status == 200:
        resource = next(row for row in run.service.resources if row.has(path))
        name = next((text for key in _NAMED_BY if (text := str(shown.document.get(key) or ""))), "")
        run.ownership.adopt(resource, value, name)
    return value


def _clean(run: Run) -> list[str]:
    """Remove what a run wrote; return what is left."""
    run.target.limit.set(CLEANUP_SECONDS)
    try:
        return run.cleanup.finish()
    except RunEnded:
        return run.cleanup.remains()
    finally:
        run.close()
