"""The form of definitions in OpenAPI form as a JSON schema; the gateway's part is in our own words.

It says what the mock checks. The gateway's own schema is longer: it has a description of each member.
"""

from __future__ import annotations

from typing import Any

from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.oas.definition import EXTENSION
from mockserver.gateway.oas.openapi_schema import openapi_schema
from mockserver.gateway.oas.shape import Shape, shape_of


def schema_of(line: str, version: GatewayVersion) -> dict[str, Any]:
    """The JSON schema of a release line of OpenAPI, 3.0 or 3.1, for a version of the gateway."""
    own = _schema(shape_of("3.0", version).members[EXTENSION])
    if line != "3.0":
        draft = "https://json-schema.org/draft/2020-12/schema"
        members = {"openapi": {"type": "string"}, "info": {}, "paths": {}, EXTENSION: own}
        return {"$schema": draft, "type": "object", "required": ["openapi", "info"], "properties": members}
    schema = openapi_schema()
    return {**schema, "properties": {**schema["properties"], EXTENSION: own}}


def _schema(shape: Shape) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "type": shape.kinds[0] if len(shape.kinds) == 1 else list(shape.kinds),
        "pattern": shape.pattern,
        "not": {"pattern": shape.never} if shape.never else None,
        "format": shape.format,
        "enum": list(shape.values),
        "required": list(shape.required),
        "minProperties": shape.least,
        "minItems": shape.least_items,
        "uniqueItems": shape.is_unique,
        "anyOf": [_schema(form) for form in shape.any_of],
        "allOf": [_schema(form) for form in shape.all_of],
        "properties": {name: _schema(member) for name, member in shape.members.items()},
        "patternProperties": {name: _schema(form) for name, form in shape.patterns.items()},
    }
    bounds = {"minimum": shape.minimum, "maximum": shape.maximum}
    forms = {"items": shape.each, "additionalProperties": shape.others}
    result = {name: value for name, value in parts.items() if value}
    result |= {name: bound for name, bound in bounds.items() if bound is not None}
    result |= {name: _schema(form) for name, form in forms.items() if form is not None}
    if shape.first is not None:
        result["items"] = [_schema(shape.first)]
    return result
