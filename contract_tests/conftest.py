"""The run: one target, one batch of tests, one report."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from contract_tests import embedded, generated, preflight, report
from contract_tests.batch import Batch
from contract_tests.gateway import Options
from contract_tests.preflight import Found, PreflightError
from contract_tests.report import Report, Status, Verdict
from contract_tests.target import Gone, Target
from mockserver import behaviours
from mockserver.contract import Contract

_HEAVY = ("openapi_core",)
_STARTED = pytest.StashKey[float]()
_TARGET = pytest.StashKey[Target]()
_FOUND = pytest.StashKey[Found]()
_BATCH = pytest.StashKey[Batch]()
_CLOSING = pytest.StashKey[ExitStack]()


def _begin(session: pytest.Session) -> None:
    session.stash[_STARTED] = time.monotonic()
    session.stash[_CLOSING] = ExitStack()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _interrupt)  # so that what was written is removed first


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Target:
    """The gateway under test: the one that was named, or a mock of our own."""
    _begin(request.session)
    stash = request.session.stash
    url, wanted = (
        pytestconfig.getoption("--gateway-url"),
        pytestconfig.getoption("--gateway-version"),
    )
    secret = os.environ.get("TYK_GW_SECRET", "")
    try:
        if url:
            found = preflight.look(url, secret, wanted)
        else:
            found = preflight.embedded(wanted)
            needs = () if pytestconfig.getoption("--gateway-quick") else _HEAVY
            if needs:
                generated.maker(str(found.version))  # it is at work from now on
            url = stash[_CLOSING].enter_context(embedded.mock(str(found.version), needs))
            secret = embedded.SECRET
    except PreflightError as error:
        pytest.exit(str(error), returncode=error.code)
    stash[_FOUND] = found
    stash[_TARGET] = Target(url, secret, Contract.load(found.version))
    return stash[_TARGET]


@pytest.fixture(scope="session")
def batch(target: Target, pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Batch:
    """All tests of this session; the first that asks makes them run."""
    options = Options(
        version=request.session.stash[_FOUND].version,
        read_only=pytestconfig.getoption("--gateway-read-only"),
        quick=pytestconfig.getoption("--gateway-quick"),
        upstream=pytestconfig.getoption("--gateway-upstream"),
        allow_group_reload=pytestconfig.getoption("--gateway-allow-group-reload"),
    )
    made = Batch(target, options, behaviours.load(), request.session.items)
    request.session.stash[_BATCH] = made
    return made


def pytest_sessionfinish(session: pytest.Session) -> None:
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
    if path and _BATCH in session.stash:
        Path(path).write_text(report.as_json(_report(session, leftovers)), "utf-8")


def _clean_up(target: Target) -> Iterator[str]:
    try:
        yield from target.clean_up()
    except Gone:
        yield f"all that begins with {target.own.run}, for the gateway no longer answers"


def _report(session: pytest.Session, leftovers: tuple[str, ...]) -> Report:
    stash = session.stash
    made = stash[_BATCH]
    order = list(made.rows)
    verdicts = sorted(made.verdicts.values(), key=lambda verdict: order.index(verdict.behaviour))
    told = report.by_behaviour(verdicts)
    return Report(
        url=made.target.url,
        gateway=str(stash[_FOUND].version),
        version_source=stash[_FOUND].source,
        suite=_suite_version(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - stash[_STARTED], 3),
        reloads=made.target.reloads,
        verdicts=told + tuple(_untested(made, {verdict.behaviour for verdict in told})),
        profile=made.options.profile,
        leftovers=leftovers,
        gone=made.target.gone,
    )


def _untested(made: Batch, told: set[str]) -> Iterator[Verdict]:
    """Rows that no URL can show."""
    for row in made.rows.values():
        if row.level == "setup" and row.id not in told:
            yield Verdict(
                row.id, row.operation, row.statement, row.source, "", Status.NOT_APPLICABLE,
                "it shows only under a configuration of its own; recordings hold it",
            )  # fmt: skip


def _suite_version() -> str:
    try:
        return version("tyk-contract")
    except PackageNotFoundError:
        return "not installed"
