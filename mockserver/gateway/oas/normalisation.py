"""OpenAPI documents as the gateway's library writes what it has read.

Source: the methods MarshalYAML of package openapi3 of kin-openapi.
A member with a zero value is left out, unless the library knows whether it was there, or always writes it.
"""

from __future__ import annotations

from typing import Any

from mockserver.gateway.oas.document_types import KINDS, MAPS, REFERABLE, reference
from mockserver.gateway.oas.object_checks import Panic

# What is written always, with these values if it is missing.
_ALWAYS: dict[str, dict[str, Any]] = {
    "Document": {"openapi": "", "info": None, "paths": None}, "Info": {"title": "", "version": ""},
    "License": {"name": ""}, "Discriminator": {"propertyName": ""}, "Operation": {"responses": None},
    "RequestBody": {"content": None}, "OAuthFlow": {"scopes": None}, "Server": {"url": ""},
}  # fmt: skip
# What is written unless it is null.
_POINTERS = {
    "explode", "security of Operation", "servers of Operation", "description of Response", "type of Schema",
    "minimum", "maximum", "multipleOf", "maxLength", "maxItems", "maxProperties", "minContains",
    "maxContains",
}  # fmt: skip
_ELEMENTS = {"requirements": "requirement", "texts": "text", "names": "text"}
_FOR_NULL: dict[str, Any] = {"requirement": {}, "text": "", "MediaType": {}, "PathItem": {}}  # as an element


def normalised(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose values have their types, as it is written.

    Raises:
        Panic: an element that may be a reference is null, at which a gateway fails.
    """
    result: dict[str, Any] = _written("Document", without_empty_parts(document))
    return result


def without_empty_parts(document: dict[str, Any]) -> dict[str, Any]:
    """A document without external documentation and a licence that say nothing (apidef/oas, ShouldOmit)."""
    result = dict(document)
    if _is_blank(result.get("externalDocs")):
        result.pop("externalDocs", None)
    info = result.get("info")
    if isinstance(info, dict) and _is_blank(info.get("license")):
        result["info"] = {name: value for name, value in info.items() if name != "license"}
    return result


def _is_blank(value: Any) -> bool:
    return not value or not any(value.values())


def _written(kind: str, node: Any) -> Any:
    if node is None:
        if kind in REFERABLE - {"PathItem"}:
            raise Panic
        return _FOR_NULL.get(kind)
    if kind in REFERABLE and (text := reference(node)):
        return {"$ref": text}
    element = MAPS.get(kind, kind)
    if element[:2] in ("{}", "x}"):
        return {
            name: value if element[0] == "x" and name.startswith("x-") else _written(element[2:], value)
            for name, value in node.items()
        }
    if isinstance(node, list):
        inner = kind.removeprefix("[]") if kind.startswith("[]") else _ELEMENTS.get(kind, "any")
        return [_written(inner, item) for item in node]
    return _written_object(kind, node) if kind in KINDS else node


def _written_object(kind: str, node: dict[str, Any]) -> dict[str, Any]:
    result = dict(_ALWAYS.get(kind, {}))
    for name, value in node.items():
        type_ = KINDS[kind].get(name)
        if type_ is None:
            result[name] = value
        elif name in result and value is None:
            result[name] = {} if type_.startswith("{}") else result[name]
        elif value is not None and (name in result or not _is_left_out(kind, name, type_, value)):
            result[name] = _written("Schema" if type_ == "Schema or boolean" else type_, value)
    return result


def _is_left_out(kind: str, name: str, type_: str, value: Any) -> bool:
    """True if a value that is not null is not written."""
    if name in ("exclusiveMinimum", "exclusiveMaximum"):
        return not isinstance(value, bool | int | float)
    if type_ in KINDS or type_ in ("any", "Schema or boolean"):
        return False
    return not value and name not in _POINTERS and f"{name} of {kind}" not in _POINTERS
