"""The short way: the hottest requests are answered on the loop, without Flask, threads or routing.

A request's head that was seen before is known by its bytes, and so is what it asks for. Whatever is
not ordinary takes the long way; a test holds the two to the same answers.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cache

from mockserver.gateway.gateway import Gateway
from mockserver.http.messages import (
    CHUNK_FROM,
    HEAD_END,
    JSON,
    BadMessage,
    Head,
    Reply,
    parse_head,
    response_bytes,
    today,
)
from mockserver.service.journal import Asked, redacted
from mockserver.service.registry import HANDLERS, Call

WRITES = frozenset({"addPolicy", "addPolicyAtPath", "updatePolicy", "deletePolicy"})
SHARING = frozenset({"previewKey"})  # what may change a policy that is loaded
MAX_KNOWN = 2000  # heads; as many are forgotten at once
MAX_HEAD = 4096  # bytes of a head that is remembered
MAX_LISTED = 200  # policies of a list that is made on the loop
_ORDINARY = re.compile(
    rb"(GET|POST|PUT|DELETE) (/tyk/policies(?:/([A-Za-z0-9_~-][A-Za-z0-9._~-]*))?|/tyk/keys/preview|/hello)"
    rb" HTTP/1\.1\r\n"
)
_HEADERS = (("Content-Type", JSON),)


@dataclass(frozen=True)
class _Plan:
    """What a head asks for."""

    head: Head
    handler: Callable[[Call], Reply]
    params: Mapping[str, str]
    reads: str  # the id of the policy that is read; "" for all else
    lists: bool
    asked: Asked


class ShortWay:
    """Answers whole requests from their bytes; None sends one the long way.

    `without` has the operationIds that it leaves to the long way: what asks another process, which may
    let the loop wait.
    """

    def __init__(self, gateway: Gateway, without: Container[str] = ()) -> None:
        self._gateway = gateway
        operations = gateway.contract.operations.values()
        self._operations = {each.shape: each for each in operations if each.id not in without}
        self._plans: dict[bytes, _Plan | None] = {}
        self._loaded = gateway.store.loaded
        self._read_before: dict[str, tuple[bytes, bytes, Reply]] = {}

    def answer(self, data: bytes) -> bytes | None:
        """The answer to one request, whole and alone in `data`."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None
        known = data[:end]
        # what stands here was let in before: its bytes have the secret in them, and a look-up by a
        # keyed hash tells nobody how much of another secret is right
        plan = self._plans[known] if known in self._plans else self._learn(known)
        if plan is None or len(data) - end - 4 != plan.head.length or not self._gateway.is_at_ease:
            return None
        if plan.reads:
            if (answer := self._read(plan)) is not None:
                return answer
        elif plan.lists and len(self._gateway.store.loaded.listed) > MAX_LISTED:
            return None
        body = data[end + 4 :]
        reply = plan.handler(Call(self._gateway, plan.params, "", body))
        self._gateway.journal.note(self._gateway.clock.now(), plan.asked, body, reply)
        if reply.headers != _HEADERS or len(reply.body) >= CHUNK_FROM:
            return response_bytes(plan.head, reply.status, list(reply.headers), reply.body, close=False)
        start = _start(reply.status)
        length = str(len(reply.body)).encode()
        return b"".join((start, today().encode(), b"\r\nContent-Length: ", length, b"\r\n\r\n", reply.body))

    def _read(self, plan: _Plan) -> bytes | None:
        """One policy: all but the date was made when it was first read after its reload."""
        loaded = self._gateway.store.loaded
        if loaded is not self._loaded:
            self._loaded = loaded
            self._read_before.clear()
        policy = loaded.by_id.get(plan.reads)
        if policy is None or not policy.policy_id:
            return None
        made = self._read_before.get(plan.reads)
        reply = policy.reply
        if made is None or made[2] is not reply:  # a session may have changed it
            answer = response_bytes(plan.head, 200, list(_HEADERS), reply.body, close=False)
            before, name, rest = answer.partition(b"Date: ")
            made = self._read_before[plan.reads] = (before + name, rest[rest.index(b"\r\n") :], reply)
        before, after, _ = made
        self._gateway.journal.note(self._gateway.clock.now(), plan.asked, b"", reply)
        return b"".join((before, today().encode(), after))

    def _learn(self, known: bytes) -> _Plan | None:
        """Find out what a head asks for, and remember it if it is ordinary."""
        if len(self._plans) >= MAX_KNOWN:
            self._plans.clear()
        plan = self._planned(known) if len(known) <= MAX_HEAD else None
        if len(known) <= MAX_HEAD:
            self._plans[known] = plan
        return plan

    def _planned(self, known: bytes) -> _Plan | None:
        match = _ORDINARY.match(known)
        config = self._gateway.config
        if match is None or HEAD_END.search(known) or config.http_server_options__max_request_body_size:
            return None
        try:
            head = parse_head(known)
        except BadMessage:
            return None
        names = {name.lower() for name, _ in head.headers}
        if head.length < 0 or "expect" in names or not head.keeps_alive:
            return None
        policy_id, path = (match[3] or b"").decode(), match[2].decode()
        secret = head.get("x-tyk-authorization").encode("latin-1")
        if path == "/hello":
            if config.health_check_endpoint_name != "hello":
                return None
        elif not hmac.compare_digest(secret, config.secret.encode()):
            return None
        operation = self._operations.get((head.method, "/tyk/policies/{}" if policy_id else path))
        if operation is None:
            return None
        headers: dict[str, str] = {}  # of several the first counts, as it does the long way
        for name, value in head.headers:
            headers.setdefault(name.title(), value)
        asked = Asked(
            head.method,
            path,
            head.target,
            redacted(list(headers.items())),
            (operation, self._gateway.contract),
            config.secret,
        )
        params = {"polID": policy_id} if policy_id else {}
        reads = policy_id if operation.id == "getPolicy" else ""
        return _Plan(head, HANDLERS[operation.id], params, reads, operation.id == "listPolicies", asked)


@cache
def _start(status: int) -> bytes:
    """An answer up to its date, as `response_bytes` writes it."""
    whole = response_bytes(Head("GET", "/", (1, 1), (), 0), status, list(_HEADERS), b"", close=False)
    return whole.partition(b"Date: ")[0] + b"Date: "
