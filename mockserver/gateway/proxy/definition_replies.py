"""Answers of an API in OpenAPI form itself, in place of those of its upstream.

Source: gateway/mw_mock_response.go:72 and apidef/oas/example.go:6 @v5.12.0; recording operations/replies.
"""

from __future__ import annotations

import re
from typing import Any

from mockserver.gateway.oas import operations
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.answer_headers import changed_answer
from mockserver.gateway.proxy.path_lists import matches, typed, valid_status
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import json_writer
from mockserver.http.answer_heads import canonical
from mockserver.http.messages import JSON, Reply

_SAMPLES = {"string": "string", "integer": 0, "number": 0, "boolean": True}  # by the type of a schema
_LONGEST = 19  # digits of a number that Go reads
_NUMBER = re.compile(r"[+-]?[0-9]+")


def answer(context: RequestContext) -> Reply | None:
    """The answer of the operation that a request is for; None if the upstream answers.

    Raises:
        Rejected: the operation has no such example.
    """
    for path, method, operation, setting in context.api.replying_operations:
        if method == context.method and _fits(context, path):
            reply: Document = setting["mockResponse"]
            if operations.is_on(reply, "fromOASExamples"):
                return _example(context, operation, reply["fromOASExamples"])
            pairs = {canonical(item["name"]): item["value"] for item in reply["headers"] or ()}
            body = reply["body"].encode("utf-8", "surrogatepass")
            headers = changed_answer(context, pairs.items(), context.url.path)
            return typed(Reply(body, valid_status(reply["code"] or 200), tuple(headers)))
    return None


def _fits(context: RequestContext, path: str) -> bool:
    """True if a path of the definition is that of the request, or its expression matches that."""
    if "replies-match-expressions" in context.gateway.behaviours:
        return matches(context, path)
    expression = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path))
    return re.fullmatch(expression, context.api.stripped(context.url.path)) is not None


def _example(context: RequestContext, operation: Document, choice: Document) -> Reply:
    """The answer that the examples or the schema of an operation give."""
    text = context.header("X-Tyk-Accept-Example-Code")
    if text and not (_NUMBER.fullmatch(text) and len(text) <= _LONGEST):
        raise _missing(f"given code {text} is not a valid integer value")
    code = int(text) if text else choice["code"] or 200
    response = _object(operation.get("responses")).get(str(code))
    if response is None:
        raise _missing(f"there is no example response for the code: {code}")
    accepted = context.header("Accept")
    kind = accepted if accepted not in ("", "*/*") else choice["contentType"] or JSON
    media = _object(_object(response).get("content")).get(kind)
    if media is None:
        raise _missing(f"there is no example response for the content type: {kind}")
    name = context.header("X-Tyk-Accept-Example-Name") or choice["exampleName"]
    headers = {
        canonical(header): _shown(_sample(_object(item).get("schema")))
        for header, item in sorted(_object(_object(response).get("headers")).items())
    }
    body = json_writer.write(_value(_object(media), name)).encode("utf-8", "surrogatepass")
    pairs = (headers | {"Content-Type": kind}).items()
    return Reply(body, valid_status(code), tuple(changed_answer(context, pairs, context.url.path)))


def _value(media: Document, name: str) -> Any:
    """The example of this name, or else the first by name; without any, a value that the schema allows."""
    if media.get("example") is not None:
        return media["example"]
    examples = _object(media.get("examples"))
    if name and examples and name not in examples:
        raise _missing(f"there is no example response for the example name: {name}")
    names = [name] if name and examples else sorted(examples)
    return _object(examples[names[0]]).get("value") if names else _sample(media.get("schema"))


def _object(value: Any) -> Document:
    """A value of the document if it is an object; an empty one for any other, as for none."""
    return value if isinstance(value, dict) else {}


def _sample(schema: Any) -> Any:
    """A value that a schema allows: its example, the first of its enumeration, or one for its type."""
    if not isinstance(schema, dict):
        return None
    if schema.get("example") is not None:
        return schema["example"]
    kind = schema.get("type")
    if kind == "object":
        members = _object(schema.get("properties"))
        return {name: _sample(members[name]) for name in sorted(members)}
    if kind == "array":
        return [_sample(schema.get("items"))]
    values = schema.get("enum")
    return values[0] if values and isinstance(values, list) else _SAMPLES.get(str(kind))


def _shown(value: Any) -> str:
    """A scalar as Go prints it."""
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _missing(reason: str) -> Rejected:
    return Rejected(f"failed to mock response: mock: {reason}", 500)
