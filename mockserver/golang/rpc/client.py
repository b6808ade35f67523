"""The client of remote calls: many at the same time over one connection."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Self

from mockserver.golang.rpc.errors import CallRefused, CallTimedOut, ConnectionLost, GobError
from mockserver.golang.rpc.gob_reader import GobReader, Limits
from mockserver.golang.rpc.gob_types import Type
from mockserver.golang.rpc.gob_writer import GobWriter
from mockserver.golang.rpc.records import PREFIX, TYPES, WIRE_REQUEST, Request, Response
from mockserver.golang.rpc.stream import Link

_SILENCE = 3600.0  # seconds without an answer after which a connection is given up
_WHOLE = 30.0  # seconds within which an answer must have come whole, once it began


class RpcClient:
    """Calls functions of one server; it connects at the first call, and again at the next one after a loss.

    Args:
        address: host and port.
        types: the types of structs in arguments by the name that the server has registered.
        connection_id: names the client to the server, on all its connections.
        limits: of one answer.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        types: Mapping[str, Type] | None = None,
        connection_id: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._address = address
        self._types = {**TYPES, **(types or {})}
        self._limits = limits or Limits(bytes=256 << 20)
        self._lock = threading.Lock()
        self._connection: _Connection | None = None
        self._is_closed = False
        self.connection_id = connection_id or str(uuid.uuid4())

    def call(self, name: str, argument: Any = None, timeout: float = 30.0) -> Any:
        """The answer of a function; the timeout in seconds holds for connecting and answering together.

        Raises:
            CallRefused: the function answered with an error.
            CallTimedOut: no answer came in time.
            ConnectionLost: the server cannot be reached, or the connection ended before the answer.
            GobError: the argument's type is not registered.
        """
        deadline = time.monotonic() + timeout
        connection = self._connected(timeout)
        number, answer = connection.start(name, argument, deadline)
        try:
            response = answer.result(max(deadline - time.monotonic(), 0))
        except TimeoutError:
            connection.forget(number)
            raise CallTimedOut(f"{name}: no answer within {timeout:g} seconds") from None
        if response.error:
            raise CallRefused(response.error)
        return response.value

    def close(self) -> None:
        """End the connection; calls that wait raise ConnectionLost, and so do later ones."""
        self._is_closed = True  # before the lock, so that no call connects any more
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connected(self, timeout: float) -> _Connection:
        deadline = time.monotonic() + timeout
        if not self._lock.acquire(timeout=max(timeout, 0)):
            raise CallTimedOut(f"another call has not connected within {timeout:g} seconds")
        try:
            if self._is_closed:
                raise ConnectionLost("the client is closed")
            if self._connection is None or self._connection.is_lost:
                self._connection = self._connect(deadline - time.monotonic())
            return self._connection
        finally:
            self._lock.release()

    def _connect(self, timeout: float) -> _Connection:
        host, port = self._address
        try:
            connection = socket.create_connection(self._address, timeout=max(timeout, 0.001))
        except OSError as error:
            raise ConnectionLost(f"{host}:{port} cannot be reached: {error}") from error
        link = Link(connection)
        name = self.connection_id.encode()
        try:
            link.outflow.send(PREFIX + bytes([len(name)]) + name + b"\x01", timeout)
        except ConnectionLost:
            link.close()
            raise
        link.deflate()
        return _Connection(link, self._types, self._limits)


class _Connection:
    """One connection, its calls without an answer, and the thread that reads the answers."""

    def __init__(self, link: Link, types: Mapping[str, Type], limits: Limits) -> None:
        self._link = link
        self._reader = GobReader(link.inflow.read, limits)
        self._writer = GobWriter(types)
        self._writing = threading.Lock()
        self._last = 0
        self._waiting: dict[int, Future[Response]] = {}
        self.is_lost = False
        self._thread = threading.Thread(target=self._receive, name="rpc answers", daemon=True)
        self._thread.start()

    def start(self, name: str, argument: Any, deadline: float) -> tuple[int, Future[Response]]:
        """Send a request before a time of the monotonic clock; returns its number and its coming response."""
        answer: Future[Response] = Future()
        if not self._writing.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise CallTimedOut(f"{name}: earlier requests could not be sent in time")
        try:
            number = self._last + 1
            batch = self._writer.write(WIRE_REQUEST, Request(number, name, argument).document())
            self._last = number
            self._waiting[number] = answer
            if self.is_lost:  # the thread that fails all calls is past this one
                self._fail_all(ConnectionLost("the connection ended"))
            self._link.outflow.send(batch, deadline - time.monotonic())
        except ConnectionLost:
            self._link.hang_up()  # which fails this call with all others
        finally:
            self._writing.release()
        return number, answer

    def forget(self, number: int) -> None:
        """No longer wait for a response; it is ignored if it comes."""
        self._waiting.pop(number, None)

    def close(self) -> None:
        """End the connection, and wait for its thread."""
        self._link.hang_up()
        self._thread.join(_WHOLE)

    def _receive(self) -> None:
        reason = ConnectionLost("the connection ended")
        try:
            while True:
                self._receive_one()
        except (ConnectionLost, GobError, TimeoutError) as error:
            reason = ConnectionLost(f"the connection ended: {error or 'the server is silent'}")
        finally:
            self.is_lost = True
            self._fail_all(reason)
            self._link.close()

    def _receive_one(self) -> None:
        self._link.inflow.expect(_SILENCE)
        self._link.inflow.wait()
        self._link.inflow.expect(_WHOLE)
        response = Response.of(self._reader.value())
        if not 0 < response.number <= self._last:
            raise GobError(f"a response to the request {response.number}, which was not sent")
        if answer := self._waiting.pop(response.number, None):
            answer.set_result(response)

    def _fail_all(self, reason: Exception) -> None:
        with contextlib.suppress(KeyError):
            while True:
                _, answer = self._waiting.popitem()
                answer.set_exception(reason)
