"""HTTP/1 requests and replies, parsed as Go's net/http does, independent of any connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

from mockserver.golang import urls

HEADER_BYTES = 256  # that a parsed header takes in memory, besides its name and its value
TARGET_COPIES = 6  # bytes for each byte of a target: as sent, its parts, and the path in up to four bytes

JSON = "application/json"
CONTINUE = "100-continue"

HEAD_END = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_VERSION = re.compile(r"HTTP/(\d)\.(\d)")
_HOST = re.compile(r"[A-Za-z0-9!$%&'()*+,;=:\[\]._~-]*")
_LENGTH = re.compile(r"0*([0-9]{1,19})")
_LARGEST = (1 << 63) - 1  # of Go's int64
_BAD_TRAILERS = ("transfer-encoding", "trailer", "content-length")


class BadMessage(ValueError):
    """A request that the server refuses for a reason; it sends `answer` and closes the connection.

    The answer is that of net/http itself, unless another is given.
    """

    def __init__(self, status: str, reason: str, *, text: str = "", answer: bytes = b"") -> None:
        super().__init__(reason)
        self.status = int(status[:3])
        headers = "Content-Type: text/plain; charset=utf-8\r\nConnection: close"
        self.answer = answer or f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n{text or status}".encode()


class WouldBlock(Exception):
    """The answer may have to wait, so the request must be repeated in a thread of a lane.

    Nothing has been done yet.
    """

    def __init__(self, lane: str = "storage") -> None:
        super().__init__(lane)
        self.lane = lane


class DropConnection(Exception):
    """A request to close the connection without an answer, after a delay in seconds.

    With `reset` the client's system is told so by a TCP reset instead of an orderly end.
    """

    def __init__(self, delay: float = 0.0, *, reset: bool = False) -> None:
        super().__init__(delay)
        self.delay = delay
        self.reset = reset


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        body: the body.
        status: the status code.
        headers: the headers, without those that frame the body.
        delay: seconds until it is sent.
    """

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)
    delay: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True)
class FaultyReply(Reply):
    """An answer that goes wrong on its way.

    Attributes:
        slow: the bytes per second at which the body is sent; 0 for all at once.
        truncate: the bytes of the body after which the connection is closed; None for the whole body.
    """

    slow: float = field(default=0.0, kw_only=True)
    truncate: int | None = field(default=None, kw_only=True)


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
        """True if the connection stays open after the answer (net/http/transfer.go, shouldClose)."""
        if self.version < (1, 1):
            return has_token(self.get("connection"), "keep-alive")
        return not any(
            has_token(value, "close") for name, value in self.headers if name.lower() == "connection"
        )

    @cached_property
    def awaits_continue(self) -> bool:
        """True if the client sends its body after an answer of 100 Continue only."""
        return self.length != 0 and self.version >= (1, 1) and has_token(self.get("expect"), CONTINUE)

    @cached_property
    def expects_the_unknown(self) -> bool:
        """True if the client expects anything but 100 Continue."""
        expectation = self.get("expect")
        return bool(expectation) and not has_token(expectation, CONTINUE)


class Request(NamedTuple):
    """A complete request.

    Attributes:
        head: the request line and the headers.
        body: the complete body, with its chunks joined.
        client: the IP address of the sender; "" if it is unknown.
        is_whole: False if the body broke off, and `body` is what came of it, as for a handler of Go.
    """

    head: RequestHead
    body: bytes = b""
    client: str = ""
    is_whole: bool = True

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


class Answerer(Protocol):
    """The function that answers the requests of a server."""

    def __call__(self, request: Request, *, blocking: bool = True) -> Reply:
        """The reply to a request.

        Raises:
            WouldBlock: the reply may have to wait, and `blocking` is False.
            DropConnection: the server must close the connection without an answer.
        """


