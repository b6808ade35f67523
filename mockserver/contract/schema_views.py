"""Views of a schema: of responses that the gateway writes, of requests that it reads, and as JSON Schema.

The spec file describes each Go struct once. A response has all members that are not omitted when zero,
and no others. A request may omit any member, send null for it, and have additional members.
"""

from __future__ import annotations

import json
from typing import Any

from mockserver.golang import json_reader
from mockserver.golang.scalars import Problems
from mockserver.golang.structs import go_type

_BITS = {"int32": 31, "int64": 63}  # by format, without the sign
REQUEST_SUFFIX = "Sent"  # of the names of request schemas


def expand(raw: dict[str, Any]) -> dict[str, Any]:
    """The document with both views of each schema; unchanged if it describes no Go structs."""
    schemas = raw.get("components", {}).get("schemas", {})
    if not any("x-omit" in str(schema) for schema in schemas.values()):
        return raw
    document = {**raw, "components": {**raw["components"]}}
    views = {name: response_schema(schema) for name, schema in schemas.items()}
    views |= {
        name + REQUEST_SUFFIX: request_schema(schema)
        for name, schema in schemas.items()
        if "example" in schema
    }
    document["components"]["schemas"] = views
    document["components"]["responses"] = _responses(raw["components"]["responses"], schemas)
    document["paths"] = {path: _path_item(item, schemas) for path, item in raw["paths"].items()}
    return document


def _path_item(item: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    plain = dict(item)
    for key, operation in item.items():
        if isinstance(operation, dict) and "responses" in operation:
            plain[key] = {**operation, "responses": _responses(operation["responses"], schemas)}
            if "requestBody" in operation:
                plain[key]["requestBody"] = request_schema(operation["requestBody"])
    return plain


def _responses(node: Any, schemas: dict[str, Any]) -> Any:
    """Responses with their examples in the form that the gateway writes."""
    if not isinstance(node, dict):
        return node
    if "schema" in node and "example" in node:
        return {**node, "example": _response_example(node["example"], node["schema"], schemas)}
    return {key: _responses(value, schemas) for key, value in node.items()}


def _response_example(example: Any, schema: Any, schemas: dict[str, Any]) -> Any:
    """The response of a gateway to which this example was written."""
    kind = go_type(schema, schemas)
    node, _ = json_reader.read(json.dumps(example).encode())
    return kind.output(kind.decode(node, kind.fresh(), Problems()))


def response_schema(schema: Any) -> Any:
    """The view of responses: members are required unless omitted when zero, and no others are allowed."""
    if isinstance(schema, list):
        return [response_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    view = {key: value if key == "example" else response_schema(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        required = [name for name, member in schema["properties"].items() if not member.get("x-omit")]
        if required:
            view["required"] = required
        view["additionalProperties"] = False
        view.pop("example", None)  # it is an example of a request
    return view


def request_schema(schema: Any) -> Any:
    """The view of requests: any member may be null or missing, and other members are allowed.

    References lead to request schemas too.
    """
    if isinstance(schema, list):
        return [request_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"] + REQUEST_SUFFIX}
    view = {
        key: value if key in ("example", "examples") else request_schema(value)
        for key, value in schema.items()
        if key != "additionalProperties" or value is not False
    }
    if schema.get("x-go") == "object-id":
        oid = {"type": "object", "required": ["$oid"], "properties": {"$oid": {"type": "string"}}}
        text = {"type": "string", "nullable": True, "pattern": "^([0-9a-fA-F]{24})?$"}
        return {"anyOf": [text, oid]}
    if isinstance(schema.get("type"), str):
        view["nullable"] = True
    return view


def as_json_schema(node: Any) -> Any:
    """The schema as JSON Schema, which has other keywords for `nullable` and for the formats of integers."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("type") == "integer" and node.get("format") in _BITS:
        bits = _BITS[node["format"]]
        plain = {"minimum": -(1 << bits), "maximum": (1 << bits) - 1, **plain}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        plain["type"] = [node["type"], "null"]
    return plain


def with_references_into(document: str, node: Any) -> Any:
    """The schema with its references within the document led into the document of that URI."""
    if isinstance(node, list):
        return [with_references_into(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    led = {key: with_references_into(document, value) for key, value in node.items()}
    if isinstance(reference := node.get("$ref"), str) and reference.startswith("#/"):
        led["$ref"] = document + reference
    return led
