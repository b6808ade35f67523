"""A failure of a test, with the exchanges that led to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.exchange import Exchange
from contract_tests.report.verdicts import Verdict

_STATUS = re.compile(r"([1-5]\d\d)\b")


@dataclass(frozen=True)
class Failure:
    """A failure of a test.

    Attributes:
        at: the exchange with the wrong answer; by default the last one of the test, if it had any.
        exchanges: the exchanges of the test up to that one.
        body: the body that is required, if that is what differs; else None.
        members: the members that are required, if one of them differs; else None.
    """

    verdict: Verdict
    at: Exchange | None
    exchanges: tuple[Exchange, ...]
    body: str | None = None
    members: Mapping[str, Any] | None = None

    @property
    def status_expected(self) -> int:
        """The status that is required; 0 if the failure is about another thing."""
        match = _STATUS.match(self.verdict.expected)
        return int(match[1]) if match else 0

    @property
    def involved(self) -> tuple[Exchange, ...]:
        """The exchanges of the test, and the one with the wrong answer if that is not among them."""
        return self.exchanges if self.at is None or self.at in self.exchanges else (*self.exchanges, self.at)
