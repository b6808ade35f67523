"""The trial of a mutant: start it, run the suite against it, and name the behaviours that fail."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from mockserver.contract.spec_files import known_versions, select_version, spec_path
from mockserver.mutation import unit_trial
from mockserver.mutation.mutant import SOURCE, Mutant

SECRET = "Mutant-Secret"
STOP_SECONDS = 5.0  # for a mutant to end after SIGTERM
TRIAL_SECONDS = 60.0  # limit of a trial, which a mutant may keep from ending
MOST_RECENT = 10  # tests of each kind that are tried first
FOUND, MISSED, STILLBORN = "found", "missed", "stillborn"

# Ids of the tests that noticed a mutant last, by the kind of the mutant.
_recent: defaultdict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=MOST_RECENT))


@dataclass(frozen=True)
class Outcome:
    """The outcome of the trial of a mutant.

    Attributes:
        verdict: "found", "missed", or "stillborn" if the mutant does not start.
        by: ids of the behaviours that failed, or of a test of the project. All of them if the mutant has a
            `row`, else only the first.
        actual: the actual answer of the first failure.
        seconds: the duration of the trial.
    """

    mutant: Mutant
    verdict: str
    by: tuple[str, ...] = ()
    actual: str = ""
    seconds: float = 0.0

    @property
    def is_noticed(self) -> bool:
        """True if the suite found the mutant, and by its `row` if it has one."""
        return self.verdict == FOUND and (not self.mutant.row or self.mutant.row in self.by)


def attempt(mutant: Mutant, version: str) -> Outcome:
    """Try a mutant: run the suite against it up to the first failure, or completely if it has a `row`.

    Tests that are likely to fail are run alone first: those of the `row`, or those that noticed other mutants
    of the kind. A source mutant that no test notices is tried as the newest and as the oldest version too.
    Modules that no client can observe are first tried by the project's own tests.
    """
    start = time.monotonic()
    oldest, *_, newest = known_versions(spec_path(mutant.service))
    outcome = attempt_by_tests(mutant)
    if outcome is None and (likely := _likely(mutant)):
        outcome = _attempt(mutant, mutant.version or version, likely)
    more_versions = (newest, oldest) if mutant.group == SOURCE else ()
    for tried_version in (mutant.version or version, *more_versions):
        if outcome is None or not (outcome.is_noticed or outcome.verdict == STILLBORN):
            outcome = _attempt(mutant, tried_version, _items(mutant.service))
    assert outcome is not None
    return replace(outcome, seconds=time.monotonic() - start)


def attempt_by_tests(mutant: Mutant) -> Outcome | None:
    """The outcome of a trial by the project's own tests; None if all pass, or if there are none."""
    if mutant.group != SOURCE or not unit_trial.is_tried_by_tests(mutant):
        return None
    test = unit_trial.failing_test(mutant)
    if test is None:
        return Outcome(mutant, STILLBORN)
    return Outcome(mutant, FOUND, (test,), "the test fails") if test else None


def _attempt(mutant: Mutant, version: str, tests: list[Any]) -> Outcome:
    version = str(select_version(version, spec_path(mutant.service)))
    with _running(mutant, version) as urls:
        failures = _failures(mutant, urls, version, tests) if urls else {}
    if not urls:
        return Outcome(mutant, STILLBORN)
    recent = _recent[_kind(mutant)]
    recent.extend(test for test in failures if test not in recent)
    by = tuple(dict.fromkeys(name for name, _ in failures.values()))
    actual = next((actual for _, actual in failures.values()), "")
    return Outcome(mutant, FOUND if by else MISSED, by, actual)


def _kind(mutant: Mutant) -> tuple[str, str]:
    """The service and the module or operation of a mutant; the same tests often notice one kind."""
    part = mutant.edit.module if mutant.edit else mutant.patch.operation if mutant.patch else ""
    return mutant.service, part


def _likely(mutant: Mutant) -> list[Any]:
    """The tests of the mutant's row; without a row, the recent tests of its kind and those of phase LAST."""
    from contract_tests.engine.declaration import LAST

    items = _items(mutant.service)
    if mutant.row:
        return [item for item in items if item.function.declaration.behaviour == mutant.row]
    recent = _recent[_kind(mutant)]
    if not recent:
        return []
    return [item for item in items if item.nodeid in recent or item.function.declaration.phase == LAST]


@contextmanager
def _running(mutant: Mutant, version: str) -> Iterator[list[str]]:
    """Run the mutant as a process; yields its URL and that of requests to APIs, or [] if it fails."""
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
            yield process.stdout.readline().decode().split()
        finally:
            limit.cancel()
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _failures(mutant: Mutant, urls: list[str], version: str, tests: list[Any]) -> dict[str, tuple[str, str]]:
    """Behaviour and actual answer of each test that failed or could not check the mutant, by its id.

    Without a row, the first failure ends the run. A mutant that the preflight refuses has one entry, of the
    behaviour "before the run".
    """
    from contract_tests.engine import preflight
    from contract_tests.engine.configuration import Configuration
    from contract_tests.engine.run import Run
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.engine.scheduler import Scheduler
    from contract_tests.report.verdicts import Status

    suite = _suite(mutant.service)
    service, url = suite.service, urls[0]
    wanted = "auto" if "version" in service.probe_members else version
    try:
        detected = preflight.look(service, url, SECRET, wanted, timeout=5)
    except preflight.PreflightError as error:
        return {"": ("before the run", str(error))}
    if str(detected.version) != version:
        return {"": ("before the run", f"{service.probe} says {detected.version}")}
    options = RunOptions(
        url=url,
        secret=SECRET,
        second=service.second_of_mock,
        allow_group_reload=True,
        service=service.name,
        strict=True,
    )
    run = Run.open(service, options, service.contract(detected.version), timeout=5)
    ports = dict(zip(service.ports or (), (urlsplit(each).port for each in urls), strict=False))
    configuration = {name: ports.get(name, value) for name, value in mutant.configuration}
    run = run.under(Configuration(configuration))
    scheduler = Scheduler(suite, run, tests, until_failure=not mutant.row)
    scheduler.run_all()
    run.close()
    verdicts = sorted(scheduler.verdicts.items(), key=lambda pair: pair[1].status is not Status.FAILED)
    return {
        test: (verdict.behaviour, verdict.actual or verdict.reason)
        for test, verdict in verdicts
        if verdict.status in (Status.FAILED, Status.ERROR)
    }


def _suite(service: str) -> Any:
    """The suite of a service."""
    return import_module(f"contract_tests.{service}.suite").SUITE


@cache
def _items(service: str) -> list[Any]:
    """The tests of a service's suite as pytest collects them."""
    import pytest

    from contract_tests.engine import runner
    from contract_tests.engine.run_options import RunOptions

    items: list[Any] = []

    class Collector:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            items.extend(session.items)

    options = RunOptions(service=service).to_arguments()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytest.main([*runner.SUITE, *options, "--collect-only", "-pno:terminal"], plugins=[Collector()])
    return items
