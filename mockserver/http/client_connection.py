"""A connection to a server that loses nothing of what it sends, and is written to in one piece.

`http.client` reads headers as those of a mail: after the first line that is none it drops the rest, and it
takes longer than all else of a request. So they are read here.
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
    """A socket's bytes; unless `waits` is set, only those that are there already."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.file = sock.makefile("rb", buffering=0)  # keeps it open, though http.client may close it
        self.waits = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.waits:
            return int(self.file.readinto(buffer))
        patience = self._sock.gettimeout()
        self._sock.settimeout(0)
        try:
            return int(self._sock.recv_into(buffer))
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        finally:
            self._sock.settimeout(patience)


class Stream(io.BufferedReader):
    """What a server sends, kept from one answer to the next: nothing it sent is lost unseen."""

    def __init__(self, sock: Any) -> None:
        self._socket = _Socket(sock)
        super().__init__(self._socket)

    def makefile(self, _: str) -> Stream:
        """What `HTTPResponse` asks of a socket."""
        return self

    def close(self) -> None:
        """Stay open: an answer closes what it was read from, the connection goes on."""

    def end(self) -> None:
        """Let go of the socket."""
        self._socket.file.close()

    def waiting(self) -> bytes:
        """What came that nobody has read."""
        self._socket.waits = False
        try:
            return self.peek(1)
        finally:
            self._socket.waits = True


class Headers(list[tuple[str, str]]):
    """Names as sent and values trimmed, in their order; a line without a colon is a name without a value."""

    def get(self, name: str) -> str:
        """The first value of a header, by its lower-case name; "" where there is none."""
        return next((value for key, value in self if key.lower() == name), "")


class Response(http.client.HTTPResponse):
    """An answer whose headers are as they came."""

    headers: Headers  # type: ignore[assignment]  # what is used of it is there

    def begin(self) -> None:
        """Read what comes before the body.

        Raises:
            http.client.HTTPException: it is no HTTP, or has too long or too many lines.
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
            told = f"over {MAX_LINE >> 10} KiB in one" if len(line) > MAX_LINE else f"over {MAX_HEADERS}"
            raise http.client.HTTPException(f"headers, {told}")
        text = line.decode("latin-1").rstrip("\r\n")
        name, _, value = text.partition(":")
        if text[0] in " \t" and headers:  # a folded line goes on with the one before
            name, value = headers[-1][0], f"{headers.pop()[1]} {text.strip()}"
        headers.append((name, value.strip(" \t")))
    return headers


class Connection(http.client.HTTPConnection):
    """A connection whose answers are read from one stream, and whose requests leave whole."""

    stream: Stream

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._written: list[bytes] = []

    def listen(self) -> None:
        """Begin to read answers, once it is connected."""
        self.stream = Stream(self.sock)

    def send(self, data: Any) -> None:
        """Keep a part of a request, which `http.client` sends by itself."""
        self._written.append(data)

    def send_whole(self) -> None:
        """Send what was kept, so that a server is woken once."""
        data, self._written = b"".join(self._written), []
        self.sock.sendall(data)

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:  # type: ignore[override]  # called, never derived from
        return Response(self.stream, *args, **kwargs)  # type: ignore[arg-type]  # it needs makefile alone


class SecureConnection(Connection, http.client.HTTPSConnection):
    """The same over TLS."""
