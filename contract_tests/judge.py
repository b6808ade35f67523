"""The spec as judge: whether an answer is one that the OpenAPI file declares."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

from contract_tests.checks import JSON, shorten
from contract_tests.exchange import Exchange
from mockserver.contract import Contract, Operation
from mockserver.contract import Exchange as Judged


class Judge:
    """openapi-core, asked about the first answer of each kind, and about all that the fast validator refuses.

    A kind is operation, status and content type. It takes 1.6 ms for a policy, jsonschema-rs some
    microseconds; a test holds the two to one verdict.
    """

    def __init__(self, contract: Contract) -> None:
        from openapi_core import Config, OpenAPI

        self._contract = contract
        self._seen: set[tuple[str, int, str]] = set()
        document = _without_extensions(contract.document)
        self._api = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))

    def violations(self, operation: Operation, exchange: Exchange) -> list[str]:
        """What the answer violates of the operation; empty when it conforms."""
        if exchange.answer is None:
            return [f"no answer: {exchange.failure}"]
        kind = (operation.id, exchange.status, exchange.header("Content-Type"))
        if kind in self._seen and not self.fast(operation, exchange):
            return []
        self._seen.add(kind)
        return self.thorough(exchange)

    def fast(self, operation: Operation, exchange: Exchange) -> list[str]:
        """What jsonschema-rs finds."""
        assert exchange.answer is not None
        content_type = exchange.header("Content-Type")
        return self._contract.response_violations(
            operation,
            Judged("", "", b"", exchange.status, content_type, exchange.answer.body),
        )

    def thorough(self, exchange: Exchange) -> list[str]:
        """What openapi-core finds."""
        from openapi_core.exceptions import OpenAPIError, SpecError

        request, response = _Request(exchange), _Response(exchange)
        try:
            self._api.validate_response(request, response)
        except SpecError:
            raise  # our fault, not the gateway's
        except OpenAPIError as error:
            return [_told(error)]
        return []


class _Request:
    """An exchange's request as openapi-core asks for it."""

    host_url = "http://localhost:8080"
    content_type = JSON

    def __init__(self, exchange: Exchange) -> None:
        from openapi_core.datatypes import RequestParameters

        self.path = exchange.target.partition("?")[0]
        self.method = exchange.method.lower()
        self.body = exchange.body
        self.parameters = RequestParameters()


class _Response:
    """An exchange's answer as openapi-core asks for it."""

    def __init__(self, exchange: Exchange) -> None:
        assert exchange.answer is not None
        self.data = exchange.answer.body
        self.status_code = exchange.status
        self.content_type = exchange.header("Content-Type")
        self.headers = dict(exchange.answer.headers)


def _told(error: BaseException) -> str:
    """An error and what caused it; openapi-core's own text fails on bodies that are not UTF-8."""
    try:
        told = str(error)
    except UnicodeDecodeError:
        told = "the body is not UTF-8"
    errors: Any = getattr(error.__cause__, "schema_errors", ()) or getattr(error, "schema_errors", ())
    details = [f"/{'/'.join(map(str, e.absolute_path))}: {shorten(e.message, 120)}" for e in errors]
    return "; ".join(details) or told


def _without_extensions(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_extensions(v) for k, v in node.items() if not str(k).startswith("x-")}
    return [_without_extensions(item) for item in node] if isinstance(node, list) else node


_NOT_AN_OPERATION = re.compile(r"//|/\.{1,2}(/|$)|/$|%2[fF]|%(?![0-9a-fA-F]{2})")


@cache
def _templates(contract: Contract) -> dict[tuple[str, int], list[tuple[list[str], Operation]]]:
    """The operations by method and number of segments, each with its segments."""
    found: dict[tuple[str, int], list[tuple[list[str], Operation]]] = defaultdict(list)
    for operation in contract.operations.values():
        segments = operation.path.strip("/").split("/")
        found[operation.method, len(segments)].append((segments, operation))
    return found


def operation_of(contract: Contract, exchange: Exchange) -> Operation | None:
    """The operation that a request reaches; None where its path or method is no operation's."""
    path = exchange.target.partition("?")[0]
    if _NOT_AN_OPERATION.search(path):
        return None
    sent = path.strip("/").split("/")
    for template, operation in _templates(contract).get((exchange.method, len(sent)), ()):
        if all(t == s or t.startswith("{") for t, s in zip(template, sent, strict=True)):
            return operation
    return None
