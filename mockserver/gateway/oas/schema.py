"""The comparison of JSON with its form, in the words of gojsonschema, the library of the gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.gateway.oas.shape import Shape
from mockserver.golang.json_reader import Number, Object


def problems(node: Any, shape: Shape, path: tuple[str, ...]) -> Iterator[str]:
    """The differences of a node at a path from its form, a line each."""
    place = ".".join(path) or "(root)"
    if shape.kind and not is_a(node, shape.kind):
        yield f"{place}: Invalid type. Expected: {shape.kind}, given: {_kind(node)}"
        return
    if shape.pattern and not re.search(shape.pattern, node):
        yield f"{place}: Does not match pattern '{shape.pattern}'"
    if shape.values and node not in shape.values:
        listed = ", ".join(f'"{value}"' for value in shape.values)
        yield f"{place}: {place} must be one of the following: {listed}"
    if shape.first is not None and node:
        yield from problems(node[0], shape.first, (*path, "0"))
    if isinstance(node, Object):
        yield from _problems_of_members(dict(node), shape, path, place)


def _problems_of_members(
    members: dict[str, Any], shape: Shape, path: tuple[str, ...], place: str
) -> Iterator[str]:
    if len(members) < shape.least:
        yield f"{place}: Must have at least {shape.least} properties"
    missing = [f"{place}: {name} is required" for name in shape.required if name not in members]
    if missing and shape.is_choice:
        yield f"{place}: Must validate at least one schema (anyOf)"
    yield from missing
    for name, value in members.items():
        if name in shape.members:
            yield from problems(value, shape.members[name], (*path, name))
        elif shape.others is not None and re.search(shape.others_pattern, name):
            yield from problems(value, shape.others, (*path, name))
        elif shape.is_closed and not name.startswith("x-"):
            yield f"{place}: Additional property {name} is not allowed"


def is_a(node: Any, kind: str) -> bool:
    """True if a node has a type of JSON Schema."""
    return _kind(node) in (("number", "integer") if kind == "number" else (kind,))


def _kind(node: Any) -> str:
    """The type of a node in JSON Schema."""
    if isinstance(node, Object):
        return "object"
    if isinstance(node, list):
        return "array"
    if isinstance(node, Number):
        return "integer" if float(node).is_integer() else "number"
    if isinstance(node, str):
        return "string"
    return "null" if node is None else "boolean"
