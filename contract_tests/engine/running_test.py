"""A test while it runs: its client, how far it has run, and its verdict."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from contract_tests.engine.checks import shorten
from contract_tests.engine.client import ServiceClient
from contract_tests.engine.configuration import hint_of
from contract_tests.engine.declaration import Declaration, Steps
from contract_tests.engine.exchange import Exchange
from contract_tests.report.verdicts import Status, Trace, Verdict
from mockserver.contract.behaviours import Behaviour

SHOWN_EXCHANGES = 30  # of a behaviour, in a report
MAX_TEXT = 10_000  # characters of a text in a verdict, which may quote the service


@dataclass
class RunningTest:
    """A test, its client, and how far it has run.

    Attributes:
        shared_seconds: the time of the reloads that other tests share.
    """

    item: pytest.Function
    row: Behaviour
    client: ServiceClient
    declaration: Declaration
    steps: Steps | None = None
    shared_seconds: float = 0.0

    def started(self) -> Steps:
        """The steps of the test; the first call starts it."""
        if self.steps is None:
            callspec = getattr(self.item, "callspec", None)
            steps = self.declaration.function(self.client, **(callspec.params if callspec else {}))
            self.steps = steps if inspect.isgenerator(steps) else iter(())  # type: ignore[assignment]  # an empty one
        assert self.steps is not None
        return self.steps

    def resume_after(self, reload: Exchange) -> None:
        """Take part in a reload of several tests."""
        self.client.exchanges.append(reload)
        self.shared_seconds += reload.seconds

    def verdict(
        self, status: Status, exchanges: Sequence[Exchange], reason: str, expected: str, actual: str
    ) -> Verdict:
        """The verdict of the test, without the secret in its texts."""
        is_failure = status is Status.FAILED
        seconds = sum(exchange.seconds for exchange in self.client.exchanges) - self.shared_seconds
        return Verdict(
            service=self.row.service,
            behaviour=self.row.id,
            operation=self.row.operation,
            statement=self.row.statement,
            source=self.row.source,
            test=self.item.name,
            status=status,
            reason=self._shown(reason),
            expected=self._shown(expected),
            actual=self._shown(actual),
            hint=hint_of(self.row, self.client.run.configuration) if is_failure else "",
            curl=tuple(exchange.curl for exchange in exchanges) if is_failure else (),
            exchanges=tuple(map(self._trace, exchanges[-SHOWN_EXCHANGES:])),
            level=self.row.level,
            seconds=round(max(seconds, 0.0), 6),
        )

    def _shown(self, text: str) -> str:
        """A text without the secret, cut only then, for half of a secret would not be found."""
        return self.client.auth.masked(text)[:MAX_TEXT]

    def _trace(self, exchange: Exchange) -> Trace:
        sent = "" if exchange.body is None else exchange.body.decode("utf-8", "replace")
        texts = (exchange.target, shorten(sent), shorten(exchange.text or exchange.failure))
        target, sent, answered = map(self._shown, texts)
        return Trace(exchange.method, target, sent, exchange.status, answered)
