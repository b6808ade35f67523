"""Answers of the upstream of an MCP proxy, of which a client sees only what it may use.

Source: gateway/res_handler_mcp_list_filter.go, gateway/sse_hook_mcp_list_filter.go @v5.13.1 and @v5.14.0;
recordings mcp/primitives, mcp/methods, mcp/streams and mcp/both-lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mockserver.gateway.proxy.mcp import event_streams
from mockserver.gateway.proxy.mcp.access_lists import (
    Lists,
    denied,
    is_denied,
    rules_of_definition,
    rules_of_methods,
    rules_of_primitives,
)
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import json_reader, json_writer, raw_json
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.golang.json_size import TOO_MANY_OF_UPSTREAM, has_too_many_values
from mockserver.golang.scalars import ANY, STRING, Problems, fold
from mockserver.golang.structs import Field, Struct
from mockserver.http.messages import Reply
from mockserver.service.large_json import turn_of

_METHODS = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources"} | {
    "resources/templates/list": "resourceTemplates"
}  # and the member of the result with the list
_LISTS = {  # the kind of primitive in a list, and the member of an item with its name; in order of the search
    "tools": ("tool", "name"), "prompts": ("prompt", "name"),
    "resourceTemplates": ("resource", "uriTemplate"), "resources": ("resource", "uri"),
}  # fmt: skip
_CAPABILITIES = {  # of a server, and the methods without which a capability cannot be used
    "tools": ("tools/list", "tools/call"),
    "resources": ("resources/list", "resources/templates/list", "resources/read"),
    "prompts": ("prompts/list", "prompts/get"),
    "sampling": ("sampling/create",),
}


def filtered(context: RequestContext, reply: Reply) -> Reply:
    """The answer without what the client may not use; an answer in another form stays as it is.

    Raises:
        Rejected: it has more values, lines or names than the mock reads.
    """
    if not context.api.is_mcp:
        return reply
    headers = {name.lower(): value for name, value in reply.headers}
    text = reply.body.decode("utf-8", "surrogateescape")
    if has_too_many_values(text):
        raise Rejected(TOO_MANY_OF_UPSTREAM, 500)
    if headers.get("content-type", "").startswith(event_streams.CONTENT_TYPE):
        if "mcp-streams-follow-rights" not in context.gateway.behaviours:
            return reply
        if event_streams.has_too_many_lines(text):
            raise Rejected(event_streams.TOO_MANY_LINES, 500)
        with turn_of(text):
            changed = event_streams.rewritten(text, lambda data: _of_any_message(context, data))
    else:
        with turn_of(text):
            changed = _of_answer(context, text) or text
    if changed == text:
        return reply
    body = changed.encode("utf-8", "surrogateescape")
    framed = [
        (name, str(len(body)) if name.lower() == "content-length" else value) for name, value in reply.headers
    ]
    return replace(reply, body=body, headers=tuple(framed))


def _of_answer(context: RequestContext, text: str) -> str | None:
    """The answer to a message; None if it stays as it is."""
    method = context.message.method if context.message else ""
    if method in _METHODS:
        return _with_result(text, lambda result: _of_list(context, result, _METHODS[method]))
    if method == "initialize":
        return _with_result(text, lambda result: _of_capabilities(context, result))
    return None


def _of_any_message(context: RequestContext, text: str) -> str | None:
    """A message of a stream, which is a list if its result has one; None if it stays as it is."""

    def change(result: dict[str, str]) -> dict[str, str] | None:
        member = next((name for name in _LISTS if json_writer.quote(name) in result), None)
        return _of_list(context, result, member) if member else _of_capabilities(context, result)

    return _with_result(text, change) if '"result"' in text else None


def _of_list(context: RequestContext, result: dict[str, str], member: str) -> dict[str, str] | None:
    """The result with the items that the client may use; an item without a name stays."""
    kind, name_member = _LISTS[member]
    rules = _rules(context, kind)
    raw = result.get(json_writer.quote(member), "")
    if not rules or not raw.startswith(("[", "null")):
        return None
    items = raw_json.elements(raw) if raw != "null" else []
    names = [_text_member(item, name_member) for item in items]
    named = list(filter(None, names))
    unusable = set[str]().union(*(denied(context, lists, named) for lists in rules))
    usable = [item for item, name in zip(items, names, strict=True) if name not in unusable]
    return result | {json_writer.quote(member): f"[{','.join(usable)}]"}


def _of_capabilities(context: RequestContext, result: dict[str, str]) -> dict[str, str] | None:
    """The result of `initialize` without capabilities that have a denied method; None if there are none."""
    name = json_writer.quote("capabilities")
    if (
        not result.get(name, "").startswith("{")
        or "mcp-capabilities-follow-rights" not in context.gateway.behaviours
    ):
        return None
    rules = _rules(context, "")
    capabilities = raw_json.members(result[name])
    denied = {
        json_writer.quote(capability)
        for capability, methods in _CAPABILITIES.items()
        if any(is_denied(context, lists, method) for lists in rules for method in methods)
    }
    if not denied & capabilities.keys():
        return None
    return result | {name: _object({key: value for key, value in capabilities.items() if key not in denied})}


def _rules(context: RequestContext, kind: str) -> Sequence[Lists]:
    """The lists that are not empty for a kind of primitive, or for methods if it is ""."""
    rights = (context.session or {}).get("access_rights") or {}
    right = rights.get(context.api.id) or {}
    rules = [rules_of_primitives(right, kind) if kind else rules_of_methods(right)]
    if "mcp-lists-follow-definitions" in context.gateway.behaviours:
        rules.append(rules_of_definition(context.api.path_rules, kind))
    return [lists for lists in rules if any(lists.values())]


_ENVELOPE = Struct(
    [Field("jsonrpc", STRING), Field("id", ANY)], [], []
)  # without the parts passed on as texts


def _with_result(text: str, change: Callable[[dict[str, str]], dict[str, str] | None]) -> str | None:
    """An answer with another result, as Go encodes it; None if it stays as it is, or is no answer."""
    try:
        node, rest = json_reader.read(text.encode("utf-8", "surrogateescape"))
    except JSONSyntaxError:
        return None
    problems = Problems()
    envelope = _ENVELOPE.decode(node, _ENVELOPE.fresh(), problems)
    if problems.notes or not isinstance(node, Object) or rest.strip(json_reader.WHITE_SPACE):
        return None
    raw = {fold(json.loads(name)): value for name, value in raw_json.members(text).items()}
    if not raw.get("result", "").startswith("{"):
        return None
    changed = change(raw_json.members(raw["result"]))
    if changed is None:
        return None
    parts = {name: json_writer.write(envelope[name]) for name in ("jsonrpc", "id")}
    parts |= {"result": _object(changed)} | ({"error": raw["error"]} if "error" in raw else {})
    return "{" + ",".join(f'"{name}":{value}' for name, value in parts.items()) + "}"


def _object(members: dict[str, str]) -> str:
    """The text of an object with its members in the order of their names, as Go writes a map."""
    return "{" + ",".join(f"{name}:{members[name]}" for name in sorted(members)) + "}"


def _text_member(item: str, name: str) -> str:
    """The text of a member of an object; "" if it has none, or another value."""
    node: Any = json_reader.read(item.encode("utf-8", "surrogateescape"))[0]
    if not isinstance(node, Object):
        return ""
    value = dict(node).get(name)
    return str(value) if isinstance(value, str) and not isinstance(value, json_reader.Number) else ""
