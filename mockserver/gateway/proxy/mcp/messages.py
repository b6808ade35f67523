"""Messages of JSON-RPC 2.0 to an MCP proxy, their routes, and errors in the form of JSON-RPC.

A message goes through the middleware chain of its proxy once for the path of the request, then once for the
internal path of its method, and then once for that of its primitive: a tool, a resource or a prompt.
Source: gateway/mw_jsonrpc.go, internal/mcp/router.go @v5.13.1; recordings mcp/messages and mcp/refusals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.gateway.oas.path_rules import CALLS, METHOD_PATH, PRIMITIVE_PATHS
from mockserver.golang import json_reader, json_writer
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.golang.scalars import ANY, STRING, GoType, Problems
from mockserver.golang.structs import Field, Struct
from mockserver.http.messages import JSON, Reply

VERSION = "2.0"
MOST_CHARACTERS = 8192  # of a method or a primitive's name, which is held against many expressions
_PARAMETERS = {"tool": "name", "resource": "uri", "prompt": "name"}  # with the name of a primitive, by kind
INVALID_REQUEST, INVALID_PARAMS = -32600, -32602
UNREADABLE = (-32700, "parse error")
_CODES = {  # of errors by the status of the answer (internal/jsonrpc/errors/mapper.go:33 @v5.13.1)
    400: INVALID_REQUEST, 401: -32001, 403: -32002, 404: -32601, 405: INVALID_REQUEST, 429: -32003,
    502: -32004, 503: -32004, 504: -32004,
}  # fmt: skip
_SERVER_ERROR, _INTERNAL_ERROR = -32000, -32603  # of other statuses
_ABSENT = object()


class BadMessage(Exception):
    """A body is no message that can be routed; holds the code and text of the error, and the id."""

    def __init__(self, code: int, text: str, identifier: Any = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.identifier = identifier

    @property
    def reply(self) -> Reply:
        """The answer of the gateway."""
        return _error_reply(self.identifier, {"code": self.code, "message": self.text}, 400, end="\n")


class _Raw(GoType):
    """A json.RawMessage, as its node; `_ABSENT` if there is none."""

    zero = _ABSENT

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        return node


_REQUEST = Struct(
    [Field("jsonrpc", STRING), Field("method", STRING), Field("params", _Raw()), Field("id", ANY)], [], []
)


@dataclass(frozen=True)
class Message:
    """A message that can be routed.

    Attributes:
        identifier: the id, with numbers as float64; None without an id.
        kind: the kind of its primitive, a key of `PRIMITIVE_PATHS`; "" without a primitive.
        name: the name of the primitive, which is the URI of a resource; "" without one.
        paths: the internal paths that it passes, in order.
    """

    method: str
    identifier: Any
    kind: str
    name: str
    paths: tuple[str, ...]

    def error(self, text: str, status: int) -> Reply:
        """The answer to the message if the request is refused with this status."""
        code = _CODES.get(status, _INTERNAL_ERROR if status >= 500 else _SERVER_ERROR)
        error = {"code": code, "message": text, "data": {"http_code": status}}
        return _error_reply(self.identifier, error, status)


def read(body: bytes, resources: Collection[str], operations: Mapping[str, str]) -> Message:
    """The message in a body.

    Args:
        body: the body of a request.
        resources: the URIs in the definition of the proxy, which may end with `/*`.
        operations: the paths in the definition, by the method of JSON-RPC that each stands for.

    Raises:
        BadMessage: the body is not JSON, or no message of JSON-RPC, or has no name of a primitive, or too
            long a one.
    """
    try:
        node, rest = json_reader.read(body)
    except JSONSyntaxError:
        raise BadMessage(*UNREADABLE) from None
    problems = Problems()
    request = _REQUEST.decode(node, _REQUEST.fresh(), problems)
    if rest.strip(json_reader.WHITE_SPACE) or problems.notes:
        raise BadMessage(*UNREADABLE)
    method, identifier = request["method"], request["id"]
    if request["jsonrpc"] != VERSION or not method:
        raise BadMessage(INVALID_REQUEST, "invalid request", identifier)
    _check_length(method, identifier)
    path = operations.get(method, METHOD_PATH + method)
    if method not in CALLS:
        return Message(method, identifier, "", "", (path,))
    kind = CALLS[method]
    name = _text_of(request["params"], _PARAMETERS[kind], identifier)
    _check_length(name, identifier)
    target = _pattern_of(name, resources) if kind == "resource" else name
    return Message(method, identifier, kind, name, (path, PRIMITIVE_PATHS[kind] + target))


def _check_length(name: str, identifier: Any) -> None:
    if len(name) > MOST_CHARACTERS:
        text = f"this mock routes no name of over {MOST_CHARACTERS} characters"
        raise BadMessage(INVALID_PARAMS, text, identifier)


def _text_of(params: Any, name: str, identifier: Any) -> str:
    """The text of a parameter.

    Raises:
        BadMessage: there are no parameters, or this one is missing, empty or no text.
    """
    if params is _ABSENT:
        raise BadMessage(INVALID_PARAMS, "missing required params object", identifier)
    problems = Problems()
    plain = ANY.decode(params, None, problems)
    if problems.notes or not (params is None or isinstance(params, Object)):
        raise BadMessage(INVALID_PARAMS, "invalid params: expected object", identifier)
    if name not in (plain or {}):
        raise BadMessage(INVALID_PARAMS, f"missing required parameter: {name}", identifier)
    if not isinstance(plain[name], str) or not plain[name]:
        raise BadMessage(INVALID_PARAMS, "invalid params", identifier)
    return str(plain[name])


def _pattern_of(uri: str, patterns: Collection[str]) -> str:
    """The longest pattern with `/*` at its end that a URI begins with; the URI itself if there is none."""
    if uri in patterns:
        return uri
    fitting = [pattern for pattern in patterns if pattern.endswith("/*") and uri.startswith(pattern[:-1])]
    return max(fitting, key=len, default=uri)


def _error_reply(identifier: Any, error: Mapping[str, Any], status: int, end: str = "") -> Reply:
    document = {"jsonrpc": VERSION, "error": error, "id": identifier}
    return Reply((json_writer.write(document) + end).encode(), status, (("Content-Type", JSON),))
