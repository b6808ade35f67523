"""The parts of requests and replies that the journal keeps, each of a bounded length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from mockserver.golang.urls import Url
from mockserver.http.messages import HEADER_BYTES, Reply, Request

MAX_PART = 64 * 1024  # bytes of a target, of all headers together, and of a body that an entry keeps
LONGEST_FORM = 40  # bytes that one byte of a secret takes at most in a text, escaped several times

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
        warnings: what the gateway told its log alone of the request.
        refusal: why the gateway refused the request, with what its answer does not tell; "" if it did not.
    """

    api: str = ""
    upstream: ProxiedRequest | None = None
    warnings: tuple[str, ...] = ()
    refusal: str = ""


def cut(request: Request, reply: Reply, secrets: Secrets) -> tuple[Request, Reply]:
    """The request and the reply, with what the journal keeps of each part."""
    end = kept_of(secrets)
    head, url = request.head, request.url
    small_head = replace(
        head,
        method=head.method[:end],
        target=head.target[:end],
        headers=_cut_headers(head.headers),
        url=Url(url.path[:end], url.query[:end], url.origin[:end], url.raw[:end]),
    )
    small_reply = replace(reply, body=reply.body[:end], headers=_cut_headers(reply.headers))
    if isinstance(small_reply, ProxiedReply):
        upstream = small_reply.upstream and _cut_upstream(small_reply.upstream, end)
        small_reply = replace(small_reply, upstream=upstream, refusal=small_reply.refusal[:end])
    return Request(small_head, request.body[:end], request.client), small_reply


def size_of(request: Request, reply: Reply) -> int:
    """The bytes of a request and its reply, before they are decoded, with the overhead of each header."""
    size = request.head.size + len(request.body) + len(reply.body) + _size_of_headers(reply.headers)
    if isinstance(reply, ProxiedReply):
        size += len(reply.refusal)
        if reply.upstream is not None:
            method, target, headers, body = reply.upstream
            size += len(method) + len(target) + len(body) + _size_of_headers(tuple(headers.items()))
    return size


def kept_of(secrets: Secrets) -> int:
    """The bytes that are kept of a part: `MAX_PART`, and more than the longest form of a secret.

    If a secret begins in the first of the two, its end is known, and it can be masked.
    """
    longest = max((len(secret.encode("utf-8", "surrogateescape")) for secret in secrets), default=0)
    return MAX_PART + LONGEST_FORM * (longest + 1)


def _size_of_headers(headers: Headers) -> int:
    return sum(len(name) + len(value) + HEADER_BYTES for name, value in headers)


def _cut_upstream(upstream: ProxiedRequest, end: int) -> ProxiedRequest:
    method, target, headers, body = upstream
    small_headers = dict(_cut_headers(tuple(headers.items())))
    return ProxiedRequest(method[:end], target[:end], small_headers, body[:end])


def _cut_headers(headers: Headers) -> Headers:
    """The headers that fit into `MAX_PART` bytes together; one that does not fit is left out as a whole."""
    size, kept = 0, []
    for header in headers:
        length = _size_of_headers((header,))
        if size + length <= MAX_PART:
            size += length
            kept.append(header)
    return tuple(kept)
