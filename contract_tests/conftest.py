"""The run: one target, one batch of tests, one report."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract_tests.engine import generated_requests, mock_process, preflight
from contract_tests.engine.preflight import Found, PreflightError
from contract_tests.engine.scheduler import Batch
from contract_tests.engine.signals import interrupt_on_sigterm
from contract_tests.engine.target import Gone, Target
from contract_tests.gateway.client import Options
from contract_tests.report import verdicts
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.contract import behaviours
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import package_version

_STARTED = pytest.StashKey[float]()
_TARGET = pytest.StashKey[Target]()
_MOCK = pytest.StashKey[mock_process.Mock]()
_FOUND = pytest.StashKey[Found]()
_BATCH = pytest.StashKey[Batch]()
_CLOSING = pytest.StashKey[ExitStack]()


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("--contract-unattended"):
        sys.setswitchinterval(mock_process.SWITCH_SECONDS)
        _begin(session)


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Judge all at once where nobody looks at single tests."""
    if not session.config.getoption("--contract-unattended") or session.testsfailed:
        return None
    _batch(session).run()
    return True


def _begin(session: pytest.Session) -> None:
    """Start what takes its time: it is at work while the tests are collected."""
    session.stash[_STARTED] = time.monotonic()
    session.stash[_CLOSING] = ExitStack()
    option = session.config.getoption
    if option("--contract-unattended") or signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        interrupt_on_sigterm()  # so that what was written is removed first
    if option("--gateway-url"):
        return
    with _told():
        found = preflight.embedded(option("--gateway-version"))
    session.stash[_FOUND] = found
    if not option("--gateway-quick"):
        generated_requests.maker(str(found.version))
    mock = mock_process.Mock(str(found.version))
    session.stash[_MOCK] = session.stash[_CLOSING].enter_context(mock)


@contextmanager
def _told() -> Iterator[None]:
    """End the session with what is wrong, where there is nothing to judge."""
    try:
        yield
    except PreflightError as error:
        pytest.exit(str(error), returncode=error.code)


def _target(session: pytest.Session) -> Target:
    """The gateway under test: the one that was named, or a mock of our own."""
    if _CLOSING not in session.stash:
        _begin(session)
    stash, option = session.stash, session.config.getoption
    url, secret = option("--gateway-url"), os.environ.get("TYK_GW_SECRET", "")
    if url:
        with _told():
            stash[_FOUND] = preflight.look(url, secret, option("--gateway-version"))
    else:
        url, secret = stash[_MOCK].url, mock_process.SECRET
    stash[_TARGET] = Target(url, secret, Contract.load(stash[_FOUND].version))
    return stash[_TARGET]


def _batch(session: pytest.Session) -> Batch:
    """All tests of this session."""
    target, option = _target(session), session.config.getoption
    options = Options(
        version=session.stash[_FOUND].version,
        read_only=option("--gateway-read-only"),
        quick=option("--gateway-quick"),
        upstream=option("--gateway-upstream"),
        allow_group_reload=option("--gateway-allow-group-reload"),
    )
    made = session.stash[_BATCH] = Batch(target, options, behaviours.load(), session.items)
    return made


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest) -> Batch:
    """All tests of this session; the first that asks makes them run."""
    return _batch(request.session)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _CLOSING not in session.stash:
        return
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)  # the line of progress
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing may stop the clean-up
        signal.signal(number, signal.SIG_IGN)
    leftovers: tuple[str, ...] = ()
    with session.stash[_CLOSING]:
        if made := session.stash.get(_TARGET, None):
            leftovers = tuple(_clean_up(made))
            made.close()
    path = session.config.getoption("--contract-report")
    if path and _BATCH in session.stash and exitstatus != pytest.ExitCode.INTERNAL_ERROR:
        Path(path).write_text(verdicts.as_json(_report(session, leftovers)), "utf-8")
    if session.config.getoption("--contract-unattended"):
        gc.freeze()  # so that the interpreter ends at once, and looks for nothing to collect


def _clean_up(target: Target) -> Iterator[str]:
    try:
        yield from target.clean_up()
    except Gone:
        yield f"all that begins with {target.own.run}, for the gateway no longer answers"


def _report(session: pytest.Session, leftovers: tuple[str, ...]) -> Report:
    stash = session.stash
    made = stash[_BATCH]
    order = list(made.rows)
    judged = [made.verdicts[item.nodeid] for item in session.items if item.nodeid in made.verdicts]
    ordered = sorted(judged, key=lambda verdict: order.index(verdict.behaviour))
    told = verdicts.by_behaviour(ordered)
    return Report(
        url=made.target.url,
        gateway=str(stash[_FOUND].version),
        version_source=stash[_FOUND].source,
        suite=package_version("not installed"),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - stash[_STARTED], 3),
        reloads=made.target.reloads,
        verdicts=told + tuple(_untested(made, {verdict.behaviour for verdict in told})),
        profile=made.options.profile,
        leftovers=leftovers,
        gone=made.target.gone,
        not_offered=tuple(made.target.lacking),
    )


def _untested(made: Batch, told: set[str]) -> Iterator[Verdict]:
    """Rows that no URL can show."""
    for row in made.rows.values():
        if row.level == "setup" and row.id not in told:
            yield Verdict(
                row.id, row.operation, row.statement, row.source, "", Status.NOT_APPLICABLE,
                "it shows only under a configuration of its own; recordings hold it",
            )  # fmt: skip
