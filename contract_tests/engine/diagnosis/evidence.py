"""The evidence of a run that failed, as detectors of causes read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from contract_tests.engine.run import Run
from contract_tests.engine.schema_judge import operation_of
from contract_tests.engine.state_signs import StateSigns
from mockserver.contract.openapi import Operation
from mockserver.http.auth import Auth
from mockserver.http.redaction import hidden

MOST = 0.5  # share of answers, or of failures, that a change is in, to be one of all
READING = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
LEAST = 3  # answers or failures that show one change
WIDER = 1.5  # times what one cause explains, from which on another one that explains more is told instead
FIRST_ERROR = 400  # status


@dataclass(frozen=True)
class Cause:
    """A cause of failures.

    Attributes:
        kind: a word for programs: "keeps-nothing".
        summary: what is wrong, in a sentence.
        explains: tells if a failure is one of this cause.
    """

    kind: str
    summary: str
    explains: Callable[[Failure], bool]


@dataclass(frozen=True)
class Evidence:
    """What a run has shown.

    Attributes:
        log: the exchanges of the run.
        signs: what a few more writes and reads have shown; None if there were none.
        passed: the ids of the behaviours that passed.
    """

    run: Run
    failures: tuple[Failure, ...]
    log: tuple[Exchange, ...]
    signs: StateSigns | None = None
    passed: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the service in sentences: "gateway"."""
        return self.run.service.name

    @cached_property
    def operations(self) -> dict[int, Operation]:
        """The operation of each exchange that reaches one, by the identity of the exchange."""
        failed = chain.from_iterable(failure.exchanges for failure in self.failures)
        found = {}
        for exchange in chain(self.log, failed):
            if operation := operation_of(self.run.contract, exchange):
                found[id(exchange)] = operation
        return found

    @cached_property
    def by_operation(self) -> dict[Operation, list[Exchange]]:
        """The exchanges of the log that have the right secret, by their operations."""
        exchanges = defaultdict(list)
        for exchange in self.of_operations:
            if self.has_right_secret(exchange):
                exchanges[self.operations[id(exchange)]].append(exchange)
        return exchanges

    @cached_property
    def of_operations(self) -> list[Exchange]:
        """The exchanges of the log that reach an operation, with any secret."""
        return [exchange for exchange in self.log if id(exchange) in self.operations]

    def has_right_secret(self, exchange: Exchange) -> bool:
        """True if a request to an operation has the secret of the run, or needs none."""
        is_secured = self.operations[id(exchange)].secured
        return not is_secured or self.secret_of(exchange) == self.run.target.auth.line[1]

    def operation_at(self, failure: Failure) -> Operation | None:
        """The operation with the wrong answer of a failure; None if it is none of the contract."""
        return self.operations.get(id(failure.at))

    def has_status(self, exchange: Exchange) -> bool:
        """True if the contract declares the status of an answer of an operation."""
        return str(exchange.status) in self._responses(self.operations[id(exchange)])

    def is_declared(self, exchange: Exchange) -> bool:
        """True if the contract declares the status and the content type of an answer of an operation."""
        content_type = exchange.header("Content-Type").partition(";")[0]
        return self.has_status(exchange) and (not content_type or self.declares(exchange, content_type))

    def declares(self, exchange: Exchange, content_type: str) -> bool:
        """True if the contract declares that an answer with this status has a content type."""
        response = self._responses(self.operations[id(exchange)]).get(str(exchange.status), {})
        return content_type in self.run.contract.resolve(response).get("content", {})

    def declares_list(self, exchange: Exchange) -> bool:
        """True if the contract declares that an answer with this status is an array."""
        response = self._responses(self.operations[id(exchange)]).get(str(exchange.status), {})
        content = self.run.contract.resolve(response).get("content", {}).get("application/json", {})
        return bool(self.run.contract.resolve(content.get("schema", {})).get("type") == "array")

    def can_succeed(self, operation: Operation) -> bool:
        """True if the contract declares an answer of an operation that is no error."""
        return any(status.startswith("2") for status in self._responses(operation))

    def _responses(self, operation: Operation) -> dict[str, Any]:
        responses = self.run.contract.definition(operation).get("responses", {})
        return {str(status): response for status, response in responses.items()}

    def secret_of(self, exchange: Exchange) -> str | None:
        """The secret that a request has; "" if it has none, None if it has several."""
        header = self.run.service.auth_header.lower()
        secrets = [value.strip() for name, value in exchange.headers if name.lower() == header]
        return secrets[0] if len(secrets) == 1 else None if secrets else ""

    def masked(self, text: str) -> str:
        """A text without the secrets of the run."""
        auth: Auth | None = self.run.target.auth
        while auth is not None:
            text, auth = hidden(text, auth.secret), auth.second
        return text


def share(part: int, whole: int) -> float:
    """A part of a whole as a number from 0 to 1; 0 of nothing."""
    return part / whole if whole else 0.0


def depends_on_state(failure: Failure) -> bool:
    """True for a test that wrote or reloaded something, as it was told."""
    return any(e.status and (e.method not in READING or "reload" in e.target) for e in failure.exchanges)
