"""Answers as net/http writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from mockserver.http.messages import Reply, RequestHead, has

# Go's words where Python's differ (net/http/status.go)
PHRASES = {
    **{status.value: status.phrase for status in HTTPStatus},
    413: "Request Entity Too Large", 422: "Unprocessable Entity",
}  # fmt: skip
CHUNK_FROM = 2049  # bytes; a longer body than this buffer is sent in chunks (net/http/server.go)
_BODILESS = (204, 304)  # statuses
_OF_FRAMES = ("content-length", "transfer-encoding")


def is_open_ended(head: RequestHead, reply: Reply) -> bool:
    """True if no length is sent: an answer in chunks, or of HTTP/1.0 one that ends with the connection.

    A short body is one only where a header asks for it.
    """
    if head.method == "HEAD" or reply.status in _BODILESS or has(reply.headers, "content-length"):
        return False
    return len(reply.body) >= CHUNK_FROM or has(reply.headers, "transfer-encoding")


def response_bytes(head: RequestHead, reply: Reply, *, close: bool) -> bytes:
    """An answer on the wire: sorted headers, the date, the length, or chunks where the length is not sent.

    The answer to HEAD has the length of the body, if there is any, and no body.
    """
    if not close and head.version == (1, 1) and head.method != "HEAD" and len(reply.body) < CHUNK_FROM:
        ordinary = _ordinary_head(reply.status, reply.headers)
        if ordinary is not None:
            before, after = ordinary
            return b"%b%b%b%d\r\n\r\n%b" % (before, today(), after, len(reply.body), reply.body)
    return _response_bytes(head, reply, close)


@lru_cache(maxsize=256)
def _ordinary_head(status: int, headers: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes] | None:
    """The head of an answer up to its date, and from there to its length; None where a header frames it."""
    if status in _BODILESS or any(has(headers, name) for name in (*_OF_FRAMES, "date")):
        return None
    lines = _lines("HTTP/1.1", status, headers)
    return "\r\n".join([*lines, "Date: "]).encode("latin-1"), b"\r\nContent-Length: "


def _lines(protocol: str, status: int, headers: Sequence[tuple[str, str]]) -> list[str]:
    phrase = PHRASES.get(status, f"status code {status}")
    sorted_headers = [f"{n}: {v}" for n, v in sorted(headers) if n.lower() not in _OF_FRAMES]
    return [f"{protocol} {status} {phrase}", *sorted_headers]


def _response_bytes(head: RequestHead, reply: Reply, close: bool) -> bytes:
    status, headers, body = reply.status, reply.headers, reply.body
    length = next((v for n, v in headers if n.lower() == "content-length"), "")
    open_ended = is_open_ended(head, reply)
    lines = _lines("HTTP/1.1" if head.version >= (1, 1) else "HTTP/1.0", status, headers)
    lines += [] if has(headers, "date") else [f"Date: {today().decode()}"]
    if not open_ended and status not in _BODILESS and (length or body or head.method != "HEAD"):
        lines.append(f"Content-Length: {length or len(body)}")
    if close and head.version >= (1, 1):
        lines.append("Connection: close")
    elif not close and head.version < (1, 1):
        lines.append("Connection: keep-alive")
    if open_ended and head.version >= (1, 1):
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    whole = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return whole if head.method == "HEAD" else whole + body


def today() -> bytes:
    """The present date as a header has it."""
    return _date(int(time.time()))


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
