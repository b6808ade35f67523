"""A client for the requests of a gateway: one exchange on a new connection, bounded in time and size.

It sends a request and reads the answer as Go's http.Transport does; `client.Client` instead shows a test
whatever a server sends. No message of an error has a value of the request or of the answer.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.http.answer_heads import (
    CHUNKED,
    UNTIL_CLOSED,
    AnswerHead,
    BadAnswer,
    parse_head,
    parse_headers,
)
from mockserver.http.limits import MAX_HEAD
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.received_body import PART, Bounds, Parts, Unpacked

if TYPE_CHECKING:
    import ssl

_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r\n")
_MAX_CHUNK_LINE = 4096  # bytes


class UnknownHost(TransportError):
    """The host has no address."""


class Overdue(TransportError):
    """The answer was not complete at the deadline."""


@dataclass(frozen=True)
class Received:
    """An answer.

    Attributes:
        head: without the Content-Length and Content-Encoding of a body that was decompressed.
        body: decompressed, if the client asked for that; what arrived, if chunks or the data ended early.
        is_measured: True if the answer declares the length of its body, which is the length of `body`.
        is_whole: False if chunks ended early.
    """

    head: AnswerHead
    body: bytes
    is_measured: bool
    is_whole: bool = True


def exchange(
    host: str, port: int, request: Outgoing, bounds: Bounds, tls: ssl.SSLContext | None = None
) -> Received:
    """Send a request, over TLS if a context is given, and receive the complete answer.

    Raises:
        UnknownHost: the host has no address.
        Overdue: the answer was not complete in time.
        Crowded: the bodies of all exchanges are too long together.
        TransportError: the connection failed, the answer is invalid or too long, or its body is cut.
    """
    data, deadline = request.data(), time.monotonic() + bounds.seconds
    if not 0 < port < 1 << 16:
        raise TransportError(f"{port} is not a port")
    try:
        with socket.create_connection((host, port), bounds.seconds) as plain:
            sock = tls.wrap_socket(plain, server_hostname=host) if tls else plain
            with sock:
                stream = _Stream(sock, deadline)
                stream.send(data)
                parts = Parts(bounds)
                try:
                    return _received(stream, request, parts)
                finally:
                    parts.release()
    except TimeoutError as error:
        raise Overdue(f"no complete answer within {bounds.seconds:g} s") from error
    except (socket.gaierror, UnicodeError) as error:
        raise UnknownHost(f"the host {host!r} has no address") from error
    except OSError as error:
        raise TransportError(error.strerror or type(error).__name__) from error
    except BadAnswer as error:
        raise TransportError(f"not an answer: {error}") from error


class _Stream:
    """The bytes of a connection until a deadline in monotonic seconds."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of the data, or as much as the server takes: it may answer before it has read all."""
        self._wait()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._sock.sendall(data)

    def read(self, size: int) -> bytes:
        """At least one and at most `size` bytes; b"" at the end."""
        if not self._buffer and not self._fill():
            return b""
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        return part

    def line(self, longest: int) -> bytes:
        """The bytes to the next line feed, with it; without one at the end, or beyond `longest` bytes."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0 and len(self._buffer) <= longest:
            searched = len(self._buffer)
            if not self._fill():
                break
        return self.read(end + 1 if end >= 0 else max(1, len(self._buffer)))

    def lines(self) -> list[bytes]:
        """The lines to the next empty one, without their ends.

        Raises:
            BadAnswer: the data end before, or the lines have over MAX_HEAD bytes.
        """
        lines: list[bytes] = []
        left = MAX_HEAD
        while True:
            line = self.line(left)
            left -= len(line)
            if left < 0:
                raise BadAnswer(f"its headers have over {MAX_HEAD >> 10} KiB")
            if not line.endswith(b"\n"):
                raise BadAnswer("it ends within its headers")
            text = line[:-1].removesuffix(b"\r")
            if not text:
                return lines
            lines.append(text)

    def _fill(self) -> bool:
        self._wait()
        part = self._sock.recv(PART)
        self._buffer += part
        return bool(part)

    def _wait(self) -> None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)


def _received(stream: _Stream, request: Outgoing, parts: Parts) -> Received:
    left = MAX_HEAD  # bytes of all heads: there may be interim ones
    while True:
        lines = stream.lines()
        left -= sum(map(len, lines)) + 4
        head = parse_head(lines or [b""], request.method)
        if head.status // 100 != 1 or head.status == 101:
            break
        if left < 0:
            raise BadAnswer("it has too many interim answers")
    is_measured = head.length not in (CHUNKED, UNTIL_CLOSED)
    body: Parts | Unpacked = parts
    packed = [value.lower() for value in head.values("Content-Encoding")[:1]] == ["gzip"]
    if request.asks_for_gzip and packed and head.length:
        plain = tuple(
            header for header in head.headers if header[0] not in ("Content-Encoding", "Content-Length")
        )
        head, is_measured = AnswerHead(head.status, plain, head.length), False
        body = Unpacked(parts)
    is_whole = True
    if head.length == CHUNKED:
        is_whole = _read_chunks(stream, body)
    elif head.length == UNTIL_CLOSED:
        while part := stream.read(PART):
            body.add(part)
    else:
        _read_measured(stream, body, head.length)
    return Received(head, b"".join(parts.parts), is_measured, is_whole)


def _read_measured(stream: _Stream, parts: Parts | Unpacked, length: int) -> None:
    while length:
        part = stream.read(min(length, PART))
        if not part:
            raise BadAnswer("it ends before its declared length")
        length -= len(part)
        parts.add(part)


def _read_chunks(stream: _Stream, parts: Parts | Unpacked) -> bool:
    """Read chunks up to the last one and its trailers, or up to what is no chunk, as a gateway passes on.

    Returns True if the last chunk came.
    """
    while match := _CHUNK_SIZE.fullmatch(stream.line(_MAX_CHUNK_LINE)):
        size = int(match[1], 16)
        if size == 0:
            with contextlib.suppress(BadAnswer):  # the body is complete nevertheless
                parse_headers(stream.lines())
            return True
        while size:
            part = stream.read(min(size, PART))
            if not part:
                return False
            size -= len(part)
            parts.add(part)
        if stream.read(1) + stream.read(1) != b"\r\n":
            return False
    return False
