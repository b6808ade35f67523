"""HTTP/1 requests and replies, parsed as Go's net/http does, independent of any connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mockserver.golang import urls

MAX_HEAD = 1 << 20  # bytes; net/http.DefaultMaxHeaderBytes
HEADER_BYTES = 256  # that a parsed header takes in memory, besides its name and its value
TARGET_COPIES = 6  # bytes for each byte of a target: as sent, its parts, and the path in up to four bytes

JSON = "application/json"

HEAD_END = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_VERSION = re.compile(r"HTTP/(\d)\.(\d)")
_HOST = re.compile(r"[A-Za-z0-9!$%&'()*+,;=:\[\]._~-]*")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\r\n")
_TRAILER = re.compile(rb"(?:[^\r\n]+\r\n)*\r\n")
_MAX_CHUNK_LINE = 4096  # bytes; the size of net/http's buffer (net/http/internal/chunked.go, readChunkLine)


class BadMessage(ValueError):
    """A request that net/http itself refuses; `answer` is the response that it sends before it closes."""

    def __init__(self, status: str, text: str = "") -> None:
        super().__init__(status)
        headers = "Content-Type: text/plain; charset=utf-8\r\nConnection: close"
        self.answer = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n{text or status}".encode()


class DropConnection(Exception):
    """A request to close the connection without an answer."""


@dataclass(frozen=True)
class Reply:
    """An answer: body, status and headers, without those that frame the body."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)


@dataclass(frozen=True)
class RequestHead:
    """The lines of a request before its body.

    Attributes:
        method: as sent.
        target: as sent, each byte a Latin-1 character.
        version: major and minor number of HTTP.
        headers: in their order, with names as sent and values trimmed.
        length: the length of the body in bytes; -1 if it is chunked.
        url: the parsed target.
    """

    method: str
    target: str
    version: tuple[int, int]
    headers: tuple[tuple[str, str], ...]
    length: int
    url: urls.Url

    @cached_property
    def first_values(self) -> Mapping[str, str]:
        """The first value of each header by its lower-case name, as Go's Header.Get returns it."""
        return {name.lower(): value for name, value in reversed(self.headers)}

    def get(self, name: str) -> str:
        """The first value of a header, by its lower-case name; "" if there is none."""
        return self.first_values.get(name, "")

    @cached_property
    def size(self) -> int:
        """The bytes that the head takes in memory at most."""
        headers = sum([len(name) + len(value) + HEADER_BYTES for name, value in self.headers])
        return headers + len(self.method) + TARGET_COPIES * len(self.target)

    @cached_property
    def keeps_alive(self) -> bool:
        """True if the connection stays open after the answer."""
        connection = self.get("connection").lower()
        if self.version >= (1, 1):
            return "close" not in connection
        return "keep-alive" in connection


class Request(NamedTuple):
    """A complete request.

    Attributes:
        head: the request line and the headers.
        body: the complete body, with its chunks joined.
        client: the IP address of the sender; "" if it is unknown.
    """

    head: RequestHead
    body: bytes = b""
    client: str = ""

    @property
    def method(self) -> str:
        """The method as sent."""
        return self.head.method

    @property
    def url(self) -> urls.Url:
        """The parsed target."""
        return self.head.url

    def header(self, name: str) -> str:
        """The first value of a header, by its lower-case name; "" if there is none."""
        return self.head.get(name)


def parse_head(data: bytes) -> RequestHead:
    """Parse the request line and the headers.

    Raises:
        BadMessage: net/http refuses the request.
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
        url = urls.parse(target, method)
    except urls.BadTarget as error:
        raise BadMessage("400 Bad Request") from error
    headers = tuple(_headers(rest))
    _check_host(headers, numbers)
    return RequestHead(method, target, numbers, headers, _length(headers), url)


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):  # a folded line continues the header before it
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
    if any(" " in name for name, _ in headers):  # net/http refuses it only after reading all headers
        raise BadMessage("400 Bad Request: invalid header name")


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    """The length of the body, -1 if chunked; chunks override a Content-Length (net/http/transfer.go)."""
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
class ChunkedBody:
    """A chunked body while it is being received.

    Attributes:
        body: the data of the chunks read so far.
        done: True if the body has ended, or is malformed.
        broken: True if the body is malformed, so that the rest cannot be read.
    """

    body: bytes = b""
    done: bool = False
    broken: bool = False

    def take(self, data: bytearray) -> None:
        """Remove the complete chunks at the front of `data`, and append them to the body."""
        while not self.done:
            match = _CHUNK_SIZE.match(data)
            if match is None or match.end() > _MAX_CHUNK_LINE:
                self.broken = self.done = len(data) >= _MAX_CHUNK_LINE or b"\n" in data
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
