"""The server of remote calls: a thread for each connection, and one for each call, so that calls may wait."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

from mockserver.golang.rpc.connection import LOG, Connection, Function, Load, Shared
from mockserver.golang.rpc.gob_reader import Limits
from mockserver.golang.rpc.gob_types import Type
from mockserver.golang.rpc.memory import Memory
from mockserver.golang.rpc.records import TYPES
from mockserver.golang.rpc.stream import Link

_EVICTING = 1.0  # seconds that a new connection waits until another one has ended
_CLOSING = 10.0  # seconds that `close` waits for threads


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
        on_failure: called with the words for what raised any other error, and that error; it logs.
        is_known: true for the connection id of a client that has shown who it is.
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
        is_known: Callable[[str], bool] = lambda _: False,
        limits: Limits | None = None,
        load: Load | None = None,
    ) -> None:
        self._listener = listener
        load = load or Load()
        self._shared = Shared(
            functions,
            {**TYPES, **(types or {})},
            limits or Limits(),
            load,
            on_failure,
            threading.BoundedSemaphore(load.calls),
            Memory(load.held),
        )
        self._is_known = is_known
        self._on_leave = on_leave
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
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

    def _accept(self) -> None:
        while not self._is_closing:
            try:
                accepted, address = self._listener.accept()
            except OSError as error:
                if not self._is_closing:
                    LOG.warning("no connection can be accepted: %s", error)
                    time.sleep(0.1)  # out of file descriptors; a connection may end meanwhile
                continue
            self._make_room()
            try:
                self._begin(accepted, f"{address[0]}:{address[1]}")
            except (OSError, RuntimeError) as error:  # the client has left; no descriptor or thread is free
                accepted.close()
                LOG.warning("a connection is closed at once: %s", error)

    def _make_room(self) -> None:
        """If there are too many connections, end the one that is idle for longest of clients not known."""
        with self._lock:
            if len(self._connections) < self._shared.load.connections:
                return
            idle = [
                connection
                for connection in self._connections
                if connection.is_idle and not self._is_known(connection.caller.connection_id)
            ]
            if not idle:
                return
            longest = min(idle, key=lambda connection: connection.last_request)
            thread = self._connections[longest]
        longest.hang_up()
        thread.join(_EVICTING)

    def _begin(self, accepted: socket.socket, address: str) -> None:
        """Serve a connection in a thread, if there are not too many."""
        with self._lock:
            if len(self._connections) >= self._shared.load.connections or self._is_closing:
                accepted.close()
                return
            link = Link(accepted)
            connection = Connection(self._shared, link, address)
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="rpc connection", daemon=True
            )
            try:
                thread.start()  # under the lock, so that it finds itself when it leaves
            except RuntimeError:
                link.close()
                raise
            self._connections[connection] = thread

    def _serve(self, connection: Connection) -> None:
        """Serve a connection until it ends, and tell if it was the last one of its client."""
        connection.serve()
        name = connection.caller.connection_id
        with self._lock:
            del self._connections[connection]
            if not name or any(other.caller.connection_id == name for other in self._connections):
                return
        if self._on_leave is not None:
            self._on_leave(name)
