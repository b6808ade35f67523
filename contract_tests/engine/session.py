"""A session: the suite under pytest, from the start of a mock to the report."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract_tests.engine import preflight, response_times
from contract_tests.engine.mock_process import SECRET, MockProcess
from contract_tests.engine.preflight import DetectedVersion
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.scheduler import Scheduler
from contract_tests.engine.selection import Selection
from contract_tests.engine.signals import Interruption
from contract_tests.engine.suite import Suite
from contract_tests.engine.target import RunEnded
from contract_tests.report import output_file, verdicts
from contract_tests.report.coverage import Coverage
from contract_tests.report.findings import Finding
from contract_tests.report.json import as_json
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.console.terminal import show_error, show_progress
from mockserver.contract.versions import package_version
from mockserver.http.deadline import CLEANUP_SECONDS, Deadline


class Session:
    """One session of pytest that judges one service.

    Attributes:
        options: the user's settings.
        findings: the failures by their causes, once the session is finished.
    """

    def __init__(self, suite: Suite, options: RunOptions) -> None:
        self.options = options
        self._suite = suite
        self._service = suite.service
        self._started = 0.0
        self._resources = ExitStack()
        self._detected: DetectedVersion | None = None
        self._mock: MockProcess | None = None
        self._run: Run | None = None
        self._scheduler: Scheduler | None = None
        self.findings: tuple[Finding, ...] = ()
        self._is_interrupted = False
        self._coverage: Coverage | None = None
        self._limit = Deadline()  # of all requests
        self._interruption = Interruption(self._limit, self._name_remains)

    def start(self) -> None:
        """Start the processes that take their time: they work while the tests are collected.

        Raises:
            PreflightError: the version is unknown.
        """
        if self._started:
            return
        self._started = time.monotonic()
        self._limit.set(self.options.max_time)
        self._interruption.install(is_child=self.options.unattended)
        if self.options.url:
            return
        self._detected = preflight.of_mock(self._service, self.options.version)
        if not self.options.quick:
            self._suite.prepare(self._detected.version)
        mock = MockProcess(self._suite.mock_program, str(self._detected.version))
        self._mock = self._resources.enter_context(mock)

    def scheduler(self, items: Sequence[pytest.Item]) -> Scheduler:
        """The scheduler of the session; the first call makes it, with these tests.

        Raises:
            PreflightError: the service cannot be judged.
            SelectionError: a pattern selects nothing.
        """
        if self._scheduler is None:
            chosen = Selection.of(self.options, self._service)
            self._run = self._opened()
            if self.options.seed:
                items = random.Random(self.options.seed).sample(items, len(items))  # noqa: S311  an order
            self._scheduler = Scheduler(
                self._suite, self._run, items, selection=chosen, until_failure=self.options.exit_first
            )
        return self._scheduler

    def _opened(self) -> Run:
        self.start()
        options, service = self.options, self._service
        if self._mock is not None:
            second = service.second_of_mock
            options = replace(options, url=self._mock.url, secret=SECRET, second=second)
        else:
            self._detected = preflight.look(
                service,
                options.url,
                options.secret,
                options.version,
                timeout=options.timeout,
                settings=options.connection,
            )
        assert self._detected is not None
        contract = service.contract(self._detected.version)
        run = Run.open(
            service, options, contract,
            scheme=self._detected.scheme, told=self._detected.told,
            timeout=options.timeout, limit=self._limit,
        )  # fmt: skip
        self._resources.callback(run.close)
        return run

    def finish(self, *, is_sound: bool, is_complete: bool = True) -> None:
        """Remove all that the run wrote, and write the report unless pytest itself failed.

        Args:
            is_sound: True unless pytest itself failed.
            is_complete: True if the run was not interrupted, so that there is time for more requests.

        Raises:
            OutputError: the report cannot be written.
        """
        if not self._started:
            return
        show_progress("")
        self._is_interrupted = not is_complete
        if is_complete:
            self.findings = self._diagnosed()
            self._coverage = self._measured()
        self._interruption.begin_cleanup(CLEANUP_SECONDS)
        with self._resources:
            leftovers = self._leftovers()
        if not is_complete:
            self.findings = self._diagnosed()
        if is_sound:
            self._write_report(leftovers)
        self._interruption.uninstall()

    def _diagnosed(self) -> tuple[Finding, ...]:
        """The failures of the run by their causes; an interrupted run sends nothing more to find them."""
        if self._scheduler is None or not (self._scheduler.failures or self._scheduler.was_ended):
            return ()
        from contract_tests.engine.diagnosis.of_run import diagnosed  # it takes its time to import

        return diagnosed(self._scheduler, may_ask=not self._is_interrupted)

    def _measured(self) -> Coverage | None:
        """What the run has seen of the contract, if the options ask for it."""
        if self._scheduler is None or not self.options.coverage:
            return None
        from contract_tests.engine.coverage import measured  # as above

        return measured(self._scheduler)

    def _leftovers(self) -> list[str]:
        if self._run is None:
            return []
        try:
            return self._run.cleanup.finish()
        except RunEnded:
            return self._run.cleanup.remains()

    def _name_remains(self) -> None:
        """Name what is left behind by a process that is about to end."""
        self._is_interrupted = True
        remains = self._run.cleanup.remains() if self._run is not None else []
        if self.options.unattended:
            self._write_report(remains)  # the command reads it
        elif remains:
            show_error(f"could not remove: {', '.join(remains)}")

    def _write_report(self, leftovers: list[str]) -> None:
        if self.options.report and self._scheduler is not None:
            report = self._report(self._scheduler, tuple(leftovers))
            output_file.write(self.options.report, as_json(report, indent=None))

    def _report(self, scheduler: Scheduler, leftovers: tuple[str, ...]) -> Report:
        assert self._detected is not None
        if self._is_interrupted:
            scheduler.give_up("the run was interrupted")
        run, rows = scheduler.run, self._service.behaviours
        order = {name: place for place, name in enumerate(rows)}
        judged = [
            scheduler.verdicts[item.nodeid] for item in scheduler.items if item.nodeid in scheduler.verdicts
        ]
        worst = verdicts.by_behaviour(sorted(judged, key=lambda verdict: order[verdict.behaviour]))
        findings = self.findings
        if in_time := response_times.verdict(run):
            worst = (*worst, in_time)
            findings += (response_times.finding(in_time),) if in_time.status is Status.FAILED else ()
        return Report(
            service=self._service.name,
            url=run.target.url,
            gateway=str(self._detected.version),
            version_source=self._detected.source,
            suite=package_version("not installed"),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._started, 3),
            reloads=run.target.reloads,
            verdicts=worst + tuple(self._without_a_test({verdict.behaviour for verdict in worst})),
            profile=self.options.profile,
            profile_note=self._suite.quick_note if self.options.profile == "quick" else "",
            leftovers=leftovers,
            gone=run.target.gone,
            not_offered=tuple(run.absent_operations.not_offered),
            connection_notes=(*self.options.connection.notes, *filter(None, [run.target.pacer.note])),
            findings=findings,
            observations=(*response_times.observations(run), *filter(None, [run.target.retried_note])),
            coverage=self._coverage,
        )

    def _without_a_test(self, judged: set[str]) -> Iterator[Verdict]:
        """The verdicts of rows that recordings alone can show, or that were not reached."""
        for row in self._service.behaviours.values():
            if not row.has_test:
                yield Verdict(
                    row.service, row.id, row.operation, row.statement, row.source, "", Status.NOT_APPLICABLE,
                    "it shows only under a configuration of its own; recordings hold it", level=row.level,
                )  # fmt: skip
            elif row.id not in judged and self.options.exit_first:
                yield Verdict(
                    row.service, row.id, row.operation, row.statement, row.source, "", Status.NOT_APPLICABLE,
                    "the run ended at the first failure", level=row.level, is_left_out=True,
                )  # fmt: skip
