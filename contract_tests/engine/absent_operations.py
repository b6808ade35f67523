"""Families of operations that a server may lack as a whole: keys, APIs, OAuth, organisations."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from contract_tests.engine.exchange import Exchange
from mockserver.contract.openapi import Contract, Operation

CORE = ("/tyk/policies", "/tyk/reload")  # what every one has
_ASKED = ("GET", "DELETE")  # of what nobody has; in this order
_UNKNOWN = {404, 405, 501}  # statuses that may say that there is nothing of the kind


class Families:
    """Which families the gateway lacks: it answers each of their operations as it does any path of nobody's.

    A single operation that is missing is a defect, and so is one that answers otherwise than it should.
    """

    def __init__(self, contract: Contract, nobody: str, ask: Callable[[str, str], Exchange]) -> None:
        self._nobody = nobody  # a name that nothing has
        self._answer = cache(lambda method, path: _told(ask(method, path)))
        self._lacks: dict[str, bool] = {}
        self._operations: dict[str, list[Operation]] = {}
        for method in _ASKED:
            for operation in contract.operations.values():
                family = _family(operation.path)
                if operation.method == method and family and family not in CORE:
                    self._operations.setdefault(family, []).append(operation)

    @property
    def lacking(self) -> list[str]:
        """Those that were asked for and are not there, by how their paths begin."""
        return sorted(family for family, lacks in self._lacks.items() if lacks)

    def lacks(self, exchange: Exchange) -> str:
        """The family that a request was for, if the gateway lacks it; "" otherwise."""
        family = _family(exchange.target)
        if exchange.status not in _UNKNOWN or family not in self._operations:
            return ""
        if family not in self._lacks:
            self._lacks[family] = all(map(self._is_unknown, self._operations[family]))
        return family if self._lacks[family] else ""

    def _is_unknown(self, operation: Operation) -> bool:
        known = re.sub(r"{\w+}", self._nobody, operation.path)
        answers = [self._answer(operation.method, path) for path in (known, f"/tyk/{self._nobody}")]
        return answers[0] == answers[1] and answers[0][0] in _UNKNOWN


def _family(target: str) -> str:
    """The beginning of an operation's path; "" for a path of another kind."""
    segments = target.partition("?")[0].split("/")
    return "/".join(segments[:3]) if segments[:2] == ["", "tyk"] and len(segments) > 2 else ""


def _told(exchange: Exchange) -> tuple[int, str]:
    """Status and body, the path in it left out."""
    return exchange.status, exchange.text.replace(exchange.target, "")
