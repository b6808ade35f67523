"""Answers that go wrong on their way: a body that is sent slowly, and a connection that is reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

LONGEST = 3600  # seconds; what is not sent by then ends with the connection
_INTERVAL = 0.02  # seconds between two pieces
_LINGER_NONE = struct.pack("ii", 1, 0)  # on for 0 s: closing discards what is unsent, and resets


class SlowBody:
    """An answer whose head is sent now, and its body at a rate; `done` is called once all is handed over.

    Args:
        transport: the connection; if it ends, nothing more is sent and `done` is not called.
        data: the bytes of the answer.
        rate: bytes of the body per second; 0 for all at once.
        done: called without arguments, after this has returned.
        closes: True if the connection is then closed.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        data: bytes,
        rate: float,
        done: Callable[[], None],
        *,
        closes: bool,
    ) -> None:
        self._transport = transport
        start = _body_of(data)
        self._body = memoryview(data)[start:]
        self._rate = rate
        self._done = done
        self._closes = closes
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._sent = 0
        transport.write(data[:start])
        self._timer: asyncio.Handle = self._loop.call_soon(self._step)

    def flush(self) -> None:
        """Send the rest at once, for the server stops; then close the connection."""
        self._timer.cancel()
        self._closes = True
        self._finish()

    def _step(self) -> None:
        seconds = self._loop.time() - self._start
        due = int(seconds * self._rate) if self._rate else len(self._body)
        if self._transport.is_closing():
            return
        if due >= len(self._body):
            self._finish()
        elif seconds >= LONGEST:
            self._transport.abort()
        else:
            self._transport.write(bytes(self._body[self._sent : due]))
            self._sent = due
            self._timer = self._loop.call_later(max(_INTERVAL, 1 / self._rate), self._step)

    def _finish(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(bytes(self._body[self._sent :]))
            if self._closes:
                self._transport.close()
            self._done()


def cut(data: bytes, length: int | None) -> bytes:
    """An answer with so many bytes of its body; None for all."""
    return data if length is None else data[: _body_of(data) + length]


def _body_of(data: bytes) -> int:
    """The place in an answer where its body begins."""
    return data.index(b"\r\n\r\n") + 4


def abort(transport: asyncio.Transport, *, reset: bool) -> None:
    """Close a connection whatever is unsent, with a TCP reset if so asked for."""
    connection = transport.get_extra_info("socket")
    if reset and connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
    transport.abort()
