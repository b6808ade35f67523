"""openapi-core as a judge of answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from contract_tests.engine.checks import shorten
from mockserver.contract.openapi import Contract

SHOWN_ERRORS = 10  # of one answer


@dataclass(frozen=True)
class Answered:
    """An answer, and the request that it answers; the path is without a query."""

    method: str
    path: str
    status: int
    content_type: str
    body: bytes


_GRAPHQL = "application/graphql-response+json"  # which openapi-core would compare as bytes


@cache
def validator(contract: Contract) -> Callable[[Answered], str]:
    """A function that returns the violation of the contract in an answer; "" if the answer conforms.

    The first call imports openapi-core, which takes 0.4 s; each answer takes some milliseconds.
    """
    with _without_iri_grammars():
        from openapi_core import Config, OpenAPI
        from openapi_core.exceptions import OpenAPIError, SpecError

    document = _without_extensions(contract.document)
    config = Config(spec_validator_cls=None, extra_media_type_deserializers={_GRAPHQL: _read_json})
    api = OpenAPI.from_dict(document, config=config)
    host_url = next((server["url"] for server in document.get("servers", ())), "")

    def violation(answered: Answered) -> str:
        try:
            api.validate_response(_Request(answered, host_url), _Response(answered))
        except SpecError:
            raise  # our fault, not the gateway's
        except OpenAPIError as error:
            return _message(error)
        return ""

    return violation


@contextmanager
def _without_iri_grammars() -> Iterator[None]:
    """Keep jsonschema from importing rfc3987-syntax, if a user has it, for a with block.

    Its import compiles 38 grammars in 1.3 s, which check the format "iri"; no contract of ours uses it.
    """
    is_loaded = "rfc3987_syntax" in sys.modules
    if not is_loaded:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # an import raises ImportError
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules["rfc3987_syntax"]


def _read_json(body: bytes, **_: str) -> Any:
    return json.loads(body)


class _Request:
    """A request in the form that openapi-core reads."""

    content_type = "application/json"
    body = None

    def __init__(self, answered: Answered, host_url: str) -> None:
        from openapi_core.datatypes import RequestParameters

        self.host_url = host_url
        self.path = answered.path
        self.method = answered.method.lower()
        self.parameters = RequestParameters()


class _Response:
    """An answer in the form that openapi-core reads."""

    def __init__(self, answered: Answered) -> None:
        self.data = answered.body
        self.status_code = answered.status
        self.content_type = answered.content_type
        self.headers = {"Content-Type": answered.content_type}


def _message(error: BaseException) -> str:
    """The text of an error and its causes; `str` of openapi-core's own raises on a body that is not UTF-8."""
    try:
        message = str(error)
    except UnicodeDecodeError:
        message = "the body is not UTF-8"
    errors: Any = getattr(error.__cause__, "schema_errors", ()) or getattr(error, "schema_errors", ())
    shown = islice(errors, SHOWN_ERRORS)
    details = [f"/{'/'.join(map(str, e.absolute_path))}: {shorten(e.message, 120)}" for e in shown]
    return "; ".join(details) or message or type(error).__name__


def _without_extensions(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_extensions(v) for k, v in node.items() if not str(k).startswith("x-")}
    return [_without_extensions(item) for item in node] if isinstance(node, list) else node
