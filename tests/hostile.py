"""A server that breaks HTTP on purpose, for tests of those who ask it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PACE_SECONDS = 0.02  # between two parts that a slow server sends

Conversation = Callable[["Peer"], None]


class Peer:
    """One client of the server, as its conversation sees it."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.connection = connection
        self.closing = closing

    def take(self) -> bytes:
        """The bytes of a request, or as many of them as come at once."""
        return self.connection.recv(65536)

    def say(self, *parts: bytes) -> None:
        """Send parts at once."""
        self.connection.sendall(b"".join(parts))

    def drip(self, part: bytes) -> None:
        """Send a part again and again, at a slow pace, until the client goes."""
        for same in repeat(part):
            if self.closing.wait(PACE_SECONDS):
                return
            self.say(same)

    def flood(self, part: bytes) -> None:
        """Send a part again and again, as fast as it can, until the client goes."""
        while not self.closing.is_set():
            self.say(part * 1000)

    def hold(self) -> None:
        """Keep the connection, and do nothing, until the test ends."""
        self.closing.wait(60)


@contextmanager
def hostile(conversation: Conversation) -> Iterator[str]:
    """The URL of a server that has this conversation on each connection."""
    closing = threading.Event()

    def converse(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(60)
            conversation(Peer(connection, closing))

    def accept() -> None:
        with suppress(OSError):
            while not closing.is_set():
                connection, _ = listener.accept()
                threading.Thread(target=converse, args=[connection], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            closing.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
            thread.join(10)


def answering(*parts: bytes) -> Conversation:
    """A conversation that sends these parts for the first request, and then holds."""

    def conversation(peer: Peer) -> None:
        peer.take()
        peer.say(*parts)
        peer.hold()

    return conversation


def dripping(start: bytes, part: bytes) -> Conversation:
    """A conversation that begins an answer, and then sends a part of it for ever, slowly."""

    def conversation(peer: Peer) -> None:
        peer.take()
        peer.say(start)
        peer.drip(part)

    return conversation


def flooding(start: bytes, part: bytes) -> Conversation:
    """A conversation that begins an answer, and then sends a part of it for ever, as fast as it can."""

    def conversation(peer: Peer) -> None:
        peer.take()
        peer.say(start)
        peer.flood(part)

    return conversation
