"""The HTTP server: connections on an asyncio loop, with one function that answers all requests.

It follows HTTP/1 as the gateway's own server does. Existing libraries hide details that must be exact:
unknown methods, the target as sent, the case of header names, chunking, and Go's own refusals.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from mockserver.http.messages import (
    HEAD_END,
    MAX_HEAD,
    BadMessage,
    ChunkedBody,
    DropConnection,
    Reply,
    Request,
    RequestHead,
    parse_head,
)
from mockserver.http.responses import is_open_ended, response_bytes

MAX_BODY = 256 << 20  # bytes; the gateway itself has no limit
READ_SECONDS = 120  # until a request must be complete, as by the gateway's default
THREADS = 256  # started when needed; a delayed answer occupies one
CACHED_HEADS = 2000  # the cache of parsed heads is cleared when it is full
MAX_CACHED_HEAD = 4096  # bytes; longer heads are not cached


class WouldBlock(Exception):
    """The answer may have to wait, so the request must be repeated in a thread; nothing has been done yet."""


class Answerer(Protocol):
    """The function that answers the requests of a server."""

    def __call__(self, request: Request, *, blocking: bool = True) -> Reply:
        """The reply to a request.

        Raises:
            WouldBlock: the reply may have to wait, and `blocking` is False.
            DropConnection: the server must close the connection without an answer.
        """


class HttpServer:
    """A server on one listening socket.

    Attributes:
        answer: the function that answers requests.
        address: the host and the port.
        connections: the open connections.
        threads: the executor of answers that may wait.
        stopping: True once the server accepts no more connections.
        heads: a cache of parsed heads, by their bytes.
    """

    def __init__(self, answer: Answerer, listener: socket.socket) -> None:
        self.answer = answer
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.connections: set[_Connection] = set()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tyk-contract")
        self.stopping = False
        self._listener = listener
        self.heads: dict[bytes, RequestHead] = {}

    async def run(self, stop: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` is set, then finish the requests in progress; calls `started` when listening."""
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
                while self.connections:  # noqa: ASYNC110  only at shutdown, and not for long
                    await asyncio.sleep(0.005)
        self.threads.shutdown(wait=False, cancel_futures=True)

    def parse(self, data: bytes) -> RequestHead:
        """Parse the request line and the headers, and cache the result.

        Raises:
            BadMessage: net/http refuses the request.
        """
        head = parse_head(data)
        if len(data) <= MAX_CACHED_HEAD:
            if len(self.heads) >= CACHED_HEADS:
                self.heads.clear()
            self.heads[data] = head
        return head


class _Connection(asyncio.Protocol):
    """The connection of one client, whose requests are answered in order, one at a time."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._unread = bytearray()
        self._head: RequestHead | None = None
        self._chunks: ChunkedBody | None = None
        self._busy = False
        self._ended = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._client = str((transport.get_extra_info("peername") or ("",))[0])
        self._server.connections.add(self)
        self._waiting_since = self._loop.time()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if self._busy:
            if len(self._unread) > MAX_HEAD:
                self._transport.pause_reading()
            return
        self._advance()

    def eof_received(self) -> bool:
        self._ended = True
        if self._busy:
            return True
        if self._head is not None:
            chunks = self._chunks  # complete chunks count, an incomplete last one does not
            self._respond(self._head, chunks.body if chunks else b"", close=chunks is not None)
            return True
        if self._unread:
            self._transport.write(BadMessage("400 Bad Request").answer)
            self._transport.close()
        return False

    def close_when_idle(self) -> None:
        """Close the connection now, or after the answer in progress."""
        if not self._busy:
            self._transport.close()

    def _watch(self) -> None:
        """Abort the connection if the client does not complete a request in time."""
        remaining = self._waiting_since + READ_SECONDS - self._loop.time()
        if remaining > 0:
            self._timer = self._loop.call_later(remaining, self._watch)
        elif self._busy:
            self._timer = self._loop.call_later(READ_SECONDS, self._watch)
        else:
            self._transport.abort()

    def _advance(self) -> None:
        """Answer the complete requests in the buffer, until an answer has to wait."""
        try:
            while self._unread and not self._busy and not self._transport.is_closing():
                if not self._take_request():
                    return
        except BadMessage as error:
            self._transport.write(error.answer)
            self._transport.close()

    def _take_request(self) -> bool:
        """Take one request off the front of the buffer and answer it; returns False if it is incomplete."""
        if self._head is None and not self._take_head():
            return False
        head = self._head
        assert head is not None
        length = head.length
        if length < 0:
            return self._take_chunks(head)
        if len(self._unread) < length:
            return False
        body = b""
        if length:
            body = bytes(self._unread[:length])
            del self._unread[:length]
        self._respond(head, body)
        return True

    def _take_head(self) -> bool:
        blank = self._unread.find(b"\r\n\r\n")
        head = self._server.heads.get(bytes(self._unread[:blank])) if blank > 0 else None
        if head is not None:  # identical bytes have been parsed before
            del self._unread[: blank + 4]
        else:
            end = HEAD_END.search(self._unread)
            if end is None or end.start() > MAX_HEAD:
                if len(self._unread) > MAX_HEAD:
                    raise BadMessage("431 Request Header Fields Too Large")
                return False
            head = self._server.parse(bytes(self._unread[: end.start()]))
            del self._unread[: end.end()]
        if head.length > MAX_BODY:
            raise BadMessage("413 Request Entity Too Large")
        expectation = head.get("expect").lower()
        if expectation == "100-continue" and head.length:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif expectation and expectation != "100-continue":
            self._transport.write(response_bytes(head, Reply(b"", 417, ()), close=True))
            self._transport.close()
            return False
        self._head = head
        return True

    def _take_chunks(self, head: RequestHead) -> bool:
        if self._chunks is None:
            self._chunks = ChunkedBody()
        self._chunks.take(self._unread)
        if len(self._chunks.body) > MAX_BODY:
            raise BadMessage("413 Request Entity Too Large")
        if not self._chunks.done:
            return False
        self._respond(head, self._chunks.body, close=self._chunks.broken)
        return True

    def _respond(self, head: RequestHead, body: bytes, *, close: bool = False) -> None:
        if (head.method, head.target) == ("OPTIONS", "*"):  # net/http itself answers this request
            self._write(head, Reply(b"", 200, ()), close=close)
            return
        request = Request(head, body, self._client)
        try:
            reply = self._server.answer(request, blocking=False)
        except WouldBlock:
            self._busy = True
            answering = self._loop.run_in_executor(self._server.threads, self._server.answer, request)
            answering.add_done_callback(lambda done: self._finish(head, done, close=close))
        except DropConnection:
            self._transport.abort()
        else:
            self._write(head, reply, close=close)

    def _finish(self, head: RequestHead, done: asyncio.Future[Reply], *, close: bool) -> None:
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
        self._write(head, done.result(), close=close)
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._advance()

    def _write(self, head: RequestHead, reply: Reply, *, close: bool) -> None:
        self._head = self._chunks = None
        closes = close or self._server.stopping or not head.keeps_alive
        closes = closes or (head.version < (1, 1) and is_open_ended(head, reply))
        self._transport.write(response_bytes(head, reply, close=closes))
        if closes or self._ended:
            self._transport.close()
        else:
            self._waiting_since = self._loop.time()
