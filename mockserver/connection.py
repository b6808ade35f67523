"""A connection to a server that loses nothing of what it sends, and is written to in one piece."""

from __future__ import annotations

import http.client
import io
import ssl
from typing import Any


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
        return http.client.HTTPResponse(self.stream, *args, **kwargs)  # type: ignore[arg-type]  # it needs makefile alone


class SecureConnection(Connection, http.client.HTTPSConnection):
    """The same over TLS."""
