"""The bytes of one connection in both directions, deflated and flushed for each batch."""

from __future__ import annotations

import contextlib
import socket
import time
import zlib

from mockserver.golang.rpc.errors import ConnectionLost, GobError

_CHUNK = 64 * 1024  # bytes that are received, or inflated, at once
_LEAST_WAIT = 0.001  # seconds; a socket takes 0 for "do not block"
_RAW = -zlib.MAX_WBITS  # DEFLATE without a header


class Inflow:
    """What a peer sends, inflated as it is asked for, so that no more than one chunk is inflated ahead."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._inflater: zlib._Decompress | None = None
        self._may_have_more = False  # the inflater gave a whole chunk, and may hold back the rest
        self._pending = bytearray()
        self._deadline = 0.0

    def expect(self, seconds: float) -> None:
        """Set the time within which what is read next must have come."""
        self._deadline = time.monotonic() + seconds

    def inflate(self) -> None:
        """Take all that follows as deflated."""
        self._inflater = zlib.decompressobj(_RAW)
        deflated, self._pending = bytes(self._pending), bytearray()
        self._add(deflated)

    def wait(self) -> None:
        """Wait until there is something to read.

        Raises:
            ConnectionLost: the connection ended.
            TimeoutError: nothing came in time.
            GobError: what came cannot be inflated.
        """
        self._fill(1)

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes; raises what `wait` does."""
        self._fill(count)
        output = bytes(memoryview(self._pending)[:count])
        del self._pending[:count]
        return output

    def _fill(self, count: int) -> None:
        while len(self._pending) < count:
            if self._inflater is not None and (self._inflater.unconsumed_tail or self._may_have_more):
                self._add(self._inflater.unconsumed_tail)
                continue
            if (left := self._deadline - time.monotonic()) <= 0:  # also of a peer that sends without a pause
                raise TimeoutError
            self._connection.settimeout(max(left, _LEAST_WAIT))
            try:
                received = self._connection.recv(_CHUNK)
            except TimeoutError:
                raise
            except OSError as error:
                raise ConnectionLost(f"the connection ended: {error}") from error
            if not received:
                raise ConnectionLost("the peer closed the connection")
            self._add(received)

    def _add(self, received: bytes) -> None:
        if self._inflater is None:
            self._pending += received
            return
        try:
            inflated = self._inflater.decompress(received, _CHUNK)
        except zlib.error as error:
            raise GobError(f"the stream cannot be inflated: {error}") from error
        self._may_have_more = len(inflated) == _CHUNK
        self._pending += inflated
        if self._inflater.eof:
            raise ConnectionLost("the peer ended its stream")


class Outflow:
    """What is sent to a peer; each batch is flushed."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deflater: zlib._Compress | None = None

    def deflate(self) -> None:
        """Deflate all that follows."""
        self._deflater = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, _RAW)

    def send(self, batch: bytes, seconds: float) -> None:
        """Send a batch, which the peer must take within the given time.

        Raises:
            ConnectionLost: the connection ended, or the peer did not take the whole batch, which ends it.
        """
        if self._deflater is not None:
            batch = self._deflater.compress(batch) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        try:
            self._connection.settimeout(max(seconds, _LEAST_WAIT))
            self._connection.sendall(batch)
        except OSError as error:
            raise ConnectionLost(f"the peer takes nothing: {error}") from error


class Link:
    """One connection with its two directions, which two threads use at the same time.

    Each direction has a socket object of its own, for a timeout belongs to the object.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._sockets = (connection, connection.dup())
        self.inflow = Inflow(self._sockets[0])
        self.outflow = Outflow(self._sockets[1])

    def deflate(self) -> None:
        """Deflate and inflate all that follows in both directions."""
        self.inflow.inflate()
        self.outflow.deflate()

    def hang_up(self) -> None:
        """End the connection, so that all waits on it end; the thread that reads closes it."""
        with contextlib.suppress(OSError):  # the peer was first
            self._sockets[0].shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; no thread may use it any more."""
        self.hang_up()
        for end in self._sockets:
            end.close()
