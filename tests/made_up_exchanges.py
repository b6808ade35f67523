"""Made-up exchanges and failures of a run, for tests of what is seen in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from contract_tests.engine.diagnosis.evidence import Cause, Evidence
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.state_signs import StateSigns
from contract_tests.gateway.service import GATEWAY
from contract_tests.report.verdicts import Status, Verdict
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version
from mockserver.http.client import Answer

SECRET = "causes-secret"
HEADER = ("X-Tyk-Authorization", SECRET)
JSON = ("Content-Type", "application/json")
LIST, ONE = "/tyk/policies", "/tyk/policies/p1"


@contextmanager
def made_up_exchanges() -> Iterator[Exchanges]:
    """Exchanges of a run on a gateway that nothing is sent to."""
    options = RunOptions(url="http://127.0.0.1:9", secret=SECRET)
    run = Run.open(GATEWAY, options, Contract.load(default_version()))
    try:
        yield Exchanges(run)
    finally:
        run.close()


class Exchanges:
    """Makes exchanges of a run, and what detectors read; `run` is that run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def of(
        self,
        method: str = "GET",
        target: str = LIST,
        status: int = 200,
        text: str = "[]\n",
        *headers: tuple[str, str],
        sent: tuple[tuple[str, str], ...] = (HEADER,),
        failure: str = "",
    ) -> Exchange:
        """An exchange; with a failure it has no answer."""
        answer = None if failure else Answer.of(status, headers or (JSON,), text.encode())
        return Exchange(
            method, target, sent, None, answer, failure, False, "http://127.0.0.1:9", self.run.target.auth
        )

    def evidence(
        self, log: Sequence[Exchange], *failures: Failure, signs: StateSigns | None = None, **values: Any
    ) -> Evidence:
        """The evidence of a run with this log; each exchange of it is one failure unless some are given."""
        return Evidence(self.run, failures or tuple(map(failed, log)), tuple(log), signs, **values)


def failed(
    exchange: Exchange, behaviour: str = "id-required", expected: str = "", body: str | None = None
) -> Failure:
    """A failure at an exchange, which is the only one of its test."""
    verdict = Verdict(
        "gateway",
        behaviour,
        "addPolicy",
        "s",
        "x.go:1",
        "test",
        Status.FAILED,
        expected=expected,
        actual=exchange.text,
    )
    return Failure(verdict, exchange, (exchange,), body)


def with_status(exchange: Exchange, status: int) -> Exchange:
    """The exchange with another status."""
    assert exchange.answer is not None
    return replace(exchange, answer=replace(exchange.answer, status=status))


def told(causes: Any) -> list[tuple[str, str]]:
    """The kinds and the sentences of causes."""
    return [(cause.kind, cause.summary) for cause in causes]


def only(causes: Iterable[Cause]) -> Cause:
    """The one cause that a detector sees."""
    (cause,) = causes
    return cause
