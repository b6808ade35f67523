"""The journal: requests and their replies, and the violations of the spec in them. It is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mockserver.contract.openapi import Contract, Operation
from mockserver.http.messages import Reply, Request
from mockserver.http.redaction import hidden

MAX_ENTRIES = 1000
MAX_BODY = 64 * 1024  # bytes of a body that are remembered
SECRET_HEADERS = {"x-tyk-authorization", "authorization", "cookie"}


@dataclass(frozen=True)
class ProxiedReply(Reply):
    """The reply of an API behind the gateway.

    Attributes:
        api: the API's id.
        upstream: the request that its upstream was sent: method, target, headers, body; None for none.
    """

    api: str = ""
    upstream: Mapping[str, Any] | None = None


class Reached(NamedTuple):
    """The operation that a request reached, and its contract; None where it reached none."""

    operation: Operation | None = None
    contract: Contract | None = None


class Entry(NamedTuple):
    """One request and its reply. Secrets are masked where it is read.

    Attributes:
        time: seconds since the epoch.
        secret: the credential that is masked.
        is_whole: False if a body was cut to `MAX_BODY` bytes.
    """

    time: float
    request: Request
    reply: Reply
    reached: Reached
    secret: str
    is_whole: bool = True

    def __repr__(self) -> str:
        return f"<Entry {self.method} {self.target} {self.status} {self.operation}>"

    @property
    def operation(self) -> str:
        """The operationId, or "" where the request reached none."""
        return self.reached.operation.id if self.reached.operation else ""

    @property
    def method(self) -> str:
        """The request's method."""
        return self.request.method

    @property
    def target(self) -> str:
        """The request's target as sent."""
        return hidden(self.request.head.target, self.secret)

    @property
    def path(self) -> str:
        """The request's path, unescaped."""
        return self.request.url.path

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The request's headers as sent, in their order, secrets as "***"."""
        return redacted(self.request.head.headers)

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.body

    @property
    def status(self) -> int:
        """The reply's status."""
        return self.reply.status

    @property
    def api(self) -> str:
        """The id of the API that the request reached, or "" where it was the service's own."""
        return self.reply.api if isinstance(self.reply, ProxiedReply) else ""

    @property
    def upstream(self) -> Mapping[str, Any] | None:
        """The request that an API's upstream was sent; None where nothing was."""
        return self.reply.upstream if isinstance(self.reply, ProxiedReply) else None

    @property
    def violations(self) -> list[str]:
        """The violations of the spec; judged when asked, so that recording costs nothing."""
        operation, contract = self.reached
        if self.api:
            return []  # no spec describes an API's own requests
        if operation is None or contract is None:
            return [f"{self.method} {self.path} reached no operation of the spec"]
        if not self.is_whole:
            return [f"a body over {MAX_BODY} bytes is not judged"]
        content_type = dict(self.reply.headers).get("Content-Type", "")
        return [
            *contract.request_violations(operation, self.request.body),
            *contract.response_violations(operation, self.reply.status, content_type, self.reply.body),
        ]

    def as_dict(self) -> dict[str, Any]:
        """The entry as the mock's own API answers it."""
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
    """The newest entries, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)

    def note(self, time: float, request: Request, reply: Reply, reached: Reached, secret: str) -> None:
        """Remember a request and its reply; the oldest entry makes room."""
        if len(request.body) <= MAX_BODY and len(reply.body) <= MAX_BODY:
            self._entries.append(Entry(time, request, reply, reached, secret))
            return
        cut = request._replace(body=request.body[:MAX_BODY])
        shortened = replace(reply, body=reply.body[:MAX_BODY])
        self._entries.append(Entry(time, cut, shortened, reached, secret, is_whole=False))

    def of(self, operation: str) -> list[Entry]:
        """The entries of one operation."""
        return [entry for entry in self if entry.operation == operation]

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.copy())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]


def redacted(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Headers with "***" for the values of those that carry secrets."""
    return tuple((name, "***" if name.lower() in SECRET_HEADERS else value) for name, value in headers)
