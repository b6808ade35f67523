"""Replies to operations that have only a spec: from its examples, else from its schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.spec_files import SpecError
from mockserver.golang import json_writer
from mockserver.golang.json_size import MAX_VALUES
from mockserver.http.messages import JSON, Reply
from mockserver.service.registry import Call

_BY_TYPE: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_DEPTH = 8  # of nested schemas, for a schema may contain itself


class ExampleReplies:
    """The replies of one contract; their values are counted, for a few schemas may refer to millions.

    Raises:
        SpecError: they have more values together than `MAX_VALUES`.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._left = MAX_VALUES

    def of(self, operation: Operation) -> Callable[[Call[Any]], Reply]:
        """A handler that always returns the example of the first 2xx response of an operation."""
        responses = self._contract.definition(operation).get("responses", {})
        status = min((code for code in responses if str(code).startswith("2")), default="200")
        content = self._contract.resolve(responses.get(status, {})).get("content", {})
        if not content:
            reply = Reply(b"", int(status), ())
        else:
            media_type = JSON if JSON in content else next(iter(content))
            value = self._example(content[media_type])
            as_text = isinstance(value, str) and media_type != JSON
            body = value if as_text else json_writer.write(json.loads(json.dumps(value, default=_date)))
            reply = Reply(body.encode() + b"\n", int(status), (("Content-Type", media_type),))
        return lambda _: reply

    def _example(self, media: Mapping[str, Any]) -> Any:
        schema = media.get("schema", {})
        if "example" in media:
            return self._with_integers(schema, media["example"])
        for named in media.get("examples", {}).values():
            return self._with_integers(schema, self._contract.resolve(named).get("value"))
        return self._from_schema(schema, _DEPTH)

    def _from_schema(self, schema: Mapping[str, Any], depth: int) -> Any:
        self._count()
        schema = self._contract.resolve(schema)
        for keyword in ("example", "default"):
            if keyword in schema:
                return self._with_integers(schema, schema[keyword])
        if schema.get("enum"):
            return schema["enum"][0]
        if depth == 0:
            return None
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                return self._from_schema(schema[keyword][0], depth - 1)
        if "allOf" in schema:
            parts = [self._from_schema(part, depth - 1) for part in schema["allOf"]]
            return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
        if schema.get("type") == "array":
            return [self._from_schema(schema.get("items", {}), depth - 1)]
        if schema.get("type") == "object" or "properties" in schema:
            members = schema.get("properties", {}).items()
            return {name: self._from_schema(member, depth - 1) for name, member in members}
        return _BY_TYPE.get(schema.get("type", ""))

    def _with_integers(self, schema: Mapping[str, Any], value: Any) -> Any:
        """Convert floats to int where the schema has an integer, for YAML reads 2.592e+06 as a float."""
        self._count()
        schema = self._contract.resolve(schema)
        if isinstance(value, float) and schema.get("type") == "integer":
            return int(value)
        if isinstance(value, list):
            return [self._with_integers(schema.get("items", {}), item) for item in value]
        if isinstance(value, dict):
            members, others = schema.get("properties", {}), schema.get("additionalProperties", {})
            others = others if isinstance(others, dict) else {}
            return {
                name: self._with_integers(members.get(name, others), member) for name, member in value.items()
            }
        return value

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise SpecError(
                f"the examples of an OpenAPI file have over {MAX_VALUES:,} values; give shorter ones, or an "
                "example beside a schema that has many"
            )


def _date(value: object) -> str:
    """The text of a date, which YAML does not read as a string."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{value!r} in an example is not a JSON value")
