"""The answers of a Dashboard to a registration and to a ping, as gateways of each version read them.

Source: gateway/dashboard_register.go:192 @v5.14.0, and the same file @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from mockserver.contract.codecs import Codec, Malformed
from mockserver.golang import json_reader
from mockserver.golang.scalars import ANY, STRING, GoType, fold
from mockserver.golang.structs import Field, Map, Struct

REGISTERED = "registered"  # the node has an id and loads
KNOWN = "known"  # the Dashboard says that it knows the node; there is no id, and nothing is loaded
RETRY = "retry"
GIVEN_UP = "given up"


class Registration(NamedTuple):
    """What a Dashboard gave to a node."""

    node_id: str
    nonce: str


def _answer(message: GoType) -> Codec:
    return Codec(Struct([Field("Status", STRING), Field("Message", message), Field("Nonce", STRING)], [], []))


_STRICT, _LENIENT = _answer(Map(STRING)), _answer(ANY)


def codec_of(behaviours: Collection[str]) -> Codec:
    """The codec of an answer to a registration, a ping or a deregistration."""
    return _LENIENT if "node-takes-any-message" in behaviours else _STRICT


def outcome_of(status: int, body: bytes, behaviours: Collection[str]) -> tuple[str, Registration | None]:
    """What follows from the answer to a registration."""
    reads_conflicts = "node-reads-conflicts" in behaviours
    if status == 409 and not reads_conflicts:
        return KNOWN, None
    if status not in (200, 409):
        return RETRY, None
    try:
        answer = codec_of(behaviours).decode(body)
    except Malformed:
        return GIVEN_UP, None
    message = answer["Message"]
    if (status == 409 and answer["Status"] != "OK") or not isinstance(message, dict):
        return RETRY, None
    node_id = message.get("NodeID")
    if not isinstance(node_id, str) or (not node_id and "node-needs-an-id" in behaviours):
        return RETRY, None
    return REGISTERED, Registration(node_id, answer["Nonce"])


def unmarshal_error(body: bytes, behaviours: Collection[str]) -> str:
    """The error of Go's decoder for an answer to a ping that `codec_of` does not read, or a short one."""
    strict = "node-takes-any-message" not in behaviours
    try:
        node, _ = json_reader.read(body)
    except json_reader.JSONSyntaxError:
        return "invalid character in the answer"
    members = {fold(name): value for name, value in node} if isinstance(node, json_reader.Object) else {}
    message = members.get("message")
    if not strict or isinstance(message, json_reader.Object):
        return "json: cannot unmarshal the answer"
    field = "Go struct field NodeResponseOK.Message of type map[string]string"
    return f"json: cannot unmarshal {_kind(message)} into {field}"


def _kind(node: Any) -> str:
    """The name of a JSON value's kind in Go's errors."""
    if isinstance(node, json_reader.Number):
        return "number"
    return {list: "array", bool: "bool"}.get(type(node), "string")
