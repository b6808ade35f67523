"""Which tests of a run apply: those of the selection, the version, the profile and the configuration."""

from __future__ import annotations

from pathlib import Path

from contract_tests.engine import configuration
from contract_tests.engine.declaration import TOGETHER
from contract_tests.engine.profile import LEFT_OUT, is_slow
from contract_tests.engine.run import Run
from contract_tests.engine.running_test import RunningTest
from contract_tests.engine.selection import Selection


class Applicability:
    """The reasons why tests of one round of a run are not run."""

    def __init__(self, run: Run, selection: Selection) -> None:
        self._run = run
        self._selection = selection
        self._first_cases: dict[tuple[Path, str], str] = {}

    def why_not(self, test: RunningTest) -> tuple[str, bool]:
        """The reason why a test is not run, "" if it is; and True if the service could be judged by it."""
        run, row = self._run, test.row
        behaves_so = row.holds_for(run.version)
        hidden = configuration.why_not(row, run.configuration)
        if reason := self._selection.why_not(row):
            return reason, behaves_so and not hidden
        if not behaves_so:
            return f"{run.service.name} {run.version} does not behave so", False
        if hidden:
            return hidden, False
        if run.options.read_only and not test.declaration.reads_only:
            return "it writes, and the run is read-only", True
        if run.options.quick and self._is_left_out(test):
            return LEFT_OUT, True
        return "", True

    def _is_left_out(self, test: RunningTest) -> bool:
        """True for slow tests, and for all but one case of each other test."""
        run = self._run
        if test.declaration.phase != TOGETHER or is_slow(test.row, run.contract, run.service.resources):
            return True
        function = (test.item.path, test.item.originalname)
        first = self._first_cases.setdefault(function, test.item.nodeid)
        return first != test.item.nodeid
