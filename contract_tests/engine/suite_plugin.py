"""The pytest plugin that judges one service with the tests of a folder, and reports all verdicts."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from contract_tests.engine.configuration import ConfigurationError
from contract_tests.engine.preflight import USAGE, PreflightError
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.scheduler import Scheduler
from contract_tests.engine.selection import SelectionError
from contract_tests.engine.session import Session
from contract_tests.engine.suite import Suite
from contract_tests.report import output_file
from contract_tests.report.findings import as_text
from contract_tests.report.output_file import OutputError
from mockserver.console.credentials import CREDENTIALS, CredentialError
from mockserver.console.terminal import printable
from mockserver.http.redaction import all_hidden

SWITCH_SECONDS = 0.001  # between threads; with Python's own 5 ms answers wait for others
COLLECTED_FROM = 50_000  # new objects until garbage is collected; a run keeps nearly all that it makes
_FINDINGS = "tyk_contract_findings"  # in what a worker of pytest-xdist returns
_SESSION = pytest.StashKey[Session]()


class SuitePlugin:
    """The hooks and the fixture of the suite; a conftest registers it with the suite of its folder."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._findings: list[str] = []  # as lines

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        with _exit_on_error():
            run = self._session(session)
            if run.options.report:
                output_file.check(run.options.report)
        if run.options.unattended:
            sys.setswitchinterval(SWITCH_SECONDS)
            gc.set_threshold(COLLECTED_FROM)
            with _exit_on_error():
                run.start()

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run all tests at once if pytest reports no single ones."""
        if not self._session(session).options.unattended or session.testsfailed:
            return None
        self._scheduler(session).run_all()
        return True

    @pytest.fixture
    def scheduler(self, request: pytest.FixtureRequest) -> Scheduler:
        """The scheduler of this session; the first test that asks for it makes all of them run."""
        return self._scheduler(request.session)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        run = self._session(session)
        with _exit_on_error():
            run.finish(
                is_sound=exitstatus != pytest.ExitCode.INTERNAL_ERROR,
                is_complete=exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED),
            )
        if run.options.unattended:
            gc.freeze()  # so that the interpreter ends at once, and looks for nothing to collect

        elif texts := as_text(run.findings, "--contract-report"):
            output = getattr(session.config, "workeroutput", None)  # of a worker of pytest-xdist
            if output is None:
                self._findings = texts
            else:
                output[_FINDINGS] = texts

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the findings of the worker that judged the service for all."""
        self._findings += getattr(node, "workeroutput", {}).get(_FINDINGS, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the failures by their causes below those of single tests."""
        if self._findings:
            terminalreporter.section("findings")
            for line in self._findings:
                terminalreporter.line(printable(line))

    def _session(self, session: pytest.Session) -> Session:
        if _SESSION not in session.stash:
            try:
                options = RunOptions.from_config(session.config)
            except CredentialError:
                raise
            except ValueError as error:
                raise PreflightError(str(error), USAGE) from error
            session.stash[_SESSION] = Session(self._suite, options)
        return session.stash[_SESSION]

    def _scheduler(self, session: pytest.Session) -> Scheduler:
        with _exit_on_error():
            return self._session(session).scheduler(session.items)


@contextmanager
def _exit_on_error() -> Iterator[None]:
    """End the session with the message of a preflight, a report or a secret that cannot be used."""
    try:
        yield
    except (PreflightError, OutputError, CredentialError, SelectionError, ConfigurationError) as error:
        message = all_hidden(str(error), [os.environ.get(kind.variable, "") for kind in CREDENTIALS])
        pytest.exit(printable(message), returncode=getattr(error, "code", USAGE))
