"""A client connection that preserves all received bytes, and sends each request in one piece.

`http.client` parses headers as those of an e-mail: it drops all lines after the first malformed one, and
takes longer for that than for the rest of a request. It has a limit of time for each read alone, and none for
interim answers and trailers. Therefore this module reads heads, chunk sizes and trailers itself.
"""

from __future__ import annotations

import http.client
import io
import math
import re
import socket
import ssl
from typing import Any

from mockserver.golang.urls import join_host_port
from mockserver.http.deadline import Deadline
from mockserver.http.proxy import Proxy

MAX_HEAD = 256 << 10  # bytes of all heads of one answer; curl reads 300 KiB of them, Go 10 MiB
MAX_LINE = 64 << 10  # bytes
MAX_HEADERS = 100  # lines of a head, and of a trailer
MAX_INTERIM = 5  # answers with a status of 1xx before the final one, as in Go's client
POLL_SECONDS = 0.25  # between two looks at a deadline, which another thread may move meanwhile
_MAX_CHUNK_LINE = 4096  # bytes, as in Go's client
_BODILESS = (204, 304)  # statuses
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?\r?\n")


class _Socket(io.RawIOBase):
    """The bytes of a socket, read and written until a deadline.

    Attributes:
        deadline: the deadline of all reads and writes.
        stall: the seconds that a single read may take.
        is_blocking: if False, only bytes already received are read.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.file = sock.makefile("rb", buffering=0)  # keeps the socket open when http.client closes it
        self.is_blocking = True
        self.deadline = Deadline()
        self.stall = math.inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_blocking:
            stalled = Deadline(self.stall, self.deadline)
            while True:
                self._wait(stalled)
                try:
                    return int(self._sock.recv_into(buffer))
                except TimeoutError:
                    continue
        self._sock.settimeout(0)
        try:
            return int(self._sock.recv_into(buffer))
        except (BlockingIOError, ssl.SSLWantReadError):
            return None

    def send(self, data: bytes) -> None:
        """Send all of the data.

        Raises:
            TimeoutError: the deadline came first.
        """
        unsent = memoryview(data)
        while unsent:
            self._wait(self.deadline)
            try:
                unsent = unsent[self._sock.send(unsent) :]
            except TimeoutError:
                continue

    def _wait(self, deadline: Deadline) -> None:
        """Let the next operation of the socket take a moment of the time that is left."""
        left = deadline.left
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, POLL_SECONDS))


class Stream(io.BufferedReader):
    """The bytes that a server sends on one connection, buffered across responses so that none are lost."""

    def __init__(self, sock: Any) -> None:
        self._socket = _Socket(sock)
        super().__init__(self._socket)

    def begin(self, deadline: Deadline) -> None:
        """Begin an exchange, whose reads and writes raise TimeoutError once its deadline is over."""
        self._socket.deadline, self._socket.stall = deadline, math.inf

    def limit_stall(self, seconds: float) -> None:
        """Let each further read of the exchange take at most so long."""
        self._socket.stall = seconds

    def send(self, data: bytes) -> None:
        """Send all of the data; raises TimeoutError at the deadline."""
        self._socket.send(data)

    def makefile(self, _: str) -> Stream:
        """Return the stream itself, for `HTTPResponse` calls this on a socket."""
        return self

    def close(self) -> None:
        """Do nothing: a response closes its file, but the connection stays in use."""

    def release(self) -> None:
        """Release the socket, so that it can close."""
        self._socket.file.close()

    def unread(self) -> bytes:
        """The unread bytes that have been received; does not block."""
        self._socket.is_blocking = False
        try:
            return self.peek(1)
        finally:
            self._socket.is_blocking = True


class Headers(list[tuple[str, str]]):
    """Headers in their order, with names as sent and values trimmed; a line without a colon has no value."""

    def get(self, name: str) -> str:
        """The first value of a header, by its lower-case name; "" if there is none."""
        return next((value for key, value in self if key.lower() == name), "")


class Response(http.client.HTTPResponse):
    """A response with its headers as received.

    Attributes:
        declared: the length of the body that its head declares; None if it declares none.
    """

    headers: Headers  # type: ignore[assignment]  # it has the methods that are used here
    declared: int | None = None

    def begin(self) -> None:
        """Read the status line and the headers, after those of interim responses.

        Raises:
            http.client.HTTPException: they are not valid HTTP, or too long or too many.
        """
        budget = MAX_HEAD
        for _ in range(MAX_INTERIM + 1):
            version, status, self.reason = self._read_status()  # type: ignore[attr-defined]  # of the base class
            budget -= len(self.reason)
            self.headers, budget = _read_headers(self.fp, budget)
            if not 100 <= status < 200 or status == 101:  # after 101 the connection has another protocol
                break
        else:
            raise http.client.HTTPException(f"over {MAX_INTERIM} interim responses")
        if not version.startswith(("HTTP/0.9", "HTTP/1.")):
            raise http.client.UnknownProtocol(version)
        self.version = 11 if version > "HTTP/1.0" else 10
        self.code = self.status = status
        length = self.headers.get("content-length")
        self.chunked = self.headers.get("transfer-encoding").lower() == "chunked"
        self.chunk_left = None
        self.length = self.declared = int(length) if length.isdecimal() and not self.chunked else None
        if status < 200 or status in _BODILESS or self._method == "HEAD":  # type: ignore[attr-defined]  # as above
            self.length = 0
        is_closed = self._check_close()  # type: ignore[attr-defined]  # as above
        self.will_close = is_closed or (not self.chunked and self.length is None)

    def _read_next_chunk_size(self) -> int:
        line = self.fp.readline(_MAX_CHUNK_LINE + 1)
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise ValueError(f"{line[:40]!r} is not a chunk size")
        return int(match[1], 16)

    def _read_and_discard_trailer(self) -> None:
        _read_headers(self.fp, MAX_HEAD)


def _read_headers(lines: io.BufferedReader, budget: int) -> tuple[Headers, int]:
    """Read lines up to an empty one; return them and the rest of the budget of bytes.

    Raises:
        http.client.HTTPException: a line is too long, they are too many, or they exceed the budget.
    """
    headers, count = Headers(), 0
    while (line := lines.readline(MAX_LINE + 1)) not in (b"\r\n", b"\n", b""):
        count += 1
        budget -= len(line)
        if len(line) > MAX_LINE or count > MAX_HEADERS or budget < 0:
            limit = f"{MAX_HEADERS} lines" if count > MAX_HEADERS else f"{MAX_HEAD >> 10} KiB"
            limit = f"{MAX_LINE >> 10} KiB in one line" if len(line) > MAX_LINE else limit
            raise http.client.HTTPException(f"the headers exceed {limit}")
        text = line.decode("latin-1").rstrip("\r\n")
        name, _, value = text.partition(":")
        if text.startswith((" ", "\t")) and headers:  # a folded line continues the header before it
            name, value = headers[-1][0], f"{headers.pop()[1]} {text.strip()}"
        headers.append((name, value.strip(" \t")))
    return headers, budget


class Connection(http.client.HTTPConnection):
    """A connection that reads all responses from one stream, and sends each request in one piece.

    Attributes:
        is_connected: True once the server, or the proxy, has accepted the connection.
    """

    stream: Stream

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unsent: list[bytes] = []
        self._proxy: Proxy | None = None
        self._is_tunnel = self.is_connected = False
        self._create_connection = self._connected

    def open(self, deadline: Deadline, proxy: Proxy | None = None, *, is_tunnel: bool = False) -> None:
        """Connect, and open the stream of responses; `is_tunnel` asks the proxy for a tunnel.

        Raises:
            OSError: the connection failed; TimeoutError at the deadline.
        """
        self._deadline, self._proxy, self._is_tunnel = deadline, proxy, is_tunnel
        self.connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = Stream(self.sock)

    def _connected(self, address: tuple[str, int], *_: object) -> socket.socket:
        """A socket that is connected to one of the host's addresses; the deadline holds for all of them.

        `connect` sends a TLS handshake on it, which has the time that is left.
        """
        proxy, origin = self._proxy, address
        if proxy is not None:
            address = (proxy.host, proxy.port)
        error: OSError = OSError("the host has no address")
        for family, kind, protocol, _name, place in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
            left = self._deadline.left
            if left <= 0:
                raise TimeoutError("timed out")
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(left)
                sock.connect(place)
                if proxy is not None and self._is_tunnel:
                    proxy.open_tunnel(sock, join_host_port(*origin), self._deadline)
                sock.settimeout(max(self._deadline.left, 0.001))
            except OSError as failed:
                sock.close()
                error = failed
            else:
                self.is_connected = True
                return sock
        raise error

    def send(self, data: Any) -> None:
        """Buffer a part of a request that `http.client` would send at once."""
        self._unsent.append(data)

    def flush(self) -> None:
        """Send the buffered parts at once, so that the server wakes only once."""
        data, self._unsent = b"".join(self._unsent), []
        self.stream.send(data)

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:  # type: ignore[override]  # only called, never subclassed
        return Response(self.stream, *args, **kwargs)  # type: ignore[arg-type]  # it needs only makefile


class SecureConnection(Connection, http.client.HTTPSConnection):
    """A connection over TLS."""
