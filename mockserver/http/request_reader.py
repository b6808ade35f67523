"""The reader of a connection: from the bytes that a client sends to its requests, within limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from mockserver.golang.urls import Url
from mockserver.http.chunked_body import ChunkedBody
from mockserver.http.limits import TURN, Limits
from mockserver.http.messages import HEAD_END, BadMessage, Reply, Request, RequestHead
from mockserver.http.responses import response_bytes


class Received(NamedTuple):
    """A request that has come, as far as it did.

    Attributes:
        is_last: True if what follows it cannot be read, so that the connection must end after the answer.
        is_whole: False if its body broke off.
    """

    head: RequestHead
    body: bytes = b""
    is_last: bool = False
    is_whole: bool = True


MOST_TOLD = 8000  # bytes of the first line of a request that cannot be read


class Rules(Protocol):
    """The part of a server that a reader needs; the server describes the attributes."""

    limits: Limits
    refuses: Callable[[Request], bool]
    refused: Callable[[Request, int, str], None]
    heads: dict[bytes, RequestHead]

    def parse(self, data: bytes) -> RequestHead:
        """Parse the request line and the headers, and cache the result."""


class RequestReader:
    """The bytes of a client that are not answered yet, and the request among them that is incomplete.

    Args:
        rules: the server.
        client: the IP address of the client.
        go_ahead: is called when a client may send the body of a request that expects 100 Continue.

    Attributes:
        unread: the bytes that belong to no request yet; new ones are appended.
        is_interrupted: True if `unread` may have more of the request, for which it is not the turn yet.
    """

    def __init__(self, rules: Rules, client: str, go_ahead: Callable[[], None]) -> None:
        self.unread = bytearray()
        self.is_interrupted = False
        self._rules = rules
        self._client = client
        self._go_ahead = go_ahead
        self._searched = 0  # bytes of `unread` in which no head ends
        self._head: RequestHead | None = None
        self._chunks: ChunkedBody | None = None
        self._last: RequestHead | None = None

    @property
    def size(self) -> int:
        """The number of bytes that are kept."""
        return len(self.unread) + (len(self._chunks.received) if self._chunks else 0)

    def take(self) -> Received | None:
        """Take one request off the front of the bytes; None if it is incomplete.

        Raises:
            BadMessage: the request is refused, and nothing after it can be read.
        """
        try:
            head = self._head or self._take_head()
            if head is None:
                return None
            length = head.length
            if length < 0:
                return self._take_chunks(head)
        except BadMessage as error:
            self._tell(error)
            raise
        if not length:
            return Received(head)
        if len(self.unread) < length:
            self._head = head
            return self._refused_early(head, len(self.unread))
        self._head = None
        return Received(head, self._take_bytes(length))

    def end(self) -> Received | None:
        """The request that the client has truncated, or None; forgets all bytes.

        Of a chunked body the complete chunks count, an incomplete last one does not.

        Raises:
            BadMessage: the head of a request is truncated.
        """
        head, chunks = self._head, self._chunks
        if head is None and self.unread:
            error = BadMessage("400 Bad Request", "the head is cut off")
            self._tell(error)
            raise error
        self.clear()
        if head is not None:
            is_last = chunks is not None or self._rules.refuses(Request(head, b"", self._client))
            return Received(head, chunks.body if chunks else b"", is_last, is_whole=False)
        return None

    def clear(self) -> None:
        """Forget all bytes."""
        self.unread.clear()
        self._head = self._chunks = None

    def _tell(self, error: BadMessage) -> None:
        """Tell the server of a request that is refused: its head, or as much of the first line as came."""
        head = self._head
        if head is None:
            line = bytes(self.unread[:MOST_TOLD]).lstrip(b"\r\n").partition(b"\n")[0]
            method, _, rest = line.decode("latin-1").rstrip("\r").partition(" ")
            target = rest.partition(" ")[0]
            path, _, query = target.partition("?")
            head = RequestHead(method, target, (1, 1), (), 0, Url(path, f"?{query}" if query else ""))
        self._rules.refused(Request(head, b"", self._client), error.status, str(error))

    def _take_bytes(self, length: int) -> bytes:
        if length > self._rules.limits.share:
            with memoryview(self.unread) as view:  # a slice would be a second copy
                body = bytes(view[:length])
        else:
            body = bytes(self.unread[:length])
        del self.unread[:length]
        return body

    def _take_head(self) -> RequestHead | None:
        unread, rules = self.unread, self._rules
        blank = unread.find(b"\r\n\r\n", self._searched)
        head = rules.heads.get(bytes(unread[:blank])) if blank > 0 else None
        if head is not None:  # identical bytes have been parsed before
            del unread[: blank + 4]
            self._searched = 0
        else:
            head = self._parse_head()
            if head is None:
                return None
        self._last = head
        if head.get("expect"):
            self._head = head
            self._expect(head)
            self._head = None
        return head

    def _parse_head(self) -> RequestHead | None:
        unread, limit = self.unread, self._rules.limits.head
        if self._last and self._last.method == "POST" and len(unread) >= 4:  # net/http/server.go, readRequest
            del unread[: 4 - len(bytes(unread[:4]).lstrip(b"\r\n"))]
            self._last = None
        end = HEAD_END.search(unread, self._searched)
        if end is None or end.start() > limit:
            if len(unread) > limit:
                raise BadMessage("431 Request Header Fields Too Large", "the head is too long")
            self._searched = max(0, len(unread) - 3)
            return None
        head = self._rules.parse(bytes(unread[: end.start()]))
        del unread[: end.end()]
        self._searched = 0
        return head

    def _expect(self, head: RequestHead) -> None:
        """Let the client send the body, if it waits for that and the body is going to be read."""
        if head.expects_the_unknown:
            answer = response_bytes(head, Reply(b"", 417, ()), close=True)
            raise BadMessage(
                "417 Expectation Failed", "Expect asks for more than 100-continue", answer=answer
            )
        if head.awaits_continue and not self._rules.refuses(Request(head, b"", self._client)):
            self._go_ahead()

    def _take_chunks(self, head: RequestHead) -> Received | None:
        self._head = head
        chunks = self._chunks = self._chunks or ChunkedBody(self._rules.limits.body)
        self.is_interrupted = chunks.take(self.unread, TURN) and not chunks.done
        if not chunks.done:
            return self._refused_early(head, len(chunks.received))
        self._head = self._chunks = None
        return Received(head, chunks.body, is_last=chunks.broken, is_whole=not chunks.broken)

    def _refused_early(self, head: RequestHead, received: int) -> Received | None:
        """The request without its body, if the head alone decides and much of the body has come."""
        if received <= self._rules.limits.undecided_body:
            return None
        if not self._rules.refuses(Request(head, b"", self._client)):
            return None
        self.clear()
        self.is_interrupted = False
        return Received(head, is_last=True, is_whole=False)
