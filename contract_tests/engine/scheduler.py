"""Run all tests side by side, so that they share their reloads.

A real gateway answers a blocking reload on a one-second tick. A test is therefore a generator that
yields `RELOAD` where it needs one: every test runs up to there, one reload serves them all, and
each goes on. What pytest then reports for a test is what came out of this.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import LATER, ORDER, TOGETHER, Case, NotApplicable, Steps, case_of
from contract_tests.engine.exchange import Exchange, masked
from contract_tests.engine.profile import LEFT_OUT, takes_its_time
from contract_tests.engine.target import Gone, Target
from contract_tests.engine.xdist import Verdicts, once
from contract_tests.gateway.client import Gateway, Options
from contract_tests.report.verdicts import Status, Trace, Verdict
from mockserver.contract.behaviours import Behaviour

SHOWN_EXCHANGES = 30  # of a behaviour, in a report
AT_A_TIME = 2  # tests; more would wait for each other, for one interpreter runs them


class _Enough(Exception):
    """A failure was seen, and no more is asked for."""


@dataclass
class _Run:
    """A test on its way."""

    item: pytest.Function
    row: Behaviour
    gateway: Gateway
    case: Case
    steps: Steps | None = None


@dataclass
class Batch:
    """All selected tests and their verdicts.

    Attributes:
        verdicts: by pytest's node id.
        until_failure: whether to stop at the first failure; tests that were not run have no verdict then.
    """

    target: Target
    options: Options
    rows: Mapping[str, Behaviour]
    items: list[pytest.Item]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    until_failure: bool = False
    _first_cases: dict[tuple[Path, str], str] = field(default_factory=dict)
    _later: list[_Run] = field(default_factory=list)
    _done: bool = False

    def tell(self, request: pytest.FixtureRequest) -> None:
        """Let pytest know how a test came out; the first to ask makes all of them run.

        Raises:
            pytest.fail, pytest.skip: as the verdict was.
        """
        if not self._done:
            self._done = True
            self.verdicts = once(request, self.run)
        verdict = self.verdicts[request.node.nodeid]
        if verdict.status is Status.NOT_APPLICABLE:
            pytest.skip(verdict.reason)
        if verdict.status is not Status.PASSED:
            pytest.fail(verdict.as_text(), pytrace=False)

    def run(self) -> Verdicts:
        """Run all tests, side by side; return their verdicts."""
        with suppress(_Enough), ThreadPoolExecutor(AT_A_TIME - 1) as threads:
            self._run_all(threads)
        return self.verdicts

    def _run_all(self, threads: ThreadPoolExecutor) -> None:
        runs = [run for item in self.items if (run := self._prepared(item)) is not None]
        first, shared, alone, meanwhile, last = (
            [run for run in runs if run.case.when == when] for when in ORDER
        )
        try:
            shared += [run for run in first if self._goes_on(run)]
            while shared := self._go_on(shared, threads):
                reloading = threads.submit(self.target.reload)
                if last:
                    with suppress(Exception):  # it comes again where a test asks for what is found
                        self.target.judge.read(self.target.log)
                for run in shared:
                    run.gateway.exchanges.append(reloading.result())
            for run in self._later if self.options.quick else ():
                self._judge(run, Status.NOT_APPLICABLE, LEFT_OUT)
            self._finish(chain(alone, () if self.options.quick else self._later))
            if meanwhile:
                self.target.reload()  # so that none that was asked for before is still to come
            meanwhile = [run for run in meanwhile if self._goes_on(run)]
            self._finish(run for run in last if run.case.reads_only)
            last = [run for run in last if self._goes_on(run)]
            self._finish(meanwhile)
            self._finish(last)
        except Gone as error:
            self._look_back(last)
            for run in runs:
                if run.item.nodeid not in self.verdicts:
                    self._judge(run, Status.ERROR, f"the gateway no longer answers: {error}")

    def _go_on(self, runs: list[_Run], threads: ThreadPoolExecutor) -> list[_Run]:
        """Run tests up to their next reloads, some at a time; those that ask for one.

        So one thinks while the gateway answers another.
        """
        waiting, asking = deque(runs), []

        def work() -> None:
            with suppress(IndexError):
                while run := waiting.popleft():
                    try:
                        if self._goes_on(run):
                            asking.append(run)
                    except BaseException:
                        waiting.clear()
                        raise

        others = [threads.submit(work) for _ in range(AT_A_TIME - 1)]
        work()
        for other in others:
            other.result()
        return asking

    def _finish(self, runs: Iterable[_Run]) -> None:
        """Run tests to their ends, one by one."""
        for run in runs:
            while self._goes_on(run):
                run.gateway.exchanges.append(self.target.reload())

    def _look_back(self, last: list[_Run]) -> None:
        """Judge what came until the gateway was gone."""
        for run in last:
            with suppress(Gone):
                self._goes_on(run)

    def _prepared(self, item: pytest.Item) -> _Run | None:
        case = case_of(item)
        if case is None:
            return None
        assert isinstance(item, pytest.Function)
        run = _Run(item, self.rows[case.behaviour], Gateway(self.target, self.options), case)
        if reason := self._why_not(run):
            self._judge(run, Status.NOT_APPLICABLE, reason)
            return None
        return run

    def _why_not(self, run: _Run) -> str:
        if not run.row.holds_for(self.options.version):
            return f"gateway {self.options.version} does not behave so"
        if self.options.read_only and not run.case.reads_only:
            return "it writes, and the run is read-only"
        if self.options.quick and self._leaves_out(run):
            return LEFT_OUT
        return ""

    def _leaves_out(self, run: _Run) -> bool:
        """What takes its time, and all but one case of each test."""
        if run.case.when != TOGETHER or takes_its_time(run.row, self.target.contract):
            return True
        test = (run.item.path, run.item.originalname)
        first = self._first_cases.setdefault(test, run.item.nodeid)
        return first != run.item.nodeid

    def _goes_on(self, run: _Run) -> bool:
        """Run a test up to its next reload; say whether it asks for one."""
        if run.item.nodeid in self.verdicts:
            return False
        try:
            if run.steps is None:
                callspec = getattr(run.item, "callspec", None)
                begun = run.case.steps(run.gateway, **(callspec.params if callspec else {}))
                run.steps = begun if inspect.isgenerator(begun) else iter(())  # type: ignore[assignment]  # an empty one
            token = next(run.steps)  # type: ignore[arg-type]  # it was set just now
        except StopIteration:
            self._judge(run, Status.PASSED)
        except Mismatch as error:
            self._judge(run, Status.FAILED, expected=error.expected, actual=error.actual, at=error.exchange)
        except NotApplicable as error:
            self._judge(run, Status.NOT_APPLICABLE, str(error))
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001  a defect of the suite must not hide the other verdicts
            self._judge(run, Status.ERROR, f"the suite failed: {type(error).__name__}: {error}")
        else:
            if token is not LATER:
                return True
            self._later.append(run)
        return False

    def _show_progress(self, run: _Run) -> None:
        """One line that is written over, where a person watches."""
        if sys.stderr.isatty():
            done = f"{len(self.verdicts) + 1} of {len(self.items)} tests, {self.target.reloads} reloads"
            print(f"\r\033[K{done}: {run.row.id}", end="", file=sys.stderr, flush=True)

    def _trace(self, exchange: Exchange) -> Trace:
        sent = "" if exchange.body is None else exchange.body.decode("utf-8", "replace")
        texts = (exchange.target, shorten(sent), shorten(exchange.text or exchange.failure))
        target, sent, answered = (masked(text, self.target.secret) for text in texts)
        return Trace(exchange.method, target, sent, exchange.status, answered)

    def _judge(
        self,
        run: _Run,
        status: Status,
        reason: str = "",
        *,
        expected: str = "",
        actual: str = "",
        at: Exchange | None = None,
    ) -> None:
        exchanges = run.gateway.exchanges
        if at is not None and at in exchanges:
            exchanges = exchanges[: exchanges.index(at) + 1]
        self._show_progress(run)
        self.verdicts[run.item.nodeid] = Verdict(
            behaviour=run.row.id,
            operation=run.row.operation,
            statement=run.row.statement,
            source=run.row.source,
            test=run.item.name,
            status=status,
            reason=masked(reason, self.target.secret),
            expected=masked(expected, self.target.secret),
            actual=masked(actual, self.target.secret),
            hint=run.row.hint if status is Status.FAILED else "",
            curl=tuple(exchange.curl for exchange in exchanges) if status is Status.FAILED else (),
            exchanges=tuple(map(self._trace, exchanges[-SHOWN_EXCHANGES:])),
        )
        if self.until_failure and status is Status.FAILED:
            raise _Enough
