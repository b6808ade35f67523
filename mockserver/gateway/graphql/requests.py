"""GraphQL requests: the members of a body, and the document in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode

from mockserver.gateway.graphql.documents import parsed
from mockserver.gateway.graphql.refusals import BadRequest
from mockserver.golang import json_errors, json_reader
from mockserver.golang.json_reader import JSONSyntaxError, Number, Object
from mockserver.golang.scalars import fold

_TEXTS = {"operationname": "operationName", "query": "query"}


@dataclass(frozen=True)
class Request:
    """A GraphQL request.

    Attributes:
        operation: the name of the operation to execute; "" if none is named.
        variables: the members of the variables as nodes of `json_reader`.
        has_array: True if the variables are an array.
    """

    document: DocumentNode
    operation: str
    variables: dict[str, Any]
    has_array: bool = False


def read_request(body: bytes) -> Request:
    """The request in a body (pkg/graphql/request.go:48 of graphql-go-tools).

    Raises:
        BadRequest: the body is empty or no JSON, or a member has a wrong type.
        InvalidQuery: the query cannot be parsed.
    """
    members = _members(body)
    variables = members.get("variables")
    return Request(
        parsed(str(members.get("query", ""))),
        str(members.get("operationName", "")),
        dict(variables) if isinstance(variables, Object) else {},
        isinstance(variables, list) and not isinstance(variables, Object),
    )


def _members(body: bytes) -> dict[str, Any]:
    members: dict[str, Any] = {}
    reason = ""
    for name, value in _object(body):
        if fold(name) == "variables":
            members["variables"] = value
        elif text := _TEXTS.get(fold(name)):
            if isinstance(value, str) and not isinstance(value, Number):
                members[text] = value
            elif value is not None:
                reason = reason or json_errors.type_message(value, "Request", text, "string")
    if reason:
        raise BadRequest(reason)
    return members


def _object(body: bytes) -> Object:
    if not body:
        raise BadRequest("the provided request is empty")
    try:
        node, rest = json_reader.read(body)
    except JSONSyntaxError as error:
        raise BadRequest(json_errors.syntax_message(body.decode("utf-8", "go-json"), error)) from None
    if rest := rest.lstrip(json_reader.WHITE_SPACE):
        raise BadRequest(json_errors.trailing_message(rest))
    if node is not None and not isinstance(node, Object):
        raise BadRequest(json_errors.type_message(node, "", "", "graphql.Request"))
    return node or Object()
