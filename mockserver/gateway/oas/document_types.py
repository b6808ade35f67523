"""The types of OpenAPI documents, as the gateway's library reads them.

Source: the structures of package openapi3 of kin-openapi, and how they are read from JSON.
Values are those of `AnyValue`: objects are dicts, and numbers int or float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.gateway.oas.definition import METHODS

# The type of each member by kind of object. [] before a kind is a list of it, {} a map by text, and x} a map
# whose names that begin with x- may have any value.
_PLAIN: dict[str, dict[str, str]] = {
    "Document": {
        "openapi": "text", "info": "Info", "paths": "x}PathItem", "components": "Components",
        "security": "requirements", "servers": "[]Server", "tags": "[]Tag", "externalDocs": "ExternalDocs",
        "webhooks": "{}PathItem", "jsonSchemaDialect": "text",
    },
    "Info": {
        "title": "text", "summary": "text", "description": "text", "termsOfService": "text",
        "contact": "Contact", "license": "License", "version": "text",
    },
    "Contact": {"name": "text", "url": "text", "email": "text"},
    "License": {"name": "text", "url": "text", "identifier": "text"},
    "Components": {
        "schemas": "{}Schema", "parameters": "{}Parameter", "headers": "{}Header",
        "requestBodies": "{}RequestBody", "responses": "{}Response", "securitySchemes": "{}SecurityScheme",
        "examples": "{}Example", "links": "{}Link", "callbacks": "{}Callback",
    },
    "PathItem": {
        "$ref": "text", "summary": "text", "description": "text", "servers": "[]Server",
        "parameters": "[]Parameter",
        **dict.fromkeys(METHODS, "Operation"),
    },
    "Operation": {
        "tags": "texts", "summary": "text", "description": "text", "operationId": "text",
        "parameters": "[]Parameter", "requestBody": "RequestBody", "responses": "x}Response",
        "callbacks": "{}Callback", "deprecated": "boolean", "security": "requirements",
        "servers": "[]Server", "externalDocs": "ExternalDocs",
    },
    "RequestBody": {"description": "text", "required": "boolean", "content": "{}MediaType"},
    "Response": {
        "description": "text", "headers": "{}Header", "content": "{}MediaType", "links": "{}Link",
    },
    "MediaType": {
        "schema": "Schema", "example": "any", "examples": "{}Example", "encoding": "{}Encoding",
    },
    "Encoding": {
        "contentType": "text", "headers": "{}Header", "style": "text", "explode": "boolean",
        "allowReserved": "boolean",
    },
    "Example": {"summary": "text", "description": "text", "value": "any", "externalValue": "text"},
    "Link": {
        "operationRef": "text", "operationId": "text", "description": "text", "parameters": "{}any",
        "server": "Server", "requestBody": "any",
    },
    "Server": {"url": "text", "description": "text", "variables": "{}ServerVariable"},
    "ServerVariable": {"enum": "texts", "default": "text", "description": "text"},
    "Tag": {"name": "text", "description": "text", "externalDocs": "ExternalDocs"},
    "ExternalDocs": {"description": "text", "url": "text"},
    "SecurityScheme": {
        **dict.fromkeys(
            ("type", "description", "name", "in", "scheme", "bearerFormat", "openIdConnectUrl"), "text"
        ),
        "flows": "OAuthFlows",
    },
    "OAuthFlows": dict.fromkeys(
        ("implicit", "password", "clientCredentials", "authorizationCode"), "OAuthFlow"
    ),
    "OAuthFlow": {
        "authorizationUrl": "text", "tokenUrl": "text", "refreshUrl": "text", "scopes": "{}text",
    },
    "Discriminator": {"propertyName": "text", "mapping": "{}text"},
    "XML": {
        "name": "text", "namespace": "text", "prefix": "text", "attribute": "boolean", "wrapped": "boolean",
    },
    "Schema": {
        **dict.fromkeys(("title", "format", "description", "pattern"), "text"),
        **dict.fromkeys(
            ("uniqueItems", "nullable", "readOnly", "writeOnly", "allowEmptyValue", "deprecated"), "boolean"
        ),
        **dict.fromkeys(("minimum", "maximum", "multipleOf"), "number"),
        **dict.fromkeys(
            (
                "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
                "minContains", "maxContains",
            ), "count",
        ),
        **dict.fromkeys(("oneOf", "anyOf", "allOf", "prefixItems"), "[]Schema"),
        **dict.fromkeys(
            ("not", "items", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
            "Schema",
        ),
        **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), "{}Schema"),
        **dict.fromkeys(("default", "example", "const", "exclusiveMinimum", "exclusiveMaximum"), "any"),
        "type": "names", "enum": "[]any", "examples": "[]any", "required": "texts",
        "additionalProperties": "Schema or boolean", "externalDocs": "ExternalDocs", "xml": "XML",
        "discriminator": "Discriminator",
    },
}  # fmt: skip
_PARAMETER = {
    **dict.fromkeys(("name", "in", "description", "style"), "text"),
    **dict.fromkeys(("explode", "allowEmptyValue", "allowReserved", "deprecated", "required"), "boolean"),
    "schema": "Schema", "example": "any", "examples": "{}Example", "content": "{}MediaType",
}  # fmt: skip
KINDS: dict[str, dict[str, str]] = _PLAIN | {"Parameter": _PARAMETER, "Header": _PARAMETER}
KINDS["Callback"] = {}  # a map of path items, see `members`
REFERABLE = frozenset(
    {
        "Header", "Parameter", "RequestBody", "Response", "Schema", "SecurityScheme", "Example", "Link",
        "Callback", "PathItem",
    }
)  # fmt: skip
MAPS = {"Callback": "x}PathItem"}


def reference(node: Any) -> str:
    """The reference that an object is; "" if it is none."""
    target = node.get("$ref") if isinstance(node, dict) else None
    return target if isinstance(target, str) else ""


def members(kind: str, node: Any) -> Iterator[tuple[str, str, Any]]:
    """The members of a value with a type of their own: (type, name, value), in order of their names.

    A kind may be a list or a map of others, whose elements are its members. Values are not checked.
    """
    if kind.startswith("[]") and isinstance(node, list):
        yield from ((kind[2:], str(index), item) for index, item in enumerate(node))
    elif isinstance(node, dict):
        types = KINDS.get(kind, {})
        element = MAPS.get(kind, kind)
        for name in sorted(node):
            if element[:2] == "{}" or (element[:2] == "x}" and not name.startswith("x-")):
                yield element[2:], name, node[name]
            elif name in types and not (kind in REFERABLE and kind != "PathItem" and reference(node)):
                yield types[name], name, node[name]


def fits(kind: str, node: Any) -> bool:
    """True if a value of a kind, and all in it, have their types; null has each type."""
    waiting = [(kind, node)]
    while waiting:
        kind, node = waiting.pop()
        if node is None or (kind == "Schema or boolean" and isinstance(node, bool)):
            continue
        if test := _SCALARS.get(kind):
            if not test(node):
                return False
        elif not isinstance(node, list if kind.startswith("[]") else dict):
            return False
        else:
            own = "Schema" if kind == "Schema or boolean" else kind
            waiting += [(type_, value) for type_, _, value in members(own, node)]
    return True


def _is_text(node: Any) -> bool:
    return node is None or isinstance(node, str)


def _is_list_of_texts(node: Any) -> bool:
    return node is None or (isinstance(node, list) and all(map(_is_text, node)))


def _is_requirements(node: Any) -> bool:
    return isinstance(node, list) and all(
        item is None or (isinstance(item, dict) and all(map(_is_list_of_texts, item.values())))
        for item in node
    )


def _is_number(node: Any) -> bool:
    return isinstance(node, int | float) and not isinstance(node, bool)


_SCALARS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "text": _is_text,
    "boolean": lambda node: isinstance(node, bool),
    "number": _is_number,
    "count": lambda node: _is_number(node) and 0 <= node < 2**64 and node == int(node),
    "texts": _is_list_of_texts,
    "names": lambda node: _is_text(node) or _is_list_of_texts(node),
    "requirements": _is_requirements,
}
