"""The journal of a mock: a bounded list of requests, replies, and their violations of the spec."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mockserver.contract.openapi import Contract, Operation
from mockserver.http.messages import Reply, Request
from mockserver.http.redaction import hidden

MAX_ENTRIES = 1000
MAX_BODY = 64 * 1024  # bytes of a body that an entry keeps
SECRET_HEADERS = {"x-tyk-authorization", "authorization", "cookie"}


@dataclass(frozen=True)
class ProxiedReply(Reply):
    """The reply to a request that the gateway proxied to an API.

    Attributes:
        api: the id of the API.
        upstream: the request sent to the upstream: method, target, headers, body; None if there was none.
    """

    api: str = ""
    upstream: Mapping[str, Any] | None = None


class Reached(NamedTuple):
    """The operation that a request reached, and its contract; None if it reached no operation."""

    operation: Operation | None = None
    contract: Contract | None = None


class Entry(NamedTuple):
    """A request and its reply; the properties mask secrets.

    Attributes:
        time: seconds since the epoch.
        request: the request, unmasked.
        reply: the reply, unmasked.
        reached: the operation and its contract.
        secret: the credential to mask.
        is_complete: False if a body was cut to `MAX_BODY` bytes.
    """

    time: float
    request: Request
    reply: Reply
    reached: Reached
    secret: str
    is_complete: bool = True

    def __repr__(self) -> str:
        return f"<Entry {self.method} {self.target} {self.status} {self.operation}>"

    @property
    def operation(self) -> str:
        """The operationId; "" if the request reached no operation."""
        return self.reached.operation.id if self.reached.operation else ""

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.request.method

    @property
    def target(self) -> str:
        """The target of the request as sent, with the secret masked."""
        return hidden(self.request.head.target, self.secret)

    @property
    def path(self) -> str:
        """The unescaped path of the request."""
        return self.request.url.path

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the request as sent, in their order; secrets are "***"."""
        return redacted(self.request.head.headers)

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return self.request.body

    @property
    def status(self) -> int:
        """The status of the reply."""
        return self.reply.status

    @property
    def api(self) -> str:
        """The id of the API that the request was proxied to; "" for a request to the service itself."""
        return self.reply.api if isinstance(self.reply, ProxiedReply) else ""

    @property
    def upstream(self) -> Mapping[str, Any] | None:
        """The request sent to the upstream of an API; None if there was none."""
        return self.reply.upstream if isinstance(self.reply, ProxiedReply) else None

    @property
    def violations(self) -> list[str]:
        """The violations of the spec, computed at each access so that recording is cheap."""
        operation, contract = self.reached
        if self.api:
            return []  # no spec describes the requests of an API
        if operation is None or contract is None:
            return [f"{self.method} {self.path} reached no operation of the spec"]
        if not self.is_complete:
            return [f"a body over {MAX_BODY} bytes is not validated"]
        content_type = dict(self.reply.headers).get("Content-Type", "")
        return [
            *contract.request_violations(operation, self.request.body),
            *contract.response_violations(operation, self.reply.status, content_type, self.reply.body),
        ]

    def as_dict(self) -> dict[str, Any]:
        """The entry as the mock's own API returns it, with secrets masked."""
        return {
            "time": self.time,
            "method": self.method,
            "target": self.target,
            "operation": self.operation,
            "headers": {name: hidden(value, self.secret) for name, value in self.headers},
            "body": hidden(self.body.decode("utf-8", "replace"), self.secret),
            "status": self.status,
            "response": hidden(self.reply.body.decode("utf-8", "replace"), self.secret),
            "violations": [hidden(text, self.secret) for text in self.violations],
            **({"api": self.api, "upstream": self.upstream} if self.api else {}),
        }


class Journal:
    """The latest entries, oldest first, at most `MAX_ENTRIES`."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)

    def note(self, time: float, request: Request, reply: Reply, reached: Reached, secret: str) -> None:
        """Add an entry; the oldest one is removed if the journal is full."""
        if len(request.body) <= MAX_BODY and len(reply.body) <= MAX_BODY:
            self._entries.append(Entry(time, request, reply, reached, secret))
            return
        cut_request = request._replace(body=request.body[:MAX_BODY])
        cut_reply = replace(reply, body=reply.body[:MAX_BODY])
        self._entries.append(Entry(time, cut_request, cut_reply, reached, secret, is_complete=False))

    def of(self, operation: str) -> list[Entry]:
        """The entries of one operation."""
        return [entry for entry in self if entry.operation == operation]

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.copy())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]


def redacted(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Headers with "***" as the value of those that have secrets."""
    return tuple((name, "***" if name.lower() in SECRET_HEADERS else value) for name, value in headers)
