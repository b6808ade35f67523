"""Connections to a Redis server that end a wait at a deadline, and an answer at a size."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import redis
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection

CONNECT_SECONDS = 5.0  # for each address of the server


class AnswerTooLarge(redis.RedisError):
    """The server has sent more than the limit of the block allows."""


class _Limits(threading.local):
    """The limits of the calls that this thread makes; without a block there are none.

    Attributes:
        deadline: the monotonic time until which calls may wait, in seconds.
        size: the number of bytes that may still be received.
    """

    deadline: float = float("inf")
    size: float = float("inf")


_LIMITS = _Limits()


@contextlib.contextmanager
def limited(seconds: float, size: float) -> Iterator[None]:
    """Limit the calls to a server that the block makes, all together: seconds of waiting, bytes of answers.

    A call that exceeds the time raises redis.TimeoutError, one that exceeds the size AnswerTooLarge.
    """
    before = _LIMITS.deadline, _LIMITS.size
    _LIMITS.deadline, _LIMITS.size = time.monotonic() + seconds, size
    try:
        yield
    finally:
        _LIMITS.deadline, _LIMITS.size = before


class _BoundedSocket:
    """A socket that keeps to the limits of the thread that uses it.

    The timeout of a socket alone would begin anew with each byte of a server that sends slowly.
    """

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self._timeout: float | None = connected.gettimeout()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def settimeout(self, seconds: float | None) -> None:
        """Set the longest wait of one call; None is no limit, and 0 does not wait."""
        self._timeout = seconds
        self._socket.settimeout(seconds)

    def recv(self, size: int) -> bytes:
        """Receive some bytes, as a socket does."""
        self._prepare()
        data: bytes = self._socket.recv(size)
        _count(len(data))
        return data

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        """Receive some bytes into a buffer, as a socket does."""
        self._prepare()
        size: int = self._socket.recv_into(buffer, *arguments)
        _count(size)
        return size

    def sendall(self, data: bytes) -> None:
        """Send all bytes, as a socket does."""
        rest = memoryview(data)
        while rest:
            self._prepare()
            rest = rest[self._socket.send(rest) :]

    def _prepare(self) -> None:
        """Set the timeout of the next call, which ends at the deadline at the latest."""
        if self._timeout == 0:  # it does not wait
            return
        left = _seconds_left()
        self._socket.settimeout(left if self._timeout is None else min(left, self._timeout))


class _Bounded:
    """A connection of redis-py whose socket keeps to the limits."""

    def _connect(self) -> _BoundedSocket:
        self.socket_connect_timeout = min(CONNECT_SECONDS, _seconds_left())
        return _BoundedSocket(super()._connect())  # type: ignore[misc]


class BoundedConnection(_Bounded, Connection):  # type: ignore[misc]
    """A connection over TCP."""


class BoundedSSLConnection(_Bounded, SSLConnection):  # type: ignore[misc]
    """A connection over TLS."""


class BoundedUnixConnection(_Bounded, UnixDomainSocketConnection):  # type: ignore[misc]
    """A connection over a socket of this machine."""


def _count(size: int) -> None:
    """Count received bytes against the limit of this thread.

    Raises:
        AnswerTooLarge: they exceed it.
    """
    _LIMITS.size -= size
    if _LIMITS.size < 0:
        raise AnswerTooLarge


def _seconds_left() -> float:
    """The seconds until the deadline of this thread.

    Raises:
        TimeoutError: the deadline has passed.
    """
    left = _LIMITS.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, threading.TIMEOUT_MAX)
