"""Patches of a mock's answers: changes of an answer, changes of a policy's member, and their occasions.

Only the process of a mutant imports this module.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mockserver.golang import json_writer
from mockserver.http.messages import Reply, Request
from mockserver.mutation.mutant import AnswerPatch
from mockserver.service import registry
from mockserver.service.journal_parts import ProxiedReply
from mockserver.service.reached import Reached
from mockserver.service.registry import Call
from mockserver.serving import dispatcher

LARGE = 2000  # bytes of an answer, or characters of a policy's text
_OTHER_STATUS = {
    200: 201, 301: 302, 400: 422, 401: 403, 403: 401, 404: 400, 405: 501, 422: 400, 500: 502, 503: 500,
}  # fmt: skip


def _with_body(reply: Reply, value: Any) -> Reply:
    return replace(reply, body=json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")


def _with_members(reply: Reply, change: Callable[[list[tuple[str, Any]]], list[tuple[str, Any]]]) -> Reply:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return reply
    return _with_body(reply, dict(change(list(value.items())))) if isinstance(value, dict) else reply


def _with_headers(reply: Reply, *headers: tuple[str, str]) -> Reply:
    names = {name for name, _ in headers}
    return replace(reply, headers=(*(header for header in reply.headers if header[0] not in names), *headers))


ANSWERS: dict[str, Callable[[Reply], Reply]] = {
    "another status": lambda reply: replace(reply, status=_OTHER_STATUS[reply.status]),
    "the first member dropped": lambda reply: _with_members(reply, lambda items: items[1:]),
    "the last member dropped": lambda reply: _with_members(reply, lambda items: items[:-1]),
    "a member renamed": lambda reply: _with_members(reply, lambda items: [("Key", items[0][1]), *items[1:]]),
    "a member added": lambda reply: _with_members(reply, lambda items: [*items, ("extra", True)]),
    "members in another order": lambda reply: _with_members(reply, lambda items: items[::-1]),
    "a letter changed": lambda reply: replace(reply, body=reply.body.replace(b"e", b"a", 1)),
    "the newline dropped": lambda reply: replace(reply, body=reply.body.rstrip(b"\n")),
    "spaces added": lambda reply: replace(reply, body=reply.body.replace(b'":', b'": ')),
    "the body cut": lambda reply: replace(reply, body=reply.body[: len(reply.body) * 2 // 3]),
    "no body": lambda reply: replace(reply, body=b""),
    "another content type": lambda reply: _with_headers(
        reply, ("Content-Type", "application/json; charset=utf-8")
    ),
    "no content type": lambda reply: _with_headers(reply, ("Content-Type", "")),
    "a header added": lambda reply: _with_headers(reply, ("X-Powered-By", "tyk")),
    "the connection closed": lambda reply: _with_headers(reply, ("Connection", "close")),
}

_ZERO: dict[type, Any] = {str: "", bool: False, int: 0, float: 0.0, list: [], dict: {}}


def _off_by_one(value: Any) -> Any:
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, (int, float)) else value


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(list(value.items())[:-1])
    return value[:-1] if isinstance(value, (str, list)) else value


FIELDS: dict[str, Callable[[Any], Any]] = {
    "zeroed": lambda value: _ZERO.get(type(value)),
    "nulled": lambda _: None,
    "off by one": _off_by_one,
    "cut": _cut,
    "reversed": lambda value: value[::-1] if isinstance(value, (str, list)) else value,
    "as text": lambda value: str(value) if isinstance(value, (int, float)) else value,
    "empty for null": lambda value: [] if value is None else value,
}

WHEN: dict[str, Callable[[int, int], bool]] = {  # by the number of earlier calls and the size of the answer
    "always": lambda calls, size: True,
    "on each second call": lambda calls, size: calls % 2 == 1,
    "when it is large": lambda calls, size: size > LARGE,
}


def install(patch: AnswerPatch, service: str) -> None:
    """Apply the patch to the mock of a service in this process."""
    if patch.field:
        _FIELD_PATCHES[service](_FieldPatch(patch))
    else:
        _install_answer(patch)


def _install_answer(patch: AnswerPatch) -> None:
    original = dispatcher.Dispatcher._reply
    calls = iter(range(10**9))

    def _reply(self: dispatcher.Dispatcher, request: Request, blocking: bool) -> tuple[Reply, Reached]:
        reply, reached = original(self, request, blocking)
        has_reached = reached.operation and not reached.is_refused
        operation = reached.operation.id if has_reached and reached.operation else "none"
        applies = (patch.operation, patch.status) == (operation, reply.status)
        if applies and not isinstance(reply, ProxiedReply) and WHEN[patch.when](next(calls), len(reply.body)):
            return ANSWERS[patch.how](reply), reached
        return reply, reached

    dispatcher.Dispatcher._reply = _reply  # type: ignore[method-assign]  # a mutant is a patch


class _FieldPatch:
    """A patch of a member of policies, with what it remembers of earlier answers."""

    def __init__(self, patch: AnswerPatch) -> None:
        self._patch = patch
        self._path = patch.field.split("/")
        self._state = threading.local()
        self._values: dict[Any, Any] = {}
        self._reads: Counter[str] = Counter()

    def apply(self, output: Any, policy_id: str) -> None:
        """Change the member of a policy in an answer, if the patch applies to this one."""
        patch = self._patch
        calls = self._reads[policy_id]
        self._reads[policy_id] += 1
        if patch.operation and patch.operation != getattr(self._state, "operation", ""):
            return
        if WHEN[patch.when](calls, len(json_writer.write(output))):
            _change_field(output, self._path, patch.how, policy_id, self._values)

    def note(self, service: str, operation: str) -> None:
        """Have the handler of an operation note that it is the one that answers."""
        handler = registry.HANDLERS[service, operation]

        def answer(call: Call[Any]) -> Reply:
            self._state.operation = operation
            return handler.answer(call)

        registry.HANDLERS[service, operation] = handler._replace(answer=answer)


def _patch_gateway(patch: _FieldPatch) -> None:
    from mockserver.gateway import handlers, loaded_policies

    def text_of(loaded: loaded_policies.LoadedPolicy) -> bytes:
        output = loaded.codec.type.output(loaded.policy)
        patch.apply(output, loaded.policy["id"])
        return json_writer.write(output).encode()

    for operation in ("getPolicy", "listPolicies"):
        patch.note(handlers.SERVICE, operation)
    loaded_policies.LoadedPolicy.text = property(text_of)  # type: ignore[assignment,method-assign]  # a mutant is a patch


def _patch_dashboard(patch: _FieldPatch) -> None:
    from mockserver.dashboard import handlers
    from mockserver.dashboard.policy_forms import Form

    original = Form.document

    def document(self: Form, policy: dict[str, Any]) -> Any:
        output = json.loads(json_writer.write(original(self, policy)))  # a copy of nested members too
        patch.apply(output, policy["_id"])
        return output

    for operation in ("getPolicy", "listPolicies", "searchPolicies"):
        patch.note(handlers.SERVICE, operation)
    Form.document = document  # type: ignore[method-assign]  # a mutant is a patch


_FIELD_PATCHES = {"gateway": _patch_gateway, "dashboard": _patch_dashboard}


def _change_field(output: Any, path: list[str], how: str, policy_id: str, values: dict[Any, Any]) -> None:
    for number, (parent, key) in enumerate(_places(output, path)):
        value = parent[key]
        if how == "dropped":
            del parent[key]
        elif how == "renamed":
            names = list(parent)
            items = [(f"{name}_" if name == key else name, parent[name]) for name in names]
            parent.clear()
            parent.update(items)
        elif how == "stale":
            parent[key] = values.setdefault((policy_id, number), value)
        elif how == "shared":
            parent[key], values[number] = values.get(number, value), value
        else:
            parent[key] = FIELDS[how](value)


def _places(node: Any, path: list[str]) -> Iterator[tuple[Any, Any]]:
    """Every place that the path names, as parent and key; `*` is any key or index."""
    first, *rest = path
    if isinstance(node, dict):
        keys: list[Any] = list(node) if first == "*" else [first] if first in node else []
    elif isinstance(node, list) and first == "*":
        keys = list(range(len(node)))
    else:
        keys = []
    for key in keys:
        if rest:
            yield from _places(node[key], rest)
        else:
            yield node, key
