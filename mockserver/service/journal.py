"""What was asked and answered, and what of it violates the spec. Bounded; the secret is not in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.contract.openapi import Contract, Operation
from mockserver.http.messages import Reply
from mockserver.http.redaction import hidden

MAX_ENTRIES = 1000
MAX_BODY = 64 * 1024  # bytes kept of a body
SECRET_HEADERS = {"x-tyk-authorization", "authorization", "cookie"}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    request_body: bytes
    status: int
    content_type: str
    response_body: bytes


@dataclass(frozen=True)
class Entry:
    """One exchange.

    Attributes:
        time: seconds since the epoch.
        target: as sent.
        api: the id of the API that it reached, or "" where it is the gateway's own.
        upstream: what was handed on to the API's upstream; None where nothing was.
        operation: the operationId, or "" where the request reached none.
        headers: the request's, with secrets as "***".
    """

    time: float
    target: str
    operation: str
    headers: tuple[tuple[str, str], ...]
    exchange: Exchange
    reached: tuple[Operation | None, Contract | None]
    whole: bool
    secret: str = field(repr=False)
    api: str = ""
    upstream: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls,
        exchange: Exchange,
        *,
        time: float,
        target: str,
        headers: tuple[tuple[str, str], ...],
        reached: tuple[Operation | None, Contract | None],
        secret: str,
        api: str = "",
        upstream: Mapping[str, Any] | None = None,
    ) -> Entry:
        """An entry that keeps at most `MAX_BODY` bytes of each body."""
        request, response = exchange.request_body, exchange.response_body
        whole = max(len(request), len(response)) <= MAX_BODY
        if not whole:
            exchange = replace(exchange, request_body=request[:MAX_BODY], response_body=response[:MAX_BODY])
        operation = reached[0].id if reached[0] else ""
        shown = hidden(target, secret)
        return cls(time, shown, operation, headers, exchange, reached, whole, secret, api, upstream)

    @property
    def method(self) -> str:
        """The request's method."""
        return self.exchange.method

    @property
    def path(self) -> str:
        """The request's path, unescaped."""
        return self.exchange.path

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.exchange.request_body

    @property
    def status(self) -> int:
        """The answer's status."""
        return self.exchange.status

    @property
    def violations(self) -> list[str]:
        """What it violates of the spec; judged when asked, so that recording costs nothing."""
        operation, contract = self.reached
        if self.api:
            return []  # no spec says what an API's own requests are
        if operation is None or contract is None:
            return [f"{self.method} {self.path} reached no operation of the spec"]
        if not self.whole:
            return [f"a body over {MAX_BODY} bytes is not judged"]
        judged = self.exchange
        answer = judged.status, judged.content_type, judged.response_body
        return [
            *contract.request_violations(operation, judged.request_body),
            *contract.response_violations(operation, *answer),
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
            "response": hidden(self.exchange.response_body.decode("utf-8", "replace"), self.secret),
            "violations": [hidden(text, self.secret) for text in self.violations],
            **({"api": self.api, "upstream": self.upstream} if self.api else {}),
        }


@dataclass(frozen=True)
class Asked:
    """What requests with one head have in common."""

    method: str
    path: str
    target: str
    headers: tuple[tuple[str, str], ...]
    reached: tuple[Operation | None, Contract | None]
    secret: str = field(repr=False)


Note = Entry | tuple[float, Asked, bytes, Reply]  # the latter becomes an entry when somebody looks


class Journal:
    """The newest exchanges, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Note] = deque(maxlen=MAX_ENTRIES)

    def add(self, entry: Entry) -> None:
        """Keep an exchange; the oldest makes room for it."""
        self._entries.append(entry)

    def note(self, time: float, asked: Asked, body: bytes, reply: Reply) -> None:
        """Keep an exchange whose entry is made when somebody looks."""
        item = (time, asked, body, reply)
        small = max(len(body), len(reply.body)) <= MAX_BODY
        self._entries.append(item if small else _entry(item))

    def take(self) -> list[Note]:
        """All exchanges, which are forgotten here."""
        taken = list(self._entries)
        self._entries.clear()
        return taken

    def join(self, notes: list[Note]) -> None:
        """Put exchanges that another process took in their places."""
        if notes:
            self._entries.extend(sorted([*self.take(), *notes], key=_time))

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return map(_entry, self._entries.copy())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return _entry(self._entries[index])

    def of(self, operation: str) -> list[Entry]:
        """The exchanges of one operation."""
        return [entry for entry in self if entry.operation == operation]


def _time(item: Note) -> float:
    return item.time if isinstance(item, Entry) else item[0]


def _entry(item: Note) -> Entry:
    if isinstance(item, Entry):
        return item
    time, asked, body, reply = item
    kind = dict(reply.headers).get("Content-Type", "")
    return Entry.of(
        Exchange(asked.method, asked.path, body, reply.status, kind, reply.body),
        time=time,
        target=asked.target,
        headers=asked.headers,
        reached=asked.reached,
        secret=asked.secret,
    )


def redacted(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without the secrets in them."""
    return tuple((name, "***" if name.lower() in SECRET_HEADERS else value) for name, value in headers)
