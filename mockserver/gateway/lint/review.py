"""The findings of the files that a gateway has read, for its log and for those who ask."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.rules import Level
from mockserver.golang.regexps import TooMuchWork

if TYPE_CHECKING:
    from mockserver.gateway.lint.findings import Finding
    from mockserver.gateway.lint.linter import Linter
    from mockserver.gateway.lint.reading import Reading

LOG = logging.getLogger("tyk-contract")
MOST_LINES = 50  # of warnings at once


class Review:
    """The findings of the files that one gateway has read.

    A file that is unchanged since the last review is not read again, and if all are unchanged, neither is any
    judged again. The linter is made when there is a file to read.

    Args:
        allows_any_id: the setting allow_unsafe_policy_ids.
    """

    def __init__(self, version: GatewayVersion, *, allows_any_id: bool) -> None:
        self._version = version
        self._allows_any_id = allows_any_id
        self._linter: Linter | None = None
        self._files: tuple[File, ...] = ()
        self._readings: dict[File, Reading] = {}
        self._findings: list[Finding] = []
        self._told: set[str] = set()

    def findings(self, files: Iterable[File], now: float) -> list[Finding]:
        """The findings of the files that the gateway has read."""
        files = tuple(files)
        if files != self._files:  # else the time alone has passed
            if self._linter is None:
                from mockserver.gateway.lint.linter import Linter  # here, for a mock without files needs none

                self._linter = Linter(self._version)
            read = self._linter.read
            self._readings = {file: self._readings.get(file) or read(file) for file in files}
            self._findings = []
            try:
                self._findings = self._linter.judge(
                    list(self._readings.values()), now, allows_any_id=self._allows_any_id
                )
            except TooMuchWork as error:
                LOG.warning("the files are not judged: %s", error)
            self._files = files
        return self._findings

    def news(self, warnings: Iterable[str]) -> list[str]:
        """The warnings that were not among those of the last call, each once."""
        lines = dict.fromkeys(warnings)
        new = [line for line in lines if line not in self._told]
        self._told = set(lines)
        return new


def warnings_of(findings: Iterable[Finding]) -> list[str]:
    """A line for each finding that is more than a note, errors first; a number for those beyond a limit."""
    told = [finding for finding in findings if finding.level >= Level.WARNING]
    lines = [str(finding) for finding in sorted(told, key=lambda finding: -finding.level)]
    if len(lines) > MOST_LINES:
        rest = len(lines) - MOST_LINES
        lines[MOST_LINES:] = [f"{rest} more warnings; `tyk-contract lint` shows all"]
    return lines
