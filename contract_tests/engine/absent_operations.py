"""Groups of operations that a server may lack as a whole: keys, APIs, OAuth, organisations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache

from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.resources import Resource
from mockserver.contract.openapi import Contract, Operation

_METHODS = ("GET", "DELETE")  # of the requests that find it out, in this order
_UNKNOWN = {404, 405, 501}  # statuses of a server that has no such operation


class AbsentOperations:
    """Groups of operations that the server does not offer at all.

    A group is absent if every GET and DELETE of it is answered like a path that no server knows. A single
    operation that is missing is a defect, and so is one that answers otherwise than it should.
    """

    def __init__(
        self,
        contract: Contract,
        resources: Iterable[Resource],
        unused_name: str,
        ask: Callable[[Request], Exchange],
    ) -> None:
        self._groups = {resource.paths: _operations(contract, resource.paths) for resource in resources
                        if resource.is_optional}  # fmt: skip
        self._unused_name = unused_name
        self._answer = cache(lambda method, path: _without_path(ask(Request(method, path))))
        self._is_absent: dict[str, bool] = {}

    @property
    def not_offered(self) -> list[str]:
        """The groups that were asked for and are absent, by the beginning of their paths."""
        return sorted(group for group, is_absent in self._is_absent.items() if is_absent)

    def group_of(self, exchange: Exchange) -> str:
        """The absent group that a request was for; "" if the server offers its group."""
        if exchange.status not in _UNKNOWN:
            return ""
        path = exchange.target.partition("?")[0]
        group = next((group for group in self._groups if _is_below(path, group)), "")
        if group and group not in self._is_absent:
            self._is_absent[group] = all(
                self._is_unknown(group, operation) for operation in self._groups[group]
            )
        return group if self._is_absent.get(group) else ""

    def _is_unknown(self, group: str, operation: Operation) -> bool:
        path = re.sub(r"{\w+}", self._unused_name, operation.path)
        unknown = f"{group.rpartition('/')[0]}/{self._unused_name}"
        answer, reference = (self._answer(operation.method, target) for target in (path, unknown))
        return answer == reference and answer[0] in _UNKNOWN


def _operations(contract: Contract, group: str) -> list[Operation]:
    """The operations that find out whether a group is absent; they delete nothing but a name of the run."""
    return [
        operation
        for method in _METHODS
        for operation in contract.operations.values()
        if operation.method == method and _is_below(operation.path, group)
        if method == "GET" or "{" in operation.path
    ]


def _is_below(path: str, group: str) -> bool:
    return path == group or path.startswith(f"{group}/")


def _without_path(exchange: Exchange) -> tuple[int, bytes]:
    """Status and digest of the body of an answer, without the path in the body, which may be long."""
    body = exchange.text.replace(exchange.target, "")
    return exchange.status, hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()
