"""The server: connections on an asyncio loop, requests answered by a WSGI application in threads.

It speaks HTTP/1 as the gateway's own server does. The libraries at hand hide what has to be exact:
methods nobody knows, the target as sent, header names, what is chunked, Go's own refusals.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mockserver.http.messages import (
    HEAD_END,
    MAX_HEAD,
    BadMessage,
    Chunks,
    DropConnection,
    Head,
    is_open_ended,
    parse_head,
    response_bytes,
)

MAX_BODY = 256 << 20  # bytes; a gateway has no limit of its own
READ_SECONDS = 120  # for one whole request, as the gateway's default
THREADS = 256  # made when needed; a delayed answer holds one

Application = Callable[..., Iterable[bytes]]
Answer = tuple[int, list[tuple[str, str]], bytes]


class WireServer:
    """Serves one WSGI application on one listening socket until it is stopped.

    `short_way` is asked first for a request that came whole and alone; None lets the application answer.
    `elsewhere` takes a connection that the short way does not answer, with what came of its request.
    """

    def __init__(
        self,
        app: Application | None,
        listener: socket.socket,
        short_way: Callable[[bytes], bytes | None] | None = None,
        elsewhere: Callable[[asyncio.Transport, bytes], None] | None = None,
    ) -> None:
        self.app = app
        self.short_way = short_way
        self.elsewhere = elsewhere
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.connections: set[_Connection] = set()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tyk-contract")
        self.stopping = False
        self._listener = listener
        self._adopting: set[asyncio.Task[Any]] = set()  # a task that nobody holds is lost

    async def run(self, stop: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` is set; then finish what is being answered."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), sock=self._listener)
        started()
        await stop.wait()
        self.stopping = True
        server.close()
        for connection in tuple(self.connections):
            connection.close_when_idle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while self.connections:  # noqa: ASYNC110  at the end only, and not for long
                    await asyncio.sleep(0.005)
        self.threads.shutdown(wait=False, cancel_futures=True)

    def adopt(self, loop: asyncio.AbstractEventLoop, connection: socket.socket, data: bytes) -> None:
        """Go on with a connection that another process took, and read so much of."""
        task = loop.create_task(loop.connect_accepted_socket(lambda: _Connection(self, data), connection))
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    def call(self, head: Head, body: bytes, peer: tuple[Any, ...]) -> Answer:
        """Ask the application; runs in a thread."""
        if (head.method, head.target) == ("OPTIONS", "*"):  # net/http answers this by itself
            return 200, [], b""
        caught: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            caught[:] = [int(status[:3]), headers]

        assert self.app is not None
        chunks = self.app(self._environ(head, body, peer), start_response)
        try:
            content = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        return caught[0], caught[1], content

    def _environ(self, head: Head, body: bytes, peer: tuple[Any, ...]) -> dict[str, Any]:
        path, _, query = head.target.partition("?")
        environ = {
            "REQUEST_METHOD": head.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": head.target,
            "SERVER_NAME": self.address[0],
            "SERVER_PORT": str(self.address[1]),
            "SERVER_PROTOCOL": "HTTP/{}.{}".format(*head.version),
            "REMOTE_ADDR": peer[0] if peer else "",
            "CONTENT_LENGTH": str(len(body)) if body or head.get("content-length") else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in head.headers:
            if "_" in name:
                continue  # would be taken for the header with hyphens, which Go keeps apart
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ.setdefault(key, value)
            elif key != "CONTENT_LENGTH":
                environ.setdefault(f"HTTP_{key}", value)  # of several, Go's Get sees the first
        return environ


class _Connection(asyncio.Protocol):
    """One client: requests in their order, one at a time."""

    def __init__(self, server: WireServer, read_before: bytes = b"") -> None:
        self._server = server
        self._read_before = read_before
        self._data = bytearray()
        self._head: Head | None = None
        self._chunks: Chunks | None = None
        self._busy = False
        self._ended = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._server.connections.add(self)
        self._wait_for_request()
        if self._read_before:
            self.data_received(self._read_before)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        if not (self._busy or self._data or self._head or self._server.stopping) and self._server.short_way:
            answer = self._server.short_way(data)
            if answer is not None:
                self._asked_at = self._loop.time()
                self._transport.write(answer)
                return
        if self._server.elsewhere:
            self._server.elsewhere(self._transport, data)
            return
        self._data += data
        if self._busy:
            if len(self._data) > MAX_HEAD:
                self._transport.pause_reading()
            return
        self._advance()

    def eof_received(self) -> bool:
        self._ended = True
        if self._busy:
            return True
        if self._head is not None:
            chunks = self._chunks  # what came of a chunked body is read, half of another is not
            self._start(self._head, chunks.body if chunks else b"", close=chunks is not None)
            return True
        if self._data:
            self._transport.write(BadMessage("400 Bad Request").answer)
            self._transport.close()
        return False

    def close_when_idle(self) -> None:
        """Close now, or after the answer that is being made."""
        if not self._busy:
            self._transport.close()

    def _wait_for_request(self) -> None:
        self._head = self._chunks = None
        self._asked_at = self._loop.time()
        self._timer = self._loop.call_later(READ_SECONDS, self._expire)

    def _expire(self) -> None:
        """Give up a client that sent no whole request in time."""
        left = self._asked_at + READ_SECONDS - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._expire)
        else:
            self._transport.abort()

    def _advance(self) -> None:
        """Take one request off the front of the data, if it is whole."""
        try:
            if self._head is None and not self._take_head():
                return
            assert self._head is not None
            if self._head.length < 0:
                self._take_chunks(self._head)
            elif len(self._data) >= self._head.length:
                body = bytes(self._data[: self._head.length])
                del self._data[: self._head.length]
                self._start(self._head, body)
        except BadMessage as error:
            self._transport.write(error.answer)
            self._transport.close()

    def _take_head(self) -> bool:
        end = HEAD_END.search(self._data)
        if end is None or end.start() > MAX_HEAD:
            if len(self._data) > MAX_HEAD:
                raise BadMessage("431 Request Header Fields Too Large")
            return False
        self._head = parse_head(bytes(self._data[: end.start()]))
        del self._data[: end.end()]
        if self._head.length > MAX_BODY:
            raise BadMessage("413 Request Entity Too Large")
        expectation = self._head.get("expect").lower()
        if expectation == "100-continue" and self._head.length:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif expectation and expectation != "100-continue":
            self._transport.write(response_bytes(self._head, 417, [], b"", close=True))
            self._transport.close()
            return False
        return True

    def _take_chunks(self, head: Head) -> None:
        if self._chunks is None:
            self._chunks = Chunks()
        self._chunks.take(self._data)
        if len(self._chunks.body) > MAX_BODY:
            raise BadMessage("413 Request Entity Too Large")
        if self._chunks.done:
            self._start(head, self._chunks.body, close=self._chunks.broken)

    def _start(self, head: Head, body: bytes, *, close: bool = False) -> None:
        self._busy = True
        if self._timer:
            self._timer.cancel()
        peer = self._transport.get_extra_info("peername") or ()
        answer = self._loop.run_in_executor(self._server.threads, self._server.call, head, body, peer)
        answer.add_done_callback(lambda done: self._finish(head, done, close))

    def _finish(self, head: Head, done: asyncio.Future[Answer], close: bool) -> None:
        self._busy = False
        if done.cancelled() or self._transport.is_closing():
            self._transport.abort()
            return
        error = done.exception()
        if error is not None:
            if not isinstance(error, DropConnection):
                self._loop.call_exception_handler({"message": "request failed", "exception": error})
            self._transport.abort()
            return
        status, headers, body = done.result()
        ends = head.version < (1, 1) and is_open_ended(head, status, headers, body)
        told = close or ends or self._server.stopping or not head.keeps_alive
        self._transport.write(response_bytes(head, status, headers, body, close=told))
        if told or self._ended:
            self._transport.close()
            return
        self._transport.resume_reading()
        self._wait_for_request()
        if self._data:
            self._advance()
