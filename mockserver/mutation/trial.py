"""The trial of a mutant: start it, let the suite judge it, and name the behaviours that noticed."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mockserver.contract.spec_files import known_versions, select_version
from mockserver.mutation import unit_trial
from mockserver.mutation.mutant import SOURCE, Mutant

SECRET = "Mutant-Secret"
PATIENCE = 5.0  # seconds for one to end
TRIAL_SECONDS = 60.0  # for a mutant that answers and never comes to an end
LIKELY = 10  # tests that are asked first
FOUND, MISSED, STILLBORN = "found", "missed", "stillborn"

_noticed: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LIKELY))  # by kind, the last tests


@dataclass(frozen=True)
class Outcome:
    """The outcome of the trial of a mutant.

    Attributes:
        verdict: "found", "missed", or "stillborn" if it does not even start.
        by: the behaviours whose tests noticed it; the first alone, unless all were asked for.
        actual: the actual answer of the first failure.
    """

    mutant: Mutant
    verdict: str
    by: tuple[str, ...] = ()
    actual: str = ""
    seconds: float = 0.0

    @property
    def as_it_should(self) -> bool:
        """True if it was found, and by the behaviour that is about it."""
        return self.verdict == FOUND and (not self.mutant.row or self.mutant.row in self.by)


def attempt(mutant: Mutant, version: str) -> Outcome:
    """Let the suite judge a mutant: up to the first failure, or all of it where a row is to notice.

    The tests of the row that must notice go first, or those that noticed others of its kind. Code
    that only some versions use is tried as those too. Modules that no URL shows are tried by the
    project's own tests first.
    """
    started = time.monotonic()
    oldest, *_, newest = known_versions()
    outcome = _attempt_by_tests(mutant)
    if outcome is None and (likely := _likely(mutant)):
        outcome = _attempt(mutant, mutant.gateway or version, likely)
    for other in (mutant.gateway or version, *((newest, oldest) if mutant.group == SOURCE else ())):
        if outcome is None or not (outcome.as_it_should or outcome.verdict == STILLBORN):
            outcome = _attempt(mutant, other, _items())
    assert outcome is not None
    return replace(outcome, seconds=time.monotonic() - started)


def _attempt_by_tests(mutant: Mutant) -> Outcome | None:
    """The outcome that the project's own tests give; None if they notice nothing, or are not there."""
    if mutant.group != SOURCE or not unit_trial.is_tried_by_tests(mutant):
        return None
    test = unit_trial.failing_test(mutant)
    if test is None:
        return Outcome(mutant, STILLBORN)
    return Outcome(mutant, FOUND, (test,), "the test fails") if test else None


def _attempt(mutant: Mutant, version: str, tests: list[Any]) -> Outcome:
    version = str(select_version(version))
    with _running(mutant, version) as url:
        failures = _failures(url, version, tests, until_failure=not mutant.row) if url else {}
    if not url:
        return Outcome(mutant, STILLBORN)
    noticed = _noticed[_kind(mutant)]
    noticed.extend(test for test in failures if test not in noticed)
    by = tuple(dict.fromkeys(name for name, _ in failures.values()))
    actual = next((actual for _, actual in failures.values()), "")
    return Outcome(mutant, FOUND if by else MISSED, by, actual)


def _kind(mutant: Mutant) -> str:
    """The kind of a mutant: mutants of one kind are often noticed by the same tests."""
    return mutant.edit.module if mutant.edit else mutant.patch.operation if mutant.patch else ""


def _likely(mutant: Mutant) -> list[Any]:
    """The tests of the row that must notice, or those that noticed its kind last and those of phase LAST."""
    from contract_tests.engine.declaration import LAST

    if mutant.row:
        return [item for item in _items() if item.function.declaration.behaviour == mutant.row]
    noticed = _noticed[_kind(mutant)]
    if not noticed:
        return []
    return [item for item in _items() if item.nodeid in noticed or item.function.declaration.phase == LAST]


@contextmanager
def _running(mutant: Mutant, version: str) -> Iterator[str]:
    """The mutant's URL; "" if it does not start."""
    from contract_tests.engine.helper_process import environment, python

    with subprocess.Popen(
        python("-m", "mockserver.mutation.mutant_process", version, SECRET),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        limit = threading.Timer(TRIAL_SECONDS, process.kill)
        limit.start()
        try:
            process.stdin.write(mutant.as_json().encode() + b"\n")
            process.stdin.flush()
            yield process.stdout.readline().decode().strip()
        finally:
            limit.cancel()
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _failures(url: str, version: str, tests: list[Any], *, until_failure: bool) -> dict[str, tuple[str, str]]:
    """The behaviours that failed or could not be judged, each with the actual answer, by the test."""
    from contract_tests.engine import preflight
    from contract_tests.engine.run import Run
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.engine.scheduler import Scheduler
    from contract_tests.gateway.service import GATEWAY
    from contract_tests.gateway.suite import GATEWAY_SUITE
    from contract_tests.report.verdicts import Status

    try:
        detected = preflight.look(GATEWAY, url, SECRET, "auto", timeout=5)
    except preflight.PreflightError as error:
        return {"": ("before the run", str(error))}
    if detected.version != select_version(version):
        return {"": ("before the run", f"/hello says {detected.version}")}
    options = RunOptions(url=url, secret=SECRET, allow_group_reload=True)
    run = Run.open(GATEWAY, options, _contract(version), timeout=5)
    scheduler = Scheduler(GATEWAY_SUITE, run, tests, until_failure=until_failure)
    scheduler.run_all()
    run.close()
    verdicts = sorted(scheduler.verdicts.items(), key=lambda pair: pair[1].status is not Status.FAILED)
    return {
        test: (verdict.behaviour, verdict.actual or verdict.reason)
        for test, verdict in verdicts
        if verdict.status in (Status.FAILED, Status.ERROR)
    }


@cache
def _contract(version: str) -> Any:
    """One contract for each version, so that its validators are built once."""
    from mockserver.contract.openapi import Contract

    return Contract.load(select_version(version))


@cache
def _items() -> list[Any]:
    """The suite's tests, as pytest collects them; a scheduler runs them."""
    import pytest

    from contract_tests.engine import runner

    collected: list[Any] = []

    class Collector:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            collected.extend(session.items)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytest.main([*runner.SUITE, "--collect-only", "-pno:terminal"], plugins=[Collector()])
    return collected
