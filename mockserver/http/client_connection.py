"""A client connection that preserves all received bytes, and sends each request in one piece.

`http.client` parses headers as those of an e-mail: it drops all lines after the first malformed one, and
takes longer for that than for the rest of a request. Therefore this module parses them.
"""

from __future__ import annotations

import http.client
import io
import ssl
from typing import Any

MAX_LINE = 64 << 10  # bytes
MAX_HEADERS = 100
_BODILESS = (204, 304)  # statuses


class _Socket(io.RawIOBase):
    """The bytes of a socket; if `is_blocking` is False, only those already received."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.file = sock.makefile("rb", buffering=0)  # keeps the socket open when http.client closes it
        self.is_blocking = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_blocking:
            return int(self.file.readinto(buffer))
        timeout = self._sock.gettimeout()
        self._sock.settimeout(0)
        try:
            return int(self._sock.recv_into(buffer))
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        finally:
            self._sock.settimeout(timeout)


class Stream(io.BufferedReader):
    """The bytes that a server sends on one connection, buffered across responses so that none are lost."""

    def __init__(self, sock: Any) -> None:
        self._socket = _Socket(sock)
        super().__init__(self._socket)

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
    """A response with its headers as received."""

    headers: Headers  # type: ignore[assignment]  # it has the methods that are used here

    def begin(self) -> None:
        """Read the status line and the headers.

        Raises:
            http.client.HTTPException: they are not valid HTTP, or have too long or too many lines.
        """
        status = 100
        while status == 100:
            version, status, self.reason = self._read_status()  # type: ignore[attr-defined]  # of the base class
            self.headers = _read_headers(self.fp)
        if not version.startswith(("HTTP/0.9", "HTTP/1.")):
            raise http.client.UnknownProtocol(version)
        self.version = 11 if version > "HTTP/1.0" else 10
        self.code = self.status = status
        length = self.headers.get("content-length")
        self.chunked = self.headers.get("transfer-encoding").lower() == "chunked"
        self.chunk_left = None
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        if status < 200 or status in _BODILESS or self._method == "HEAD":  # type: ignore[attr-defined]  # as above
            self.length = 0
        is_closed = self._check_close()  # type: ignore[attr-defined]  # as above
        self.will_close = is_closed or (not self.chunked and self.length is None)


def _read_headers(lines: io.BufferedReader) -> Headers:
    headers = Headers()
    while (line := lines.readline(MAX_LINE + 1)) not in (b"\r\n", b"\n", b""):
        if len(line) > MAX_LINE or len(headers) == MAX_HEADERS:
            limit = f"{MAX_LINE >> 10} KiB in one line" if len(line) > MAX_LINE else f"{MAX_HEADERS} lines"
            raise http.client.HTTPException(f"the headers exceed {limit}")
        text = line.decode("latin-1").rstrip("\r\n")
        name, _, value = text.partition(":")
        if text[0] in " \t" and headers:  # a folded line continues the header before it
            name, value = headers[-1][0], f"{headers.pop()[1]} {text.strip()}"
        headers.append((name, value.strip(" \t")))
    return headers


class Connection(http.client.HTTPConnection):
    """A connection that reads all responses from one stream, and sends each request in one piece."""

    stream: Stream

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unsent: list[bytes] = []

    def open_stream(self) -> None:
        """Open the stream of responses; the connection must be established."""
        self.stream = Stream(self.sock)

    def send(self, data: Any) -> None:
        """Buffer a part of a request that `http.client` would send at once."""
        self._unsent.append(data)

    def flush(self) -> None:
        """Send the buffered parts at once, so that the server wakes only once."""
        data, self._unsent = b"".join(self._unsent), []
        self.sock.sendall(data)

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:  # type: ignore[override]  # only called, never subclassed
        return Response(self.stream, *args, **kwargs)  # type: ignore[arg-type]  # it needs only makefile


class SecureConnection(Connection, http.client.HTTPSConnection):
    """A connection over TLS."""
