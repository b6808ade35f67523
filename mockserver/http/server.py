"""The HTTP server: it accepts connections, and has one function answer all their requests.

It follows HTTP/1 as the gateway's own server does. Existing libraries hide details that must be exact:
unknown methods, the target as sent, the case of header names, chunking, and Go's own refusals.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from mockserver.http.connection import Connection
from mockserver.http.failures import LOG, log_failure
from mockserver.http.lanes import Lane
from mockserver.http.limits import Limits
from mockserver.http.memory import Memory
from mockserver.http.messages import Answerer, BadMessage, Reply, Request, RequestHead, parse_head

CACHED_HEADS = 2000  # the cache of parsed heads is cleared when it is full
MAX_CACHED_HEAD = 4096  # bytes; longer heads are not cached
RETRY_SECONDS = 0.01  # until a connection is accepted again after the system has refused one


def _decides_nothing(_: Request) -> bool:
    return False


def _is_not_told(*_: object) -> None:
    return None


class HttpServer:
    """A server on one listening socket.

    Args:
        answer: the function that answers requests.
        listener: the socket, which does not block.
        refuses: True, given a request without its body, if the answer does not depend on the body.
        limits: what clients may make the server keep.
        refused: is told of each request that the server itself refuses, with the status and the reason; of a
            request whose head cannot be read, with what is known of its first line.

    Attributes:
        address: the host and the port.
        connections: the open connections.
        lanes: the threads for answers that may have to wait, by lane.
        stopping: True once the server accepts no more connections.
        heads: a cache of parsed heads, by their bytes.
        memory: what all connections make the server keep.
    """

    def __init__(
        self,
        answer: Answerer,
        listener: socket.socket,
        refuses: Callable[[Request], bool] = _decides_nothing,
        limits: Limits | None = None,
        refused: Callable[[Request, int, str], None] = _is_not_told,
    ) -> None:
        self.answer = answer
        self.refuses = refuses
        self.refused = refused
        self.limits = limits or Limits()
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.connections: set[Connection] = set()
        self.lanes: dict[str, Lane[Request, Reply]] = {}
        self.stopping = False
        self.heads: dict[bytes, RequestHead] = {}
        self.memory = Memory()
        self._listener = listener
        self._is_crowded = False

    async def run(self, stop: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` is set, then finish the requests in progress; calls `started` when listening."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_context)
        accepting = loop.create_task(self._accept())
        started()
        await stop.wait()
        self.stopping = True
        accepting.cancel()
        self._listener.close()
        for connection in tuple(self.connections):
            connection.close_when_idle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.stop_seconds):
                while self.connections:  # noqa: ASYNC110  only at shutdown, and not for long
                    await asyncio.sleep(0.005)
        for connection in tuple(self.connections):
            connection.abort()
        for lane in self.lanes.values():
            lane.close()
        await asyncio.sleep(0)  # the aborted connections are told

    def parse(self, data: bytes) -> RequestHead:
        """Parse the request line and the headers, and cache the result.

        Raises:
            BadMessage: net/http refuses the request, or its body is going to be too long.
        """
        if data.count(b"\n") > self.limits.lines:
            raise BadMessage("431 Request Header Fields Too Large", "the head has too many lines")
        head = parse_head(data)
        if head.length > self.limits.body:
            raise BadMessage("413 Request Entity Too Large", "the body is too long")
        if len(data) <= MAX_CACHED_HEAD:
            if len(self.heads) >= CACHED_HEADS:
                self.heads.clear()
            self.heads[data] = head
        return head

    def answer_in_thread(
        self, lane: str, request: Request, done: Callable[[Reply | BaseException], None]
    ) -> None:
        """Answer a request in a thread, then call `done` on the event loop with the reply or the error.

        Raises:
            LaneFull: too many requests wait for an answer.
        """
        loop = asyncio.get_running_loop()

        def hand_over(result: Reply | BaseException) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits for the answer
                loop.call_soon_threadsafe(done, result)

        if lane not in self.lanes:
            limits = self.limits
            self.lanes[lane] = Lane("tyk-contract", limits.threads[lane], limits.waiting)
        self.lanes[lane].put(self.answer, request, hand_over)

    def admit(self, connection: Connection) -> None:
        """Take a new connection; if there are too many, the one that is idle longest is closed."""
        if len(self.connections) >= self.limits.connections:
            self._make_room(f"{self.limits.connections} connections are open")
        self.connections.add(connection)

    def forget(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self.connections.discard(connection)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listener)
                await loop.connect_accepted_socket(lambda: Connection(self), accepted)
            except OSError as error:  # no more file descriptors, or the client has gone already
                self._make_room(f"no connection can be accepted: {error.strerror}")
                await asyncio.sleep(RETRY_SECONDS)

    def _make_room(self, reason: str) -> None:
        """Close the connection that is idle longest, or else waits longest; the first time is logged."""
        if not self._is_crowded:
            self._is_crowded = True
            LOG.warning("%s; the one that is idle longest is closed. Raise the limit with ulimit -n", reason)
        if self.connections:
            connection = min(self.connections, key=lambda connection: connection.worth)
            self.forget(connection)
            connection.abort()


def _log_context(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log a failure that asyncio reports, in one line instead of a traceback."""
    error = context.get("exception")
    if error is None:
        LOG.error("the server failed: %s", context["message"])
    else:
        log_failure("a connection", error)
