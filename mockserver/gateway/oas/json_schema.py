"""The form of definitions in OpenAPI form as a JSON schema, in our own words.

It says what the mock checks. The gateway's own schema is longer: it has a description of each member.
"""

from __future__ import annotations

from typing import Any

from mockserver.gateway.oas.shape import Shape, shape_of

EXTENSIONS = "^x-"


def schema_of(line: str) -> dict[str, Any]:
    """The JSON schema of a release line of OpenAPI, 3.0 or 3.1."""
    return {"$schema": "http://json-schema.org/draft-04/schema#", **_schema(shape_of(line))}


def _schema(shape: Shape) -> dict[str, Any]:
    patterns = {shape.others_pattern: shape.others} if shape.others is not None else {}
    parts: dict[str, Any] = {
        "type": shape.kind,
        "pattern": shape.pattern,
        "enum": list(shape.values),
        "required": list(shape.required),
        "minProperties": shape.least,
        "properties": {name: _schema(member) for name, member in shape.members.items()},
        "patternProperties": {pattern: _schema(other) for pattern, other in patterns.items()},
    }
    result = {name: value for name, value in parts.items() if value}
    if shape.is_closed:
        result["patternProperties"] = {**result.get("patternProperties", {}), EXTENSIONS: {}}
        result["additionalProperties"] = False
    return result
