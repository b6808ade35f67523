"""The scheduler runs all tests side by side, so that they share their reloads.

A real gateway answers a blocking reload on a one-second tick. A test is therefore a generator that
yields `RELOAD` where it needs one: every test runs up to there, one reload serves them all, and
each resumes. Pytest then reports the verdicts of this run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import chain

import pytest

from contract_tests.engine.applicability import Applicability
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import (
    AT_END,
    PHASES,
    NotApplicable,
    declaration_of,
)
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from contract_tests.engine.profile import LEFT_OUT
from contract_tests.engine.run import Run
from contract_tests.engine.running_test import RunningTest
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.selection import Selection
from contract_tests.engine.side_by_side import THREADS, advanced_together
from contract_tests.engine.suite import Suite
from contract_tests.engine.target import Gone, RunEnded
from contract_tests.engine.xdist import Verdicts, once
from contract_tests.report.verdicts import Status, merged
from mockserver.console.terminal import show_progress

LOOK_BACK_SECONDS = 20.0  # to judge the log of a run whose time is over
UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)  # of a test that reads an answer


class _Enough(Exception):
    """A failure was seen, and the run stops at the first."""


class Scheduler:
    """All selected tests, and their verdicts.

    Args:
        suite: the suite that the tests are of.
        run: the run that the tests belong to.
        items: the tests, as pytest collected them.
        selection: the behaviours to judge; by default all.
        until_failure: True if it stops at the first failure; tests that were not run have no verdict then.

    Attributes:
        verdicts: the verdicts by pytest's node id.
        failures: the failures, in the order in which they were seen.
        was_ended: True if the run ended before all tests were judged.
        judge: holds all answers of the run against the contract.
        exchanges: the exchanges of the tests of each behaviour.
    """

    def __init__(
        self,
        suite: Suite,
        run: Run,
        items: Sequence[pytest.Item],
        *,
        selection: Selection | None = None,
        until_failure: bool = False,
    ) -> None:
        self.run = run
        self.items = items
        self.verdicts: Verdicts = {}
        self.failures: list[Failure] = []
        self.exchanges: dict[str, list[list[Exchange]]] = {}
        self.was_ended = False
        self.judge = SchemaJudge(run.contract, run.target.limit)
        self.new_client = suite.clients(run, self.judge)
        self._selection = selection or Selection()
        self._until_failure = until_failure
        self._applicability = Applicability(run, self._selection)
        self._at_end: list[RunningTest] = []
        self._tests: list[RunningTest] = []  # those that are run, in this round
        self._is_done = False

    def report_to_pytest(self, request: pytest.FixtureRequest) -> None:
        """Report the verdict of a test to pytest; the first call runs all tests.

        Raises:
            pytest.fail, pytest.skip: as the verdict was.
        """
        if not self._is_done:
            self._is_done = True
            self.verdicts = once(request, self.run_all)
        verdict = self.verdicts.get(request.node.nodeid)
        if verdict is None:
            pytest.skip("the run ended at the first failure")
        if verdict.status is Status.NOT_APPLICABLE:
            pytest.skip(verdict.reason)
        if verdict.status is not Status.PASSED:
            pytest.fail(verdict.as_text(), pytrace=False)

    def run_all(self) -> Verdicts:
        """Run all tests, side by side, as often as the options ask for; return their verdicts."""
        rounds: list[Verdicts] = []
        with suppress(_Enough), ThreadPoolExecutor(THREADS) as threads:
            while len(rounds) < self.run.options.repeat and not self.was_ended:
                self.verdicts, self._at_end = {}, []
                self._applicability = Applicability(self.run, self._selection)
                rounds.append(self.verdicts)
                self._run_phases(threads)
        self.verdicts = merged(rounds)
        return self.verdicts

    def _run_phases(self, threads: ThreadPoolExecutor) -> None:
        tests = self._tests = [test for item in self.items if (test := self._prepared(item)) is not None]
        first, together, alone, meanwhile, last = (
            [test for test in tests if test.declaration.phase == phase] for phase in PHASES
        )
        target, is_quick = self.run.target, self.run.options.quick
        try:
            together += [test for test in first if self._advance(test)]
            if last:
                threads.submit(self.judge.prepare)
            while together := advanced_together(together, self._advance, threads):
                reloading = threads.submit(target.reload)
                if last:
                    with suppress(Exception):  # it comes again where a test asks for the findings
                        self.judge.read(target.log)
                for test in together:
                    test.resume_after(reloading.result())
            for test in self._at_end if is_quick else ():
                self._judge(test, Status.NOT_APPLICABLE, LEFT_OUT, is_left_out=True)
            self._finish(chain(alone, () if is_quick else self._at_end))
            if meanwhile:
                target.reload()  # so that no earlier plain reload is still to come
            meanwhile = [test for test in meanwhile if self._advance(test)]
            judging = threads.submit(self._finish, [test for test in last if test.declaration.reads_only])
            try:
                last = [test for test in last if not test.declaration.reads_only and self._advance(test)]
            finally:
                judging.result()
            self._finish(meanwhile)
            self._finish(last)
        except RunEnded as error:
            self.was_ended = True
            self._look_back(last)
            gone = f"the {self.run.service.name} no longer answers: {error}"
            self.give_up(gone if isinstance(error, Gone) else str(error))

    def give_up(self, reason: str) -> None:
        """Judge what has no verdict yet as an error for this reason."""
        for test in self._tests:
            if test.item.nodeid not in self.verdicts:
                self._judge(test, Status.ERROR, reason)

    def _finish(self, tests: Iterable[RunningTest]) -> None:
        """Run tests to their ends, one by one."""
        for test in tests:
            while self._advance(test):
                test.client.exchanges.append(self.run.target.reload())

    def _look_back(self, last: list[RunningTest]) -> None:
        """Judge the log up to the moment when the run ended."""
        self.run.target.limit.set(LOOK_BACK_SECONDS)
        for test in last:
            with suppress(RunEnded):
                self._advance(test)

    def _prepared(self, item: pytest.Item) -> RunningTest | None:
        declaration = declaration_of(item)
        if declaration is None:
            return None
        assert isinstance(item, pytest.Function)
        row = self.run.service.behaviours[declaration.behaviour]
        test = RunningTest(item, row, self.new_client(), declaration)
        self.exchanges.setdefault(row.id, []).append(test.client.exchanges)
        reason, is_left_out = self._applicability.why_not(test)
        if reason:
            self._judge(test, Status.NOT_APPLICABLE, reason, is_left_out=is_left_out)
            return None
        return test

    def _judge_failure(self, test: RunningTest, error: Exception) -> None:
        """Blame the service if the test stumbled over an answer, else the suite.

        A test takes members out of answers as the contract has them, so that one which stumbles over that
        has an answer of another form; on a service that conforms none does.
        """
        exchanges = test.client.exchanges
        if violation := self.judge.first_violation(exchanges):
            at = violation.exchange
            self._judge(test, Status.FAILED, expected=test.row.statement, actual=violation.message, at=at)
        elif isinstance(error, UNREADABLE) and exchanges:
            actual = f"an answer of another form ({type(error).__name__}: {error})"
            self._judge(test, Status.FAILED, expected=test.row.statement, actual=actual, at=exchanges[-1])
        else:
            self._judge(test, Status.ERROR, f"the suite failed: {type(error).__name__}: {error}")

    def _advance(self, test: RunningTest) -> bool:
        """Run a test up to its next reload; return True if it asks for one."""
        if test.item.nodeid in self.verdicts:
            return False
        try:
            token = next(test.started())
        except StopIteration:
            self._judge(test, Status.PASSED)
        except Mismatch as error:
            self._judge(
                test, Status.FAILED,
                expected=error.expected, actual=error.actual, at=error.exchange, required=error,
            )  # fmt: skip
        except NotApplicable as error:
            self._judge(test, Status.NOT_APPLICABLE, str(error))
        except RunEnded:
            raise
        except RecursionError:  # of what an answer holds; the suite itself sends and expects nothing deep
            actual = "an answer that is nested too deep to be compared"
            self._judge(test, Status.FAILED, expected=test.row.statement, actual=actual)
        except Exception as error:  # noqa: BLE001  a defect of the suite must not hide the other verdicts
            self._judge_failure(test, error)
        else:
            if token is not AT_END:
                return True
            self._at_end.append(test)
        return False

    def _judge(
        self,
        test: RunningTest,
        status: Status,
        reason: str = "",
        *,
        expected: str = "",
        actual: str = "",
        at: Exchange | None = None,
        required: Mismatch | None = None,
        is_left_out: bool = False,
    ) -> None:
        exchanges = test.client.exchanges
        if status is Status.FAILED and not (test.row.may_fail or self.run.options.strict):
            status = Status.OBSERVED
            reason = f"expected {expected}; actual {actual} (its evidence is {test.row.evidence})"
        if at is not None and at in exchanges:
            exchanges = exchanges[: exchanges.index(at) + 1]
        done = f"{len(self.verdicts) + 1} of {len(self.items)} tests, {self.run.target.reloads} reloads"
        show_progress(f"{done}: {test.row.id}")
        verdict = test.verdict(status, exchanges, reason, expected, actual)
        verdict = self.verdicts[test.item.nodeid] = replace(verdict, is_left_out=is_left_out)
        if status is Status.FAILED:
            at = at or (exchanges[-1] if exchanges else None)
            body, members = (required.body, required.members) if required else (None, None)
            self.failures.append(Failure(verdict, at, tuple(exchanges), body, members))
        if self._until_failure and status is Status.FAILED:
            raise _Enough
