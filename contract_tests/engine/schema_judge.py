"""The contract as judge: answers must be as the OpenAPI file declares them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.openapi_core_judge import Answered, validator
from contract_tests.engine.target import LimitReached
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.golang.json_size import MAX_VALUES, has_too_many_values
from mockserver.http.deadline import Deadline

SAMPLED_TO = 64 << 10  # bytes of an answer that openapi-core judges
MAX_MESSAGE = 1000  # characters of a violation, which may quote the answer
AnswerKind = tuple[str, int, str]  # operation, status, content type


class Violation(NamedTuple):
    """An answer that is not as the contract declares; `message` says how."""

    operation: Operation
    exchange: Exchange
    message: str


class SchemaJudge:
    """Holds answers against the contract by two validators, until the deadline of the run.

    jsonschema-rs judges every answer, in some microseconds; openapi-core judges a short one of each kind
    that passed, in 1.6 ms. A test holds the two to one verdict.
    """

    def __init__(self, contract: Contract, limit: Deadline | None = None) -> None:
        self._contract = contract
        self._limit = limit or Deadline()
        self._conform: set[tuple[AnswerKind, bytes]] = set()
        self._read = 0  # exchanges of the log
        self._violations: list[Violation] = []
        self._samples: dict[AnswerKind, tuple[Operation, Exchange, Answered]] = {}

    def violations(self, operation: Operation, exchange: Exchange) -> list[str]:
        """The violations of the operation that jsonschema-rs finds in an answer; empty if it conforms."""
        if exchange.answer is None:
            return [f"no answer: {exchange.failure}"]
        key = (kind := _kind(operation, exchange), exchange.answer.stored)
        if key in self._conform:
            return []
        body = exchange.answer.body
        if has_too_many_values(body):
            return [f"response: the body has over {MAX_VALUES} JSON values"]
        violations = self._contract.response_violations(operation, *kind[1:], body)
        if not violations:
            self._conform.add(key)
        return [violation[:MAX_MESSAGE] for violation in violations]

    def first_violation(self, exchanges: Iterable[Exchange]) -> Violation | None:
        """The first answer that is missing or not as the contract declares; None if all are as declared."""
        for exchange in exchanges:
            operation = operation_of(self._contract, exchange)
            if operation is not None:
                for message in self.violations(operation, exchange):
                    return Violation(operation, exchange, message)
        return None

    def read(self, log: Sequence[Exchange]) -> None:
        """Judge the exchanges that were appended to the log since the last call.

        Raises:
            LimitReached: the time is over; the next call goes on where this one ended.
        """
        for exchange in log[self._read :]:
            if self._limit.is_over:
                raise LimitReached("the time of this run was over before all answers were judged")
            operation = operation_of(self._contract, exchange)
            if operation is not None and exchange.answer is not None:  # the others fail their tests
                self._judge(operation, exchange)
            self._read += 1

    def prepare(self) -> None:
        """Import openapi-core, which takes a while, before the findings are asked for."""
        validator(self._contract)

    def findings(self) -> list[Violation]:
        """The violations in all exchanges read so far: those of jsonschema-rs, then those of openapi-core."""
        if not self._samples:
            return self._violations
        violation_of = validator(self._contract)
        samples = [
            Violation(operation, exchange, violation)
            for operation, exchange, answered in self._samples.values()
            if (violation := violation_of(answered))
        ]
        return [*self._violations, *samples]

    def _judge(self, operation: Operation, exchange: Exchange) -> None:
        kind, answer = _kind(operation, exchange), exchange.answer
        if violations := self.violations(operation, exchange):
            self._violations.append(Violation(operation, exchange, violations[0]))
        elif kind not in self._samples and answer is not None and len(answer.body) <= SAMPLED_TO:
            path = exchange.target.partition("?")[0]
            self._samples[kind] = (
                operation, exchange, Answered(exchange.method, path, *kind[1:], answer.body),
            )  # fmt: skip


def _kind(operation: Operation, exchange: Exchange) -> AnswerKind:
    return operation.id, exchange.status, exchange.header("Content-Type")


_NOT_AN_OPERATION = re.compile(r"//|/\.{1,2}(/|$)|/$|%2[fF]|%(?![0-9a-fA-F]{2})")


@cache
def _routes(contract: Contract) -> Routes[Operation]:
    return Routes(contract.operations.values())


def operation_of(contract: Contract, exchange: Exchange) -> Operation | None:
    """The operation that a request reaches; None if no operation has its path and method."""
    return operation_at(contract, exchange.method, exchange.target)


def operation_at(contract: Contract, method: str, target: str) -> Operation | None:
    """The operation with a method and a target; None if there is none."""
    path = target.partition("?")[0]
    if _NOT_AN_OPERATION.search(path):
        return None
    match = _routes(contract).match(method, path)
    return match.route if match else None
