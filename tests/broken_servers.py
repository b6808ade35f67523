"""Servers that are broken in one way each: a proxy in front of a mock that spoils requests or answers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Asked:
    """A request as the proxy got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def is_write(self) -> bool:
        """True if it may change the gateway."""
        return self.method in {"POST", "PUT", "DELETE"}

    def header(self, name: str) -> str:
        """A header of the request; "" if it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def with_header(self, name: str, value: str) -> Asked:
        """The request with this value of a header, and no other."""
        kept = [(key, other) for key, other in self.headers if key.lower() != name.lower()]
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Answered:
    """An answer as the proxy sends it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    reason: str | None = None
    length: int = 0  # that an answer to a HEAD announces
    is_chunked: bool = False

    def header(self, name: str) -> str:
        """A header of the answer; "" if it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def with_header(self, name: str, *values: str) -> Answered:
        """The answer with these values of a header, and no others."""
        kept = [(key, value) for key, value in self.headers if key.lower() != name.lower()]
        return replace(self, headers=(*kept, *((name, value) for value in values)))


Forward = Callable[[Asked], Answered]
Spoil = Callable[[Asked, Forward], Answered]


def said(status: int, body: str, content_type: str = "application/json") -> Answered:
    """An answer of the proxy's own."""
    headers = (("Content-Type", content_type), ("Date", formatdate(usegmt=True)))
    return Answered(status, headers, body.encode())


class Upstream:
    """The server behind the proxy, over one connection for each thread."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def forward(self, asked: Asked) -> Answered:
        """Send a request on; once more if the connection was closed meanwhile."""
        try:
            return self._sent(asked)
        except (OSError, http.client.HTTPException):
            self._local.connection.close()
            return self._sent(asked)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()

    def _sent(self, asked: Asked) -> Answered:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(self._host, timeout=30)
            self._connections.append(connection)
        connection.putrequest(asked.method, asked.target, skip_host=True, skip_accept_encoding=True)
        of_this_hop = _HOP | {name.strip().lower() for name in asked.header("Connection").split(",")}
        for name, value in asked.headers:
            if name.lower() not in of_this_hop:
                connection.putheader(name, value)
        if asked.body or asked.is_write:
            connection.putheader("Content-Length", str(len(asked.body)))
        connection.endheaders(asked.body)
        response = connection.getresponse()
        headers = tuple((name, value) for name, value in response.getheaders() if name.lower() not in _HOP)
        length = int(response.getheader("Content-Length") or 0)
        return Answered(response.status, headers, response.read(), response.reason, length, response.chunked)


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client of the proxy."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    spoil: Spoil
    forward: Forward

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        is_chunked = "chunked" in (self.headers.get("Transfer-Encoding") or "")
        size = int(self.headers.get("Content-Length") or 0)
        body = self._chunks() if is_chunked else self.rfile.read(size)
        target = self.requestline.split()[1]  # `path` has one slash for two at its beginning
        asked = Asked(self.command, target, tuple(self.headers.items()), body)
        kind = type(self)
        try:
            answered = kind.spoil(asked, kind.forward)
        except ConnectionAbortedError:
            self.close_connection = True
            return
        self.send_response_only(answered.status, answered.reason)
        for name, value in answered.headers:
            self.send_header(name, value)
        self._send_body(answered, has_body=asked.method != "HEAD")
        self.wfile.flush()

    def _send_body(self, answered: Answered, *, has_body: bool) -> None:
        if answered.is_chunked and has_body:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            chunk = b"%x\r\n%s\r\n" % (len(answered.body), answered.body) if answered.body else b""
            self.wfile.write(chunk + b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(answered.body) if has_body else answered.length))
        self.end_headers()
        if has_body:
            self.wfile.write(answered.body)

    def _chunks(self) -> bytes:
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def proxied(upstream: str, spoil: Spoil) -> Iterator[str]:
    """The URL of a proxy in front of a server, which spoils what goes through it."""
    behind = Upstream(upstream)
    members = {"spoil": staticmethod(spoil), "forward": staticmethod(behind.forward)}
    handler = type("Handler", (_Handler,), members)
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()  # waits for the threads of all connections
            behind.close()
