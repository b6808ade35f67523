"""One connection of the HTTP server, whose requests are answered in order, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from mockserver.http.failures import describe, error_reply, log_failure
from mockserver.http.lanes import LaneFull
from mockserver.http.limits import TURN
from mockserver.http.memory import Share
from mockserver.http.messages import (
    BadMessage,
    DropConnection,
    FaultyReply,
    Reply,
    Request,
    WouldBlock,
    parse_head,
)
from mockserver.http.request_reader import Received, RequestReader
from mockserver.http.responses import is_open_ended, response_bytes
from mockserver.http.server_part import Server
from mockserver.http.slow_body import SlowBody, abort, cut

# what a connection waits for before it takes another request
ANSWER = "answer"  # its present request is being answered
CLIENT = "client"  # the client has not read the answers so far
OTHERS = "others"  # other connections have their turn
END = "end"  # it has sent its last answer, and lets the client read it

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ANY_HEAD = parse_head(b"GET / HTTP/1.1\r\nHost: h")  # for an answer that depends on no request


class Connection(asyncio.Protocol):
    """The connection of one client.

    Attributes:
        waiting_since: the time of the event loop since which a request is awaited, or its answer read.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._waits_for: set[str] = set()
        self._ended = False
        self._answering = 0  # bytes of the body of the request that is being answered
        self._share = Share(server.memory)
        self._timer: asyncio.TimerHandle | None = None
        self._late: Callable[[], None] | None = None  # sends the answer that is delayed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._client = str((transport.get_extra_info("peername") or ("",))[0])
        self._reader = RequestReader(self._server, self._client, lambda: transport.write(CONTINUE))
        self._unread = self._reader.unread
        self.waiting_since = self._loop.time()
        self._server.admit(self)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.forget(self)
        self._share.release()
        self._late = None
        if self._timer:
            self._timer.cancel()

    @property
    def is_idle(self) -> bool:
        """True unless a request is being answered."""
        return ANSWER not in self._waits_for

    @property
    def worth(self) -> tuple[int, float]:
        """The order in which connections may be closed: idle ones, delayed ones, others; the oldest first."""
        return 0 if self.is_idle else 1 if self._late else 2, self.waiting_since

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._waits_for:
            self._advance()
        elif END in self._waits_for:
            self._unread.clear()
        else:
            self._account()

    def eof_received(self) -> bool:
        self._ended = True
        if not self._waits_for:
            self._end_input()
        return END not in self._waits_for  # True keeps it open until all is answered

    def pause_writing(self) -> None:
        self._waits_for.add(CLIENT)

    def resume_writing(self) -> None:
        self._loop.call_soon(self._go_on, CLIENT)  # not within a write, where a close would end it twice

    def close_when_idle(self) -> None:
        """Close the connection now, or after the answer in progress; a delay ends."""
        if self.is_idle:
            self._transport.close()
        elif self._late:
            self._late()

    def abort(self) -> None:
        """Close the connection, whatever is not sent yet."""
        self._transport.abort()

    def _watch(self) -> None:
        """Abort the connection if the client does not complete a request, or read the answer, in time."""
        seconds = self._server.limits.read_seconds
        remaining = self.waiting_since + seconds - self._loop.time()
        if remaining > 0 or not self.is_idle:
            self._timer = self._loop.call_later(remaining if remaining > 0 else seconds, self._watch)
        else:
            self._transport.abort()

    def _advance(self) -> None:
        """Answer the complete requests in the buffer, until an answer has to wait."""
        left = TURN
        try:
            while self._unread and not self._waits_for and not self._transport.is_closing():
                received = self._reader.take() if left else None
                if received is None:
                    if not left or self._reader.is_interrupted:
                        self._wait_for_turn()
                    break
                left -= 1
                self._respond(received)
            else:
                if not self._share.held and not self._waits_for and not self._ended:
                    return  # nothing is kept, as is the rule
        except BadMessage as error:
            self._refuse(error.answer)
        except Exception as error:  # noqa: BLE001  a failure of ours is answered, whatever it is
            log_failure("reading a request", error)
            self._refuse(response_bytes(ANY_HEAD, error_reply(describe(error)), close=True))
        self._account()
        if self._ended and not self._waits_for:
            self._end_input()

    def _wait_for_turn(self) -> None:
        self._waits_for.add(OTHERS)
        self._loop.call_soon(self._go_on, OTHERS)

    def _go_on(self, reason: str) -> None:
        """Take further requests, for the connection no longer waits for this."""
        self._waits_for.discard(reason)
        if not self._waits_for and not self._transport.is_closing():
            self._advance()

    def _end_input(self) -> None:
        """Answer a request that the client has truncated, and close the connection."""
        if self._transport.is_closing():
            return
        try:
            if received := self._reader.end():
                self._respond(received)
        except BadMessage as error:
            self._transport.write(error.answer)
        if self.is_idle:
            self._transport.close()

    def _account(self) -> None:
        """Note what is kept for this connection; read no more than may be, end it if all hold too much."""
        limits = self._server.limits
        if self._waits_for and len(self._unread) > limits.head:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        received = self._reader.size + self._answering
        if self._share.change(received, self._transport.get_write_buffer_size(), limits):
            return
        if self._waits_for:  # a refusal would come before the answers to earlier requests
            self._transport.abort()
        else:
            message = "too many bytes of unfinished requests are held; try again later"
            self._refuse(response_bytes(ANY_HEAD, error_reply(message, 503), close=True))

    def _refuse(self, answer: bytes) -> None:
        """Answer for the last time, and let the client read it while it may still be sending.

        If the connection ended at once, the client's system could discard the answer (net/http/server.go,
        closeWriteAndWait).
        """
        self._transport.write(answer)
        self._linger()

    def _linger(self) -> None:
        self._waits_for.add(END)
        self._reader.clear()
        self._account()
        if self._ended or self._server.stopping:
            self._transport.close()
            return
        with contextlib.suppress(OSError):  # the client has gone
            self._transport.write_eof()
        self._loop.call_later(self._server.limits.linger_seconds, self._transport.close)

    def _respond(self, received: Received) -> None:
        head, body = received.head, received.body
        if (head.method, head.target) == ("OPTIONS", "*"):  # net/http itself answers this request
            self._write(received, Reply(b"", 200, ()))
            return
        request = Request(head, body, self._client, received.is_whole)
        try:
            reply = self._server.answer(request, blocking=False)
        except WouldBlock as block:
            self._respond_in_thread(block.lane, request, received)
        except Exception as error:  # noqa: BLE001  a failure of the application is answered too
            self._deliver(received, error)
        else:
            if reply.delay:
                self._deliver(received, reply)
            else:
                self._write(received, reply)

    def _respond_in_thread(self, lane: str, request: Request, received: Received) -> None:
        """Answer a request in a thread, while the connection waits."""

        def finish(result: Reply | BaseException) -> None:
            self._answering = 0
            if self._transport.is_closing():
                self._transport.abort()
            else:
                self._deliver(received, result)
                if not self._late:
                    self._go_on(ANSWER)

        self._waits_for.add(ANSWER)
        self._answering = len(request.body)
        try:
            self._server.answer_in_thread(lane, request, finish)
        except LaneFull as error:
            self._answering = 0
            self._waits_for.discard(ANSWER)
            self._server.refused(request, 503, str(error))
            self._write(received, error_reply(str(error), 503))

    def _deliver(self, received: Received, result: Reply | BaseException) -> None:
        """Send a reply, or close the connection if there is none, after the delay that is asked for."""
        if not isinstance(result, Reply | DropConnection):
            log_failure("an answer", result)
            result = error_reply(describe(result))
        if not result.delay or self._server.stopping:
            self._send(received, result)
            return

        def send() -> None:
            timer.cancel()
            self._late = None
            self._send(received, result)
            self._go_on(ANSWER)

        self._waits_for.add(ANSWER)
        timer = self._loop.call_later(result.delay, send)
        self._late = send

    def _send(self, received: Received, result: Reply | DropConnection) -> None:
        if isinstance(result, DropConnection):
            abort(self._transport, reset=result.reset)
        elif isinstance(result, FaultyReply):
            self._write_badly(received, result)
        elif not self._transport.is_closing():
            self._write(received, result)

    def _write_badly(self, received: Received, reply: FaultyReply) -> None:
        """Send an answer that is slow or cut; a connection whose answer was cut is closed."""

        def finish() -> None:
            self._late = None
            self.waiting_since = self._loop.time()
            self._go_on(ANSWER)

        closes, is_cut = self._closes(received, reply), reply.truncate is not None
        data = cut(response_bytes(received.head, reply, close=closes), reply.truncate)
        self._waits_for.add(ANSWER)
        rate = 0 if self._server.stopping else reply.slow
        self._late = SlowBody(self._transport, data, rate, finish, closes=closes or is_cut).flush

    def _closes(self, received: Received, reply: Reply) -> bool:
        """True if the connection ends with this answer."""
        head, is_last = received.head, received.is_last
        ends = is_last or self._server.stopping or not head.keeps_alive
        return ends or (head.version < (1, 1) and is_open_ended(head, reply))

    def _write(self, received: Received, reply: Reply) -> None:
        closes = self._closes(received, reply)
        self._transport.write(response_bytes(received.head, reply, close=closes))
        if received.is_last:
            self._linger()
        elif closes:
            self._transport.close()
        else:
            self.waiting_since = self._loop.time()
