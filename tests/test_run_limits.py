"""A run of the suite ends in time, and names what it leaves behind, whatever the gateway does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asking import HANGS, wait_until
from serving import COMMAND, QUIET, deadline, verify

from contract_tests.engine import signals
from contract_tests.engine.cleanup import MAX_NAMED
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.signals import ENDED_AT_ONCE, Interruption
from contract_tests.engine.target import LimitReached, RunEnded
from contract_tests.gateway.resources import POLICIES
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway
from mockserver.http.deadline import Deadline

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "limits-secret"


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


@pytest.fixture(name="run")
def _run(gateway: MockGateway) -> Iterator[Run]:
    options = RunOptions(url=gateway.url, secret=gateway.secret, max_time=60)
    run = Run.open(GATEWAY, options, gateway.gateway.contract)
    yield run
    run.close()


class Hanging:
    """A run against a gateway that answers nothing more once the run has written and reloads.

    Attributes:
        asked: the operations that were asked for since then.
    """

    def __init__(self, gateway: MockGateway) -> None:
        self.wrote = threading.Event()
        self.asked: list[str] = []
        mock, faults = gateway.mock, gateway.mock.faults
        gateway.fault("getReady", delay=0.001, times=0)  # so that no answer is given on the event loop
        take = faults.take

        def hang(operation: str, received: Any = None) -> Any:
            if operation == "reload":
                self.wrote.set()
            if self.wrote.is_set():
                self.asked.append(operation)
                mock.closing.wait(100)
            return take(operation, received)

        faults.take = hang  # type: ignore[method-assign]

    @contextmanager
    def verifying(self, url: str) -> Iterator[subprocess.Popen[str]]:
        """The process of the run, from the moment when the gateway hangs."""
        with (
            subprocess.Popen(
                [*COMMAND, "verify", url], env=QUIET | {"TYK_GW_SECRET": SECRET}, text=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            ) as process,
            deadline(process),
        ):  # fmt: skip
            assert self.wrote.wait(60)
            yield process


def write(run: Run, count: int) -> None:
    """Write policies of a run."""
    for _ in range(count):
        run.target.send("POST", POLICIES, b'{"id": "%s"}' % run.ownership.new_id().encode())


def test_a_slow_gateway_ends_the_run_in_its_time(gateway: MockGateway) -> None:
    """What is not judged when the time of a run is over is an error that says so, and all is removed."""
    gateway.fault("*", delay=0.03, times=0)
    done = verify(gateway.url, "--max-time", "2", TYK_GW_SECRET=SECRET)
    assert done.returncode == 2, done.stdout
    assert " 0 failed" in done.stdout
    assert "could not be judged: the time of this run was over before that; allow more with" in done.stdout
    assert "could not remove" not in done.stdout
    assert not gateway.policies.written


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    """A time that is no positive number of seconds gives exit code 2."""
    done = verify("--max-time", text)
    assert done.returncode == 2
    assert "--max-time" in done.stderr


def test_an_interrupted_run_ends_though_the_gateway_hangs(gateway: MockGateway) -> None:
    """A run that is terminated ends within ten seconds, and names what it could not remove."""
    with Hanging(gateway).verifying(gateway.url) as process:
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
    assert time.monotonic() - start < HANGS
    assert process.returncode == 2
    assert "interrupted; could not remove: /tyk/" in said
    assert "more whose names begin with tyk-contract-" in said
    assert "`tyk-contract clean URL`" in said


def test_a_second_signal_ends_a_run_at_once(gateway: MockGateway) -> None:
    """A run that is terminated twice does not wait for its clean-up, and names what is left behind."""
    hanging = Hanging(gateway)
    with hanging.verifying(gateway.url) as process:
        process.send_signal(signal.SIGINT)
        wait_until(lambda: any(operation.startswith("delete") for operation in hanging.asked))
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert time.monotonic() - start < HANGS
    assert process.returncode == 2
    assert "interrupted; could not remove: /tyk/" in said


def test_requests_end_with_the_time_of_the_run(run: Run, gateway: MockGateway) -> None:
    """A request in progress ends when the time of the run ends, and no further one is sent."""
    gateway.fault("*", delay=100, times=0)
    timer = threading.Timer(0.1, run.target.limit.shorten, [0])
    start = time.monotonic()
    timer.start()
    with pytest.raises(LimitReached):
        run.target.send("GET", "/hello")
    with pytest.raises(LimitReached):
        run.target.send("GET", "/hello")
    assert time.monotonic() - start < HANGS
    assert not run.target.gone


def test_a_clean_up_without_time_names_what_remains(run: Run, gateway: MockGateway) -> None:
    """A clean-up whose time is over names the first targets that remain, and counts the others."""
    write(run, MAX_NAMED + 3)
    run.target.limit.set(0)
    with pytest.raises(RunEnded):
        run.cleanup.finish()
    remains = run.cleanup.remains()
    assert remains[:2] == [f"{POLICIES}/{run.ownership.run}{number}" for number in (1, 2)]
    assert remains[MAX_NAMED:] == [f"3 more whose names begin with {run.ownership.run}"]
    run.target.limit.set(60)
    assert run.cleanup.finish() == run.cleanup.remains() == []
    assert not gateway.policies.written


def test_a_deletion_without_an_answer_is_not_forgotten(run: Run, gateway: MockGateway) -> None:
    """A policy whose deletion got no answer counts as left behind, and is deleted again the next time."""
    write(run, 1)
    gateway.fault("deletePolicy", drop=True, times=1)
    run.cleanup.remove()
    assert run.cleanup.remains() == [f"{POLICIES}/{run.ownership.run}1"]
    run.cleanup.remove()
    assert run.cleanup.remains() == [f"{run.ownership.run}..., which the next reload removes"]
    assert not gateway.policies.written


class Ended(Exception):
    """Stands for the end of the process."""


@pytest.fixture(name="ended")
def _ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes with which the process would have ended."""
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(threading.Timer, "start", lambda _: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield codes  # type: ignore[misc]  # a fixture
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_and_the_second_ends(ended: list[int], number: signal.Signals) -> None:
    """The first signal ends all requests and interrupts; a second one names the rest and ends the process."""
    limit, words = Deadline(60), []
    signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
    interruption = Interruption(limit, lambda: words.append("left"))
    interruption.install(is_child=False)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert limit.is_over
    interruption.begin_cleanup(60)
    assert 0 < limit.left <= signals.CLEANUP_SECONDS
    with pytest.raises(Ended):
        signal.raise_signal(number)
    assert (ended, words) == ([ENDED_AT_ONCE], ["left"])


def test_a_signal_during_the_clean_up_shortens_it(ended: list[int]) -> None:
    """The clean-up of a run goes on after a first signal, but not for long."""
    limit = Deadline(60)
    interruption = Interruption(limit, lambda: None)
    interruption.install(is_child=True)
    interruption.begin_cleanup(60)
    signal.raise_signal(signal.SIGTERM)
    assert 0 < limit.left <= signals.CLEANUP_SECONDS
    assert not ended


def test_signals_have_their_earlier_handlers_after_a_run(ended: list[int]) -> None:
    """A run gives the signals back, and takes none that somebody else handles."""
    assert not ended
    mine = lambda *_: None  # noqa: E731  it has a name for the assertion
    signal.signal(signal.SIGTERM, mine)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    interruption = Interruption(Deadline(), lambda: None)
    interruption.install(is_child=False)
    assert signal.getsignal(signal.SIGTERM) is mine
    assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    interruption.uninstall()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
