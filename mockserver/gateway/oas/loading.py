"""The reading of OpenAPI documents: what has another type than OpenAPI says is no document for the gateway.

Source: the loader of kin-openapi, gateway/api.go:3588 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.gateway.oas.definition import EXTENSION, METHODS
from mockserver.golang import json_reader
from mockserver.golang.json_reader import Number, Object

MALFORMED = "request malformed"


class Refused(ValueError):
    """A document that the gateway refuses; the message is the gateway's."""


def read(body: bytes, *, takes_any_part: bool = False) -> Object:
    """The document of a body; an empty one if the body is empty or null.

    With `takes_any_part` the gateway's part may have any type.

    Raises:
        Refused: the body is no OpenAPI document.
    """
    if not body.strip():
        return Object()
    try:
        node, rest = json_reader.read(body)
    except json_reader.JSONSyntaxError as error:
        raise Refused(MALFORMED) from error
    parts = {name: test for name, test in _MEMBERS.items() if name != EXTENSION or not takes_any_part}
    if rest.strip() or not (node is None or (isinstance(node, Object) and _has(parts)(node))):
        raise Refused(MALFORMED)
    return Object() if node is None else node


def is_document(node: Object) -> bool:
    """True if no member of an object has another type than OpenAPI says."""
    return _has(_MEMBERS)(node)


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not isinstance(value, Number))


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, Object)


def _is_object_of_objects(value: Any) -> bool:
    return value is None or (isinstance(value, Object) and all(_is_object(item) for _, item in value))


def _is_list_of_objects_or_nulls(value: Any) -> bool:
    is_list = isinstance(value, list) and not isinstance(value, Object)
    return value is None or (is_list and all(map(_is_object, value)))


def _is_requirement(value: Any) -> bool:
    return all(
        scopes is None
        or (isinstance(scopes, list) and not isinstance(scopes, Object) and all(map(_is_text, scopes)))
        for _, scopes in value or ()
    )


def _is_list_of_objects(value: Any) -> bool:
    return _is_list_of_objects_or_nulls(value) and None not in (value or ())


def _has(kinds: dict[str, Callable[[Any], bool]]) -> Callable[[Any], bool]:
    """A test of an object whose members have these types."""

    def test(value: Any) -> bool:
        return _is_object(value) and all(kinds[name](item) for name, item in value or () if name in kinds)

    return test


def _object_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A test of an object whose members pass a test, but for extensions, which may be anything."""

    def test_all(value: Any) -> bool:
        return _is_object(value) and all(test(item) for name, item in value or () if name[:2] != "x-")

    return test_all


def _is_paths(value: Any) -> bool:
    return _is_object(value) and all(_is_path(item) for _, item in value or ())


def _is_list_of_parameters(value: Any) -> bool:
    return _is_list_of_objects(value) and all(map(_is_parameter, value or ()))


def _is_schemes(value: Any) -> bool:
    return _is_object(value) and all(item is not None and _is_scheme(item) for _, item in value or ())


_is_parameter = _has({"name": _is_text, "in": _is_text})
_is_scheme = _has(
    {"flows": _is_object} | dict.fromkeys(("type", "in", "name", "scheme", "bearerFormat"), _is_text)
)
_is_media_type = _has({"schema": _is_object, "examples": _is_object_of_objects})
_is_response = _has({"headers": _is_object_of_objects, "content": _object_of(_is_media_type)})
_is_path = _has(
    {"parameters": _is_list_of_parameters, "servers": _is_list_of_objects}
    | {
        method: _has(
            {
                "operationId": _is_text,
                "parameters": _is_list_of_parameters,
                "responses": _object_of(_is_response),
            }
        )
        for method in METHODS
    }
)
_is_server = _has({"url": _is_text, "variables": _is_object_of_objects})
_MEMBERS: dict[str, Callable[[Any], bool]] = {
    "openapi": _is_text,
    "info": _has({"title": _is_text, "version": _is_text}),
    "paths": _is_paths,
    "components": _has({"securitySchemes": _is_schemes, "parameters": _object_of(_is_parameter)}),
    "security": lambda value: _is_list_of_objects_or_nulls(value) and all(map(_is_requirement, value or ())),
    "externalDocs": _has({"url": _is_text, "description": _is_text}),
    "servers": lambda value: _is_list_of_objects(value) and all(map(_is_server, value or ())),
    "tags": _is_list_of_objects,
    EXTENSION: _is_object,
}