def parse_head(data: bytes) -> RequestHead:
    """Parse the request line and the headers.

    Raises:
        BadMessage: net/http refuses the request.
    """
    first, _, rest = data.decode("latin-1").replace("\r\n", "\n").partition("\n")
    method, _, remainder = first.partition(" ")
    target, _, protocol = remainder.partition(" ")
    version = _VERSION.fullmatch(protocol)
    if not _TOKEN.fullmatch(method) or version is None:
        raise BadMessage("400 Bad Request", "the request line is malformed")
    numbers = int(version[1]), int(version[2])
    if numbers[0] != 1:
        status = "505 HTTP Version Not Supported: unsupported protocol version"
        raise BadMessage(status, "the version is not HTTP/1")
    try:
        url = urls.parse(target, method)
    except urls.BadTarget as error:
        raise BadMessage("400 Bad Request", "the target is malformed") from error
    headers = tuple(parse_headers(rest))
    _check_host(headers, method, numbers)
    return RequestHead(method, target, numbers, headers, _length(headers, numbers), url)


def parse_headers(text: str) -> list[tuple[str, str]]:
    """The headers in lines that end with line feeds, the last without; folded lines are joined.

    Raises:
        BadMessage: a line is no header.
    """
    if not text:
        return []
    lines = [line.rstrip(" \t") for line in text.split("\n")]
    if text[0] in " \t" or "\n " in text or "\n\t" in text:
        lines = list(_unfolded(text.split("\n")))
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name.replace(" ", "")) or not _VALUE.fullmatch(value):
            raise BadMessage("400 Bad Request", "a header line is malformed")
        headers.append((name, value.lstrip(" \t")))
    return headers


def _unfolded(lines: list[str]) -> Iterator[str]:
    """The lines, each joined with those that continue it (net/textproto/reader.go)."""
    parts: list[str] = []
    for line in lines:
        if line[:1] not in (" ", "\t"):
            if parts:
                yield " ".join(parts)
            parts = [line.rstrip(" \t")]
        if not parts or ":" not in parts[0]:  # the name of a header is on its first line
            raise BadMessage("400 Bad Request", "a header line is malformed")
        if line[:1] in (" ", "\t"):
            parts.append(line.strip(" \t"))
    yield " ".join(parts)


def has_token(value: str, token: str) -> bool:
    """True if a value has a token between blanks and commas (net/http/header.go, hasToken)."""
    return token in re.split(r"[ ,\t]", value.lower())


def _check_host(headers: tuple[tuple[str, str], ...], method: str, version: tuple[int, int]) -> None:
    hosts = [value for name, value in headers if name.lower() == "host"]
    if len(hosts) > 1:
        raise BadMessage("400 Bad Request", "there are several Host headers")
    if not hosts and version >= (1, 1) and method != "CONNECT":
        raise BadMessage("400 Bad Request: missing required Host header", "there is no Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise BadMessage("400 Bad Request: malformed Host header", "the Host header is malformed")
    if any(" " in name for name, _ in headers):  # net/http refuses it only after reading all headers
        raise BadMessage("400 Bad Request: invalid header name", "the name of a header has a space")


def _length(headers: tuple[tuple[str, str], ...], version: tuple[int, int]) -> int:
    """The length of the body, -1 if chunked (net/http/transfer.go, readTransfer).

    Chunks override a Content-Length, which must be valid all the same, and do not exist in HTTP/1.0.
    """
    encodings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    is_chunked = bool(encodings) and version >= (1, 1)
    if is_chunked and [encoding.lower() for encoding in encodings] != ["chunked"]:
        text = "Unsupported transfer encoding"
        raise BadMessage("501 Not Implemented", "the Transfer-Encoding is not chunked", text=text)
    lengths = {value.rstrip(" \t") for name, value in headers if name.lower() == "content-length"}
    length = _number(lengths.pop()) if lengths else 0
    if lengths:
        raise BadMessage("400 Bad Request", "there are several values of Content-Length")
    if is_chunked:
        _check_trailer(headers)
    return -1 if is_chunked else length


def _number(text: str) -> int:
    match = _LENGTH.fullmatch(text)
    if match is None or int(match[1]) > _LARGEST:
        raise BadMessage("400 Bad Request", "the Content-Length is not a number of bytes")
    return int(match[1])


def _check_trailer(headers: tuple[tuple[str, str], ...]) -> None:
    """Refuse a Trailer that announces a header which frames the body."""
    announced = [value for name, value in headers if name.lower() == "trailer"]
    if any(part.strip(" \t").lower() in _BAD_TRAILERS for value in announced for part in value.split(",")):
        raise BadMessage("400 Bad Request", "the Trailer header names one that frames the body")
