"""HTTP/1 messages as Go's net/http reads and writes them, without any connection."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

from mockserver.golang import urls

MAX_HEAD = 1 << 20  # bytes; net/http.DefaultMaxHeaderBytes

JSON = "application/json"

# Go's words where Python's differ (net/http/status.go)
PHRASES = {**http.client.responses, 413: "Request Entity Too Large", 422: "Unprocessable Entity"}

_BODILESS = (204, 304)  # statuses
_OF_FRAMES = ("content-length", "transfer-encoding")
CHUNK_FROM = 2049  # bytes; a longer body than this buffer is sent in chunks (net/http/server.go)
HEAD_END = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_VERSION = re.compile(r"HTTP/(\d)\.(\d)")
_HOST = re.compile(r"[A-Za-z0-9!$%&'()*+,;=:\[\]._~-]*")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\r\n")
_TRAILER = re.compile(rb"(?:[^\r\n]+\r\n)*\r\n")


class BadMessage(ValueError):
    """Bytes that net/http refuses by itself; `answer` is what it sends before it closes."""

    def __init__(self, status: str, text: str = "") -> None:
        super().__init__(status)
        headers = "Content-Type: text/plain; charset=utf-8\r\nConnection: close"
        self.answer = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n{text or status}".encode()


class DropConnection(Exception):
    """Close the connection without an answer."""


@dataclass(frozen=True)
class Reply:
    """An answer: body, status, and the headers that come with it."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)


def has(headers: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether a header is there; `name` in lower case."""
    return any(key.lower() == name for key, _ in headers)


@dataclass(frozen=True)
class Head:
    """A request's first lines.

    Attributes:
        target: as sent, each byte a Latin-1 character.
        headers: names as sent, values trimmed, in their order.
        length: bytes of the body; -1 for a chunked one.
    """

    method: str
    target: str
    version: tuple[int, int]
    headers: tuple[tuple[str, str], ...]
    length: int

    def get(self, name: str) -> str:
        """The first value of a header, by its lower-case name; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection stays open after the answer."""
        wish = self.get("connection").lower()
        if self.version >= (1, 1):
            return "close" not in wish
        return "keep-alive" in wish


def parse_head(data: bytes) -> Head:
    """Read the lines before the body.

    Raises:
        BadMessage: net/http does not take them for a request.
    """
    first, *rest = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    method, _, remainder = first.partition(" ")
    target, _, protocol = remainder.partition(" ")
    version = _VERSION.fullmatch(protocol)
    if not _TOKEN.fullmatch(method) or version is None:
        raise BadMessage("400 Bad Request")
    numbers = int(version[1]), int(version[2])
    if numbers[0] != 1:
        status = "505 HTTP Version Not Supported: unsupported protocol version"
        raise BadMessage(status)
    try:
        urls.parse(target, method)
    except urls.BadTarget as error:
        raise BadMessage("400 Bad Request") from error
    headers = tuple(_headers(rest))
    _check_host(headers, numbers)
    return Head(method, target, numbers, headers, _length(headers))


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):  # a folded line goes on with the one before
            if not headers:
                raise BadMessage("400 Bad Request")
            name, value = headers.pop()
            headers.append((name, value + " " + line.strip(" \t")))
            continue
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name.replace(" ", "")) or not _VALUE.fullmatch(value):
            raise BadMessage("400 Bad Request")
        headers.append((name, value.strip(" \t")))
    return headers


def _check_host(headers: tuple[tuple[str, str], ...], version: tuple[int, int]) -> None:
    hosts = [value for name, value in headers if name.lower() == "host"]
    if len(hosts) > 1:
        raise BadMessage("400 Bad Request")
    if not hosts and version >= (1, 1):
        raise BadMessage("400 Bad Request: missing required Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise BadMessage("400 Bad Request: malformed Host header")
    if any(" " in name for name, _ in headers):  # taken while reading, refused now
        raise BadMessage("400 Bad Request: invalid header name")


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    """The body's length; a chunked body hides any Content-Length (net/http/transfer.go)."""
    encodings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    if encodings:
        if [encoding.lower() for encoding in encodings] != ["chunked"]:
            raise BadMessage("501 Not Implemented", "Unsupported transfer encoding")
        return -1
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    if not lengths:
        return 0
    length = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,18}", length):
        raise BadMessage("400 Bad Request")
    return int(length)


@dataclass
class Chunks:
    """A chunked body as it arrives.

    Attributes:
        body: what was read so far.
        done: whether its end was seen, or the rest cannot be read.
        broken: whether the rest cannot be read.
    """

    body: bytes = b""
    done: bool = False
    broken: bool = False

    def take(self, data: bytearray) -> None:
        """Take whole chunks off the front of `data`."""
        while not self.done:
            match = _CHUNK_SIZE.match(data)
            if match is None:
                self.broken = self.done = len(data) > 4096 or b"\n" in data
                return
            size = int(match[1], 16)
            end = match.end() + size
            if size == 0:
                trailer = _TRAILER.match(data, match.end())
                if trailer is None:
                    return
                self.done = True
                del data[: trailer.end()]
                return
            if len(data) < end + 2:
                return
            self.body += data[match.end() : end]
            self.broken = self.done = data[end : end + 2] != b"\r\n"
            del data[: end + 2]


def is_open_ended(head: Head, status: int, headers: list[tuple[str, str]], body: bytes) -> bool:
    """Whether no length is told: an answer in chunks, or of HTTP/1.0 one that ends with the connection.

    A short body is one only where a header asks for it.
    """
    if head.method == "HEAD" or status in _BODILESS or has(headers, "content-length"):
        return False
    return len(body) >= CHUNK_FROM or has(headers, "transfer-encoding")


def response_bytes(
    head: Head, status: int, headers: list[tuple[str, str]], body: bytes, *, close: bool
) -> bytes:
    """An answer as net/http writes it: sorted headers, the date, the length, or chunks where none is told.

    To HEAD only the length of the body is told, if there is any.
    """
    length = next((v for n, v in headers if n.lower() == "content-length"), "")
    open_ended = is_open_ended(head, status, headers, body)
    protocol = "HTTP/1.1" if head.version >= (1, 1) else "HTTP/1.0"
    lines = [f"{protocol} {status} {PHRASES.get(status, f'status code {status}')}"]
    lines += [f"{n}: {v}" for n, v in sorted(headers) if n.lower() not in _OF_FRAMES]
    lines += [] if has(headers, "date") else [f"Date: {today()}"]
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


def today() -> str:
    """The date as a header has it."""
    return _date(int(time.time()))


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
