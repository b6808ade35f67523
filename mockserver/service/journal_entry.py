"""An entry of the journal: a request, its reply, and their violations of the spec, with secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mockserver.contract.openapi import Contract, Operation
from mockserver.golang.urls import Url
from mockserver.http.messages import HEADER_BYTES, Reply, Request
from mockserver.http.redaction import all_hidden

MAX_PART = 64 * 1024  # bytes of a target, of all headers together, and of a body that an entry keeps
LONGEST_FORM = 40  # bytes that one byte of a secret takes at most in a text, escaped several times
SECRET_HEADERS = {"x-tyk-authorization", "authorization", "proxy-authorization", "cookie", "admin-auth"}

Headers = tuple[tuple[str, str], ...]
Secrets = tuple[str, ...]


class ProxiedRequest(NamedTuple):
    """A request that was sent to the upstream of an API, unmasked; its headers are by name in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ProxiedReply(Reply):
    """The reply to a request that the gateway proxied to an API.

    Attributes:
        api: the id of the API.
        upstream: the request sent to the upstream; None if there was none.
    """

    api: str = ""
    upstream: ProxiedRequest | None = None


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
        secrets: the credentials to mask.
        number: its position among all that were noted since the journal was cleared, from 1.
        size: the bytes that the entry counts in the journal.
        is_complete: False if some part was cut.
    """

    time: float
    request: Request
    reply: Reply
    reached: Reached
    secrets: Secrets
    number: int = 0
    size: int = 0
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
        return self._shown_part(self.request.method)

    @property
    def target(self) -> str:
        """The target of the request as sent."""
        return self._shown_part(self.request.head.target)

    @property
    def path(self) -> str:
        """The unescaped path of the request."""
        return self._shown_part(self.request.url.path)

    @property
    def headers(self) -> Headers:
        """The headers of the request as sent, in their order; secrets are "***"."""
        return self._shown_headers(self.request.head.headers)

    @property
    def body(self) -> bytes:
        """The body of the request."""
        text = self._shown_text(self.request.body, "surrogateescape")
        return text.encode("utf-8", "surrogateescape")

    @property
    def status(self) -> int:
        """The status of the reply."""
        return self.reply.status

    @property
    def api(self) -> str:
        """The id of the API that the request was proxied to; "" for a request to the service itself."""
        return self._shown(self.reply.api) if isinstance(self.reply, ProxiedReply) else ""

    @property
    def upstream(self) -> Mapping[str, Any] | None:
        """The request sent to an upstream: method, target, headers, body; None if there was none."""
        sent = self.reply.upstream if isinstance(self.reply, ProxiedReply) else None
        if sent is None:
            return None
        headers = tuple((name.title(), value) for name, value in sent.headers.items())
        return {
            "method": self._shown_part(sent.method),
            "target": self._shown_part(sent.target),
            "headers": dict(self._shown_headers(headers)),
            "body": self._shown_text(sent.body),
        }

    @property
    def violations(self) -> list[str]:
        """The violations of the spec, computed at each access so that recording is cheap."""
        operation, contract = self.reached
        if self.api:
            return []  # no spec describes the requests of an API
        if operation is None or contract is None:
            return [f"{self.method} {self.path} reached no operation of the spec"]
        if not self.is_complete:
            return [f"a request or reply with more than {MAX_PART} bytes in a part is not validated"]
        content_type = dict(self.reply.headers).get("Content-Type", "")
        violations = [
            *contract.request_violations(operation, self.request.body),
            *contract.response_violations(operation, self.reply.status, content_type, self.reply.body),
        ]
        return [self._shown(text) for text in violations]

    def as_dict(self) -> dict[str, Any]:
        """The entry as the mock's own API returns it."""
        return {
            "time": self.time,
            "method": self.method,
            "target": self.target,
            "operation": self.operation,
            "headers": dict(self.headers),
            "body": self._shown_text(self.request.body),
            "status": self.status,
            "response": self._shown_text(self.reply.body),
            "violations": self.violations,
            **({"api": self.api, "upstream": self.upstream} if self.api else {}),
        }

    def _shown(self, text: str) -> str:
        return all_hidden(text, self.secrets)

    def _shown_text(self, data: bytes, errors: str = "replace") -> str:
        """A body as UTF-8 text, masked."""
        return self._shown_part(data.decode("utf-8", errors), len(data))

    def _shown_part(self, text: str, length: int | None = None) -> str:
        """A part masked; of one that was cut, without the end, where the beginning of a secret may stand.

        `length` is that of the part as kept, if not that of the text.
        """
        kept = len(text) if length is None else length
        was_cut = kept >= _end(self.secrets)
        return self._shown(text)[: MAX_PART - kept] if was_cut else self._shown(text)

    def _shown_headers(self, headers: Headers) -> Headers:
        return tuple(
            (self._shown(name), "***" if name.lower() in SECRET_HEADERS else self._shown(value))
            for name, value in headers
        )


def cut(request: Request, reply: Reply, secrets: Secrets) -> tuple[Request, Reply]:
    """The request and the reply, with what the journal keeps of each part."""
    end = _end(secrets)
    head, url = request.head, request.url
    small_head = replace(
        head,
        method=head.method[:end],
        target=head.target[:end],
        headers=_cut_headers(head.headers),
        url=Url(url.path[:end], url.query[:end], url.origin[:end], url.raw[:end]),
    )
    small_reply = replace(reply, body=reply.body[:end], headers=_cut_headers(reply.headers))
    if isinstance(small_reply, ProxiedReply) and small_reply.upstream is not None:
        method, target, headers, body = small_reply.upstream
        small_headers = dict(_cut_headers(tuple(headers.items())))
        small = ProxiedRequest(method[:end], target[:end], small_headers, body[:end])
        small_reply = replace(small_reply, upstream=small)
    return Request(small_head, request.body[:end], request.client), small_reply


def size_of(request: Request, reply: Reply) -> int:
    """The bytes of a request and its reply, before they are decoded, with the overhead of each header."""
    size = request.head.size + len(request.body) + len(reply.body) + _size_of_headers(reply.headers)
    if isinstance(reply, ProxiedReply) and reply.upstream is not None:
        method, target, headers, body = reply.upstream
        size += len(method) + len(target) + len(body) + _size_of_headers(tuple(headers.items()))
    return size


def _end(secrets: Secrets) -> int:
    """The bytes that are kept of a part: `MAX_PART`, and more than the longest form of a secret.

    If a secret begins in the first of the two, its end is known, and it can be masked.
    """
    longest = max((len(secret.encode("utf-8", "surrogateescape")) for secret in secrets), default=0)
    return MAX_PART + LONGEST_FORM * (longest + 1)


def _size_of_headers(headers: Headers) -> int:
    return sum(len(name) + len(value) + HEADER_BYTES for name, value in headers)


def _cut_headers(headers: Headers) -> Headers:
    """The headers that fit into `MAX_PART` bytes together; one that does not fit is left out as a whole."""
    size, kept = 0, []
    for header in headers:
        length = _size_of_headers((header,))
        if size + length <= MAX_PART:
            size += length
            kept.append(header)
    return tuple(kept)
