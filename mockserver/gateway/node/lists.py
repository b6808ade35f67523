"""The lists of policies and APIs of a Dashboard, read as Go reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mockserver.contract.codecs import Codec, Malformed, ensure_id
from mockserver.gateway.api_definition import Api
from mockserver.golang import json_reader
from mockserver.golang.scalars import STRING, GoType, Problems
from mockserver.golang.structs import Field, Slice, Struct


class _Node(GoType):
    """A JSON value that is decoded later: its node of `json_reader`."""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        return node


def _list_of(item: GoType) -> Codec:
    """The codec of a list with its nonce."""
    return Codec(Struct([Field("Message", Slice(item)), Field("Nonce", STRING)], [], []))


_DEFINITION = Struct([Field("api_definition", _Node())], [], [])
_DEFINITIONS = _list_of(_DEFINITION)
NONCE = Codec(Struct([Field("Nonce", STRING)], [], []))  # of an answer of which nothing else is read


class CutOff(Malformed):
    """JSON that ends too early, which a gateway takes for a lost connection."""


def policies_of(body: bytes, codec: Codec, behaviours: Collection[str]) -> tuple[list[dict[str, Any]], str]:
    """The policies of an answer, and the nonce for the next request; one bad policy spoils them all.

    Members that a Dashboard adds are ignored (gateway/policy.go:196 @v5.14.0).

    Raises:
        CutOff: the body ends too early.
        Malformed: the body is no list of policies.
    """
    try:
        document = _list_of(codec.type).decode(body)
    except Malformed as error:
        if _is_cut_off(body):
            raise CutOff(error.reasons) from error
        raise
    policies: list[dict[str, Any]] = document["Message"] or []
    for policy in policies:
        for right in (policy["access_rights"] or {}).values():
            right["allowance_scope"] = ""  # no member of DBAccessDefinition (gateway/policy.go:25 @v5.14.0)
        policy["access_rights"] = policy["access_rights"] or {}
    policies = [policy for policy in policies if ensure_id(policy)]
    if "node-takes-first-of-equal-ids" in behaviours:
        unique: dict[str, dict[str, Any]] = {}
        for policy in policies:
            unique.setdefault(policy["id"], policy)
        policies = list(unique.values())
    return policies, document["Nonce"]


def apis_of(body: bytes, codec: Codec, *, segmented: bool, tags: Collection[str]) -> tuple[list[Api], str]:
    """The APIs of an answer, and the nonce for the next request; a segmented node takes those with its tags.

    Source: internal/model/merged_apis.go:46 @v5.14.0.

    Raises:
        Malformed: the body is no list of APIs.
    """
    document = _DEFINITIONS.decode(body, whole=True)
    apis = [Api.of_node(codec, item["api_definition"]) for item in document["Message"] or []]
    if segmented:
        apis = [api for api in apis if _is_in_segment(api, tags)]
    return apis, document["Nonce"]


def bare_policies_of(text: str, codec: Codec) -> list[dict[str, Any]]:
    """The policies of an array as a control plane gives it (gateway/policy.go:260 @v5.14.0).

    Raises:
        Malformed: the text is no array of policies.
    """
    return [policy for policy in _items(text, codec.type) if ensure_id(policy)]


def bare_apis_of(text: str, codec: Codec, *, segmented: bool, tags: Collection[str]) -> list[Api]:
    """The APIs of such an array; a segmented node takes those with one of its tags.

    Raises:
        Malformed: the text is no array of APIs.
    """
    apis = [Api.of_node(codec, item["api_definition"]) for item in _items(text, _DEFINITION)]
    return [api for api in apis if not segmented or _is_in_segment(api, tags)]


def _items(text: str, item: GoType) -> list[Any]:
    problems = Problems()
    try:
        node, rest = json_reader.read(text.encode("utf-8", "surrogateescape"))
    except json_reader.JSONSyntaxError as error:
        raise Malformed([str(error)]) from error
    items: list[Any] = Slice(item).decode(node, None, problems) or []
    if problems.messages or rest.strip():
        raise Malformed(problems.messages or ["more follows the array"])
    return items


def _is_in_segment(api: Api, tags: Collection[str]) -> bool:
    own = api.document.get("tags")
    return not api.document.get("tags_disabled") and isinstance(own, list) and bool(set(own) & set(tags))


def _is_cut_off(body: bytes) -> bool:
    """True if a text would have to go on to be JSON."""
    try:
        json_reader.read(body)
    except json_reader.JSONSyntaxError as error:
        rest = body.decode("utf-8", "go-json")[error.position :].strip()
        return not rest or (rest.startswith('"') and '"' not in rest[1:])
    return False
