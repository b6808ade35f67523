"""Replies to operations that have only a spec: from its examples, else from its schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from mockserver.contract.openapi import Contract, Operation
from mockserver.golang import json_writer
from mockserver.http.messages import JSON, Reply
from mockserver.service.registry import Call

_BY_TYPE: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_DEPTH = 8  # of nested schemas, for a schema may contain itself


def example_reply(contract: Contract, operation: Operation) -> Callable[[Call[Any]], Reply]:
    """A handler that always returns the example of the first 2xx response of an operation."""
    responses = contract.definition(operation).get("responses", {})
    status = min((code for code in responses if str(code).startswith("2")), default="200")
    content = contract.resolve(responses.get(status, {})).get("content", {})
    if not content:
        reply = Reply(b"", int(status), ())
    else:
        media_type = JSON if JSON in content else next(iter(content))
        value = _example(contract, content[media_type])
        as_text = isinstance(value, str) and media_type != JSON
        body = value if as_text else json_writer.write(json.loads(json.dumps(value, default=_date)))
        reply = Reply(body.encode() + b"\n", int(status), (("Content-Type", media_type),))
    return lambda _: reply


def _example(contract: Contract, media: Mapping[str, Any]) -> Any:
    schema = media.get("schema", {})
    if "example" in media:
        return _restore_integers(contract, schema, media["example"])
    for named in media.get("examples", {}).values():
        return _restore_integers(contract, schema, contract.resolve(named).get("value"))
    return _from_schema(contract, schema, _DEPTH)


def _from_schema(contract: Contract, schema: Mapping[str, Any], depth: int) -> Any:
    schema = contract.resolve(schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return _restore_integers(contract, schema, schema[keyword])
    if schema.get("enum"):
        return schema["enum"][0]
    if depth == 0:
        return None
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            return _from_schema(contract, schema[keyword][0], depth - 1)
    if "allOf" in schema:
        parts = [_from_schema(contract, part, depth - 1) for part in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
    if schema.get("type") == "array":
        return [_from_schema(contract, schema.get("items", {}), depth - 1)]
    if schema.get("type") == "object" or "properties" in schema:
        members = schema.get("properties", {}).items()
        return {name: _from_schema(contract, member, depth - 1) for name, member in members}
    return _BY_TYPE.get(schema.get("type", ""))


def _restore_integers(contract: Contract, schema: Mapping[str, Any], value: Any) -> Any:
    """Convert floats to int where the schema has an integer, for YAML reads 2.592e+06 as a float."""
    schema = contract.resolve(schema)
    if isinstance(value, float) and schema.get("type") == "integer":
        return int(value)
    if isinstance(value, list):
        return [_restore_integers(contract, schema.get("items", {}), item) for item in value]
    if isinstance(value, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        others = others if isinstance(others, dict) else {}
        return {
            name: _restore_integers(contract, members.get(name, others), member)
            for name, member in value.items()
        }
    return value


def _date(value: object) -> str:
    """The text of a date, which YAML does not read as a string."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{value!r} in an example is not a JSON value")
