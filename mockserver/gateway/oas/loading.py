"""The reading of OpenAPI documents: what has another type than OpenAPI says is no document for the gateway.

Source: the loader of kin-openapi, gateway/api.go:3588 @v5.12.0.
"""

from __future__ import annotations

import math
from typing import Any

from mockserver.gateway.oas import yaml_text
from mockserver.gateway.oas.definition import EXTENSION
from mockserver.gateway.oas.document_types import fits
from mockserver.gateway.oas.references import References, Unresolved
from mockserver.gateway.policy_merging import as_node
from mockserver.golang import json_errors, json_reader
from mockserver.golang.json_reader import Object
from mockserver.golang.scalars import ANY, Problems

MALFORMED = "request malformed"


class Refused(ValueError):
    """A document that the gateway refuses; the message is the gateway's."""


class OddExtension(Refused):
    """The gateway's part of a document is no object: a gateway panics (apidef/oas/oas.go:162 @v5.12.0)."""


def read(body: bytes) -> tuple[Object, References]:
    """The document of a body in JSON or YAML, and its references; an empty one if the body is empty or null.

    Raises:
        Refused: the body is no OpenAPI document, or a reference in it leads nowhere.
        OddExtension: the gateway's part is no object.
    """
    node = _node(body) if body.strip() else None
    if node is not None and not isinstance(node, Object):
        raise Refused(MALFORMED)
    return node or Object(), _references(node or Object())


def first_value(body: bytes) -> Object:
    """The JSON value with which a body begins, as a gateway reads it that does not take YAML.

    Raises:
        Refused: the body does not begin with an object; the message is that of encoding/json.
    """
    try:
        node, _ = json_reader.read(body)
    except json_reader.JSONSyntaxError as error:
        raise Refused(json_errors.syntax_message(body.decode("utf-8", "go-json"), error)) from error
    if not isinstance(node, Object):
        raise Refused(MALFORMED)
    return node


def check_types(node: Object) -> References:
    """The references of a document whose members have the types that OpenAPI says; they are not followed.

    Raises:
        Refused: a member has another type.
        OddExtension: the gateway's part is no object.
    """
    references = _typed(node)
    _check_extension(references)
    return references


def _node(body: bytes) -> Any:
    try:
        node, rest = json_reader.read(body)
        if not rest.strip():
            return node
    except json_reader.JSONSyntaxError:
        pass
    try:
        return as_node(_finite(yaml_text.read(body)))
    except (yaml_text.NoYaml, ValueError) as error:
        raise Refused(MALFORMED) from error


def _finite(value: Any) -> Any:
    """A value of YAML; the numbers that JSON does not have are an error."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _finite(item)
    return value


def _references(node: Object) -> References:
    references = _typed(node)
    try:
        references.check()
    except Unresolved as error:
        raise Refused(MALFORMED) from error
    _check_extension(references)
    return references


def _typed(node: Object) -> References:
    document = ANY.decode(node, None, Problems())
    if not fits("Document", document):
        raise Refused(MALFORMED)
    return References(document)


def _check_extension(references: References) -> None:
    if not isinstance(references.document.get(EXTENSION, {}), dict | None):
        raise OddExtension(MALFORMED)
