"""The server of remote calls: a thread for each connection, and one for each call, so that calls may wait."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mockserver.golang.rpc.errors import CallRefused, ConnectionLost, GobError, HangUp
from mockserver.golang.rpc.gob_reader import GobReader, Limits
from mockserver.golang.rpc.gob_types import Type
from mockserver.golang.rpc.gob_writer import GobWriter
from mockserver.golang.rpc.records import PREFIX, TYPES, WIRE_RESPONSE, Request, Response
from mockserver.golang.rpc.stream import Link

LOG = logging.getLogger("tyk-contract")
_GREETING = 10.0  # seconds within which a client must have told who it is
_SILENCE = 600.0  # seconds without a request after which a connection is closed, unless a call waits
_WHOLE = 30.0  # seconds within which a message must have come whole, or be taken by the client
_UNKNOWN = "gorpc.Dispatcher: unknown method [.{}]"
_CLOSING = 10.0  # seconds that `close` waits for threads


@dataclass(frozen=True)
class Caller:
    """The client of a call, on one of its connections.

    Attributes:
        connection_id: an id that the client chose itself, the same on all its connections.
        address: of this connection.
        gone: an event that is set when this connection has ended, so that no answer can be sent.
    """

    connection_id: str
    address: str
    gone: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)


Function = Callable[[Caller, Any], object]


@dataclass(frozen=True)
class Load:
    """What a server does at the same time; what exceeds it is refused or has to wait.

    Attributes:
        connections: further ones are closed at once.
        calls: further ones get an error.
        calls_of_connection: further ones are not read until an earlier one is answered.
    """

    connections: int = 256
    calls: int = 1024
    calls_of_connection: int = 64


def _log(what: str, error: Exception) -> None:
    LOG.error("%s failed: %s", what, type(error).__name__)


class RpcServer:
    """Answers the calls of clients until it is closed.

    A function is given its caller and the argument, and returns None, a bool, a text, a list of texts, or
    `Named` with the name of its type. It may wait, but must return soon after the server began to close. It
    raises CallRefused for an answer with that error, and HangUp to close the connection.

    Args:
        listener: a socket that is bound; the server closes it.
        functions: by their names.
        types: the types of structs in answers by the name that clients have registered.
        on_leave: called with a connection id when the last connection of that id has ended.
        on_failure: called with the words for a call that raised any other error, and that error; it logs.
        limits: of one request.
    """

    def __init__(
        self,
        listener: socket.socket,
        functions: Mapping[str, Function],
        *,
        types: Mapping[str, Type] | None = None,
        on_leave: Callable[[str], None] | None = None,
        on_failure: Callable[[str, Exception], None] = _log,
        limits: Limits | None = None,
        load: Load | None = None,
    ) -> None:
        self._listener = listener
        self._load = load or Load()
        self._limits = limits or Limits()
        self.functions = functions
        self.types = {**TYPES, **(types or {})}
        self.calls = threading.BoundedSemaphore(self._load.calls)
        self.on_failure = on_failure
        self._on_leave = on_leave
        self._lock = threading.Lock()
        self._connections: dict[_Connection, threading.Thread] = {}
        self._is_closing = False
        listener.setblocking(True)
        listener.listen()
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, name="rpc listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end all connections, and wait until no call runs."""
        self._is_closing = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        except OSError:
            self._listener.close()  # as macOS needs it
        self._thread.join(_CLOSING)
        self._listener.close()
        deadline = time.monotonic() + _CLOSING
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.hang_up()
        for thread in connections.values():
            thread.join(max(deadline - time.monotonic(), 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hang_up(self, connection_id: str | None = None) -> None:
        """End the connections of one client, or of all; they may connect again."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if connection_id in {None, connection.caller.connection_id}:
                connection.hang_up()

    def left(self, connection: _Connection) -> None:
        """Forget a connection that has ended, and tell if it was the last one of its client."""
        name = connection.caller.connection_id
        with self._lock:
            del self._connections[connection]
            if not name or any(other.caller.connection_id == name for other in self._connections):
                return
        if self._on_leave is not None:
            self._on_leave(name)

    def _accept(self) -> None:
        while not self._is_closing:
            try:
                accepted, address = self._listener.accept()
            except OSError as error:
                if not self._is_closing:
                    LOG.warning("no connection can be accepted: %s", error)
                    time.sleep(0.1)  # out of file descriptors; a connection may end meanwhile
                continue
            with self._lock:
                if len(self._connections) >= self._load.connections or self._is_closing:
                    accepted.close()
                    continue
                connection = _Connection(
                    self, Link(accepted), f"{address[0]}:{address[1]}", self._limits, self._load
                )
                thread = threading.Thread(target=connection.serve, name="rpc connection", daemon=True)
                self._connections[connection] = thread
            thread.start()


class _Connection:
    """One connection: a thread reads its requests, and each call has one."""

    def __init__(self, server: RpcServer, link: Link, address: str, limits: Limits, load: Load) -> None:
        self._server = server
        self._link = link
        self._reader = GobReader(link.inflow.read, limits)
        self._writer = GobWriter(server.types)
        self._writing = threading.Lock()
        self._most_calls = load.calls_of_connection
        self._calls = 0
        self._changed = threading.Condition()
        self.caller = Caller("", address)

    def hang_up(self) -> None:
        """End the connection."""
        self._link.hang_up()

    def serve(self) -> None:
        """Read requests until the connection ends, and wait for the calls that still run."""
        try:
            self._greet()
            while True:
                self._next()
        except ConnectionLost:
            pass
        except (GobError, TimeoutError) as error:
            LOG.warning("the connection of %s is closed: %s", self.caller.address, error or "it is silent")
        finally:
            self.caller.gone.set()
            self._link.hang_up()
            with self._changed:
                self._changed.wait_for(lambda: not self._calls)
            self._link.close()
            self._server.left(self)

    def _greet(self) -> None:
        """Read the connection id and whether the client deflates."""
        inflow = self._link.inflow
        inflow.expect(_GREETING)
        if (prefix := inflow.read(len(PREFIX))) != PREFIX:
            raise GobError(f"it began with {prefix!r}; the connection of a gateway begins with {PREFIX!r}")
        name = inflow.read(inflow.read(1)[0]).decode(errors="backslashreplace")
        self.caller = Caller(name, self.caller.address)
        if inflow.read(1) != b"\0":  # a flag: the client deflates
            self._link.deflate()

    def _next(self) -> None:
        """Read the next request, and start its call in a thread."""
        inflow = self._link.inflow
        inflow.expect(_SILENCE)
        try:
            inflow.wait()
        except TimeoutError:
            if self._calls:
                return
            raise
        inflow.expect(_WHOLE)
        request = Request.of(self._reader.value())
        function = self._server.functions.get(request.name)
        if function is None:  # in the words of the vendor's library
            self._answer(request, Response(request.number, error=_UNKNOWN.format(request.name)))
        elif not self._server.calls.acquire(blocking=False):
            self._answer(request, Response(request.number, error="the server has too many calls; try again"))
        else:
            self._start(request, function)

    def _start(self, request: Request, function: Function) -> None:
        """Start the call of a function in a thread, as soon as this connection has few enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls < self._most_calls)
            self._calls += 1
        threading.Thread(
            target=self._call, args=(request, function), name=f"rpc {request.name}", daemon=True
        ).start()

    def _call(self, request: Request, function: Function) -> None:
        try:
            try:
                response = self._response(request, function)
            finally:
                self._server.calls.release()
            self._answer(request, response)
        except (HangUp, ConnectionLost):
            self._link.hang_up()
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    def _response(self, request: Request, function: Function) -> Response:
        try:
            return Response(request.number, function(self.caller, request.argument))
        except CallRefused as refusal:
            return Response(request.number, error=str(refusal))
        except HangUp:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails, the caller gets an answer
            return self._failure(request, error)

    def _failure(self, request: Request, error: Exception) -> Response:
        """The response of a call that failed by a fault of ours, without the text of the error."""
        self._server.on_failure(f"the call {request.name} of {self.caller.address}", error)
        return Response(request.number, error=f"{request.name} failed; the server's log has the reason")

    def _answer(self, request: Request, response: Response) -> None:
        """Send a response, unless the client asked for none."""
        if not request.number:
            return
        with self._writing:
            try:
                batch = self._writer.write(WIRE_RESPONSE, response.document())
            except GobError as error:
                batch = self._writer.write(WIRE_RESPONSE, self._failure(request, error).document())
            self._link.outflow.send(batch, _WHOLE)
