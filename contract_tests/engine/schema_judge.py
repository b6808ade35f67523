"""The spec as judge: whether an answer is one that the OpenAPI file declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.openapi_core_judge import Answered, Checker
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes

Kind = tuple[str, int, str]  # operation, status, content type


class Violation(NamedTuple):
    """An answer of an operation that is not as the spec declares."""

    operation: Operation
    exchange: Exchange
    told: str


class Judge:
    """jsonschema-rs, asked about every answer once; openapi-core, about a short one of each kind that passed.

    That takes 1.6 ms for a policy, jsonschema-rs some microseconds; a test holds the two to one verdict.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._conform: set[tuple[Kind, bytes]] = set()
        self._read = 0  # exchanges of the log
        self._found: list[Violation] = []
        self._thorough: Checker | None = None
        self._asked: dict[Kind, tuple[Operation, Exchange]] = {}

    def begin(self) -> None:
        """Load what takes its time, while others are judged."""
        self._thorough = self._thorough or Checker(str(self._contract.version))

    def violations(self, operation: Operation, exchange: Exchange) -> list[str]:
        """What jsonschema-rs finds that the answer violates of the operation; empty when it conforms."""
        if exchange.answer is None:
            return [f"no answer: {exchange.failure}"]
        known = (kind := _kind(operation, exchange), exchange.answer.stored)
        if known in self._conform:
            return []
        found = self._contract.response_violations(operation, *kind[1:], exchange.answer.body)
        if not found:
            self._conform.add(known)
        return found

    def read(self, log: Sequence[Exchange]) -> None:
        """Hold all that came in since the last time against the spec."""
        for exchange in log[self._read :]:
            operation = operation_of(self._contract, exchange)
            if operation is not None and exchange.answer is not None:  # whoever sent the others has told it
                self._hold(operation, exchange)
            self._read += 1

    def found(self) -> list[Violation]:
        """What was found wrong with what was read, by either."""
        if self._thorough is None:
            return self._found
        told = zip(self._asked.values(), self._thorough.told(), strict=True)
        return [*self._found, *(Violation(*asked, violation) for asked, violation in told if violation)]

    def close(self) -> None:
        """Let go of what was loaded."""
        if self._thorough is not None:
            self._thorough.close()

    def _hold(self, operation: Operation, exchange: Exchange) -> None:
        kind, answer = _kind(operation, exchange), exchange.answer
        if violations := self.violations(operation, exchange):
            self._found.append(Violation(operation, exchange, violations[0]))
        elif kind not in self._asked and answer is not None and not answer.is_packed:
            self.begin()
            assert self._thorough is not None
            self._asked[kind] = operation, exchange
            path, body = exchange.target.partition("?")[0], answer.body.decode("latin-1")
            self._thorough.ask(Answered(exchange.method, path, *kind[1:], body))


def _kind(operation: Operation, exchange: Exchange) -> Kind:
    return operation.id, exchange.status, exchange.header("Content-Type")


_NOT_AN_OPERATION = re.compile(r"//|/\.{1,2}(/|$)|/$|%2[fF]|%(?![0-9a-fA-F]{2})")


@cache
def _routes(contract: Contract) -> Routes[Operation]:
    return Routes(contract.operations.values())


def operation_of(contract: Contract, exchange: Exchange) -> Operation | None:
    """The operation that a request reaches; None where its path or method is no operation's."""
    path = exchange.target.partition("?")[0]
    if _NOT_AN_OPERATION.search(path):
        return None
    match = _routes(contract).match(exchange.method, path)
    return match.route if match else None
