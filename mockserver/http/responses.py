"""Encoding of responses as net/http writes them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from operator import itemgetter
from typing import NamedTuple

from mockserver.http.messages import Reply, RequestHead

# reason phrases, Go's where Python's differ (net/http/status.go)
PHRASES = {
    **{status.value: status.phrase for status in HTTPStatus},
    413: "Request Entity Too Large", 414: "Request URI Too Long", 416: "Requested Range Not Satisfiable",
    418: "I'm a teapot", 422: "Unprocessable Entity",
}  # fmt: skip
CHUNK_FROM = 2049  # bytes; a body that exceeds Go's buffer is sent in chunks (net/http/server.go)
_BODILESS = (204, 304)  # statuses
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # in English, whatever the locale
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FRAMING = ("content-length", "transfer-encoding")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,18}")
_LINE_BREAKS = str.maketrans("\r\n", "  ")


class _Start(NamedTuple):
    """The part of a response that depends only on its status and headers.

    Attributes:
        lines: the status line from after the version, and the sorted headers, without those that frame
            the body.
        length: the Content-Length among the headers of the reply; "" if there is none. Only the response to
            HEAD has it: any other has the length of its body, so that no reply can frame it wrongly.
        is_chunked: True if the reply has a Transfer-Encoding.
        is_dated: True if the reply has a Date.
    """

    lines: bytes
    length: str
    is_chunked: bool
    is_dated: bool


def sendable(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers as Go writes them, one character for each byte, so that no value is more than one line.

    A name that is no token is left out, and line breaks become spaces (net/http/header.go, writeSubset).
    """
    return [(name, _line(value)) for name, value in headers if _NAME.fullmatch(name)]


def _line(value: str) -> str:
    line = value.translate(_LINE_BREAKS).strip(" \t")
    return (
        line if line.isascii() or max(line) <= "\xff" else line.encode("utf-8", "replace").decode("latin-1")
    )


@lru_cache(maxsize=256)
def _start(status: int, unchecked: tuple[tuple[str, str], ...]) -> _Start:
    headers = sendable(unchecked)
    values = {name.lower(): value for name, value in reversed(headers)}
    lines = [f" {status} {PHRASES.get(status, f'status code {status}')}\r\n"]
    lines += [f"{n}: {v}\r\n" for n, v in sorted(headers, key=itemgetter(0)) if n.lower() not in _FRAMING]
    length = values.get("content-length", "")
    length = length if _LENGTH.fullmatch(length) else ""  # as net/http drops it (net/http/server.go)
    return _Start("".join(lines).encode("latin-1"), length, "transfer-encoding" in values, "date" in values)


def is_open_ended(head: RequestHead, reply: Reply) -> bool:
    """True if the response has no Content-Length: it is chunked, or in HTTP/1.0 ends with the connection.

    That is so for long bodies, and for short ones if the reply has a Transfer-Encoding.
    """
    start = _start(reply.status, reply.headers)
    if head.method == "HEAD" or reply.status in _BODILESS or start.length:
        return False
    return len(reply.body) >= CHUNK_FROM or start.is_chunked


def response_bytes(head: RequestHead, reply: Reply, *, close: bool) -> bytes:
    """Encode a response: sorted headers, the date, and the length, or chunks if there is no length.

    The response to HEAD has the length of the body, unless it is empty, and no body; neither has one of a
    status without a body, or a client would take it for the next response.
    """
    start, body = _start(reply.status, reply.headers), reply.body
    is_1_1, is_head = head.version >= (1, 1), head.method == "HEAD"
    open_ended = is_open_ended(head, reply)
    parts = [b"HTTP/1.1" if is_1_1 else b"HTTP/1.0", start.lines]
    if not start.is_dated:
        parts.append(b"Date: %b\r\n" % today())
    if not open_ended and reply.status not in _BODILESS and (start.length or body or not is_head):
        length = int(start.length) if is_head and start.length else len(body)
        parts.append(b"Content-Length: %d\r\n" % length)
    if close and is_1_1:
        parts.append(b"Connection: close\r\n")
    elif not close and not is_1_1:
        parts.append(b"Connection: keep-alive\r\n")
    if open_ended and is_1_1:
        parts.append(b"Transfer-Encoding: chunked\r\n")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    parts += (b"\r\n", b"" if is_head or reply.status in _BODILESS else body)
    return b"".join(parts)


def today() -> bytes:
    """The current date in the format of the Date header."""
    return _date(int(time.time()))


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    now = time.gmtime(second)
    day, month = _DAYS[now.tm_wday], _MONTHS[now.tm_mon - 1]
    clock = f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"
    return f"{day}, {now.tm_mday:02} {month} {now.tm_year} {clock} GMT".encode()
