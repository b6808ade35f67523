"""One connection of the server of remote calls, with what clients may do on it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.golang.rpc.errors import CallRefused, ConnectionLost, GobError, HangUp
from mockserver.golang.rpc.gob_reader import GobReader, Limits
from mockserver.golang.rpc.gob_types import Type
from mockserver.golang.rpc.gob_writer import GobWriter
from mockserver.golang.rpc.memory import Memory
from mockserver.golang.rpc.records import PREFIX, WIRE_RESPONSE, Request, Response
from mockserver.golang.rpc.stream import Link

LOG = logging.getLogger("tyk-contract")
GREETING = 10.0  # seconds within which a client must have told who it is
SILENCE = 600.0  # seconds without a request after which a connection is closed, unless a call waits
WHOLE = 30.0  # seconds within which a message must have come whole, or be taken by the client
_LONGEST_REASON = 200  # characters of a line in the log, which may quote the client
_TOO_MANY = "the server has too many calls; try again"
_UNKNOWN = "gorpc.Dispatcher: unknown method [.{}]"


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
        connections: a further one takes the place of the one that is idle for longest among those of clients
            that are not known; if there is none, it is closed at once.
        calls: further ones get an error; a call counts until the client has taken its answer.
        calls_of_connection: further ones are not read until an earlier one is answered.
        held: bytes of the requests of all connections; one that would exceed them is cut off.
        share: bytes that a request may have in any case.
    """

    connections: int = 256
    calls: int = 1024
    calls_of_connection: int = 64
    held: int = 256 << 20
    share: int = 64 << 10


@dataclass(frozen=True)
class Shared:
    """What all connections of a server have in common.

    Attributes:
        functions: by their names.
        types: the types of structs in answers.
        limits: of one request.
        load: what is done at the same time.
        on_failure: called with the words for what failed by a fault of ours, and the error.
        calls: has a place for each call that may run.
        memory: the bytes that requests may hold.
    """

    functions: Mapping[str, Function]
    types: Mapping[str, Type]
    limits: Limits
    load: Load
    on_failure: Callable[[str, Exception], None]
    calls: threading.BoundedSemaphore
    memory: Memory


class Connection:
    """One connection of a client: a thread reads its requests, and each call has one.

    Args:
        shared: what it has in common with the other connections.
        address: of the client.
    """

    def __init__(self, shared: Shared, link: Link, address: str) -> None:
        self._shared = shared
        self._link = link
        self._reader = GobReader(link.inflow.read, shared.limits, self._hold)
        self._held = 0  # bytes of the request that is being read, beyond its share
        self._writer = GobWriter(shared.types)
        self._writing = threading.Lock()
        self._calls = 0
        self._changed = threading.Condition()
        self.caller = Caller("", address)
        self.last_request = time.monotonic()

    @property
    def is_idle(self) -> bool:
        """True if no call runs."""
        return not self._calls

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
            reason = str(error)[:_LONGEST_REASON] or "it is silent"
            LOG.warning("the connection of %s is closed: %s", self.caller.address, reason)
        except Exception as error:  # noqa: BLE001 - whatever a client sends, the server goes on
            self._shared.on_failure(f"the connection of {self.caller.address}", error)
        finally:
            self.caller.gone.set()
            self._shared.memory.release(self._held)
            self._link.hang_up()
            with self._changed:
                self._changed.wait_for(lambda: not self._calls)
            self._link.close()

    def _greet(self) -> None:
        """Read the connection id and whether the client deflates."""
        inflow = self._link.inflow
        inflow.expect(GREETING)
        if (prefix := inflow.read(len(PREFIX))) != PREFIX:
            raise GobError(f"it began with {prefix!r}; the connection of a gateway begins with {PREFIX!r}")
        name = inflow.read(inflow.read(1)[0]).decode(errors="backslashreplace")
        self.caller = Caller(name, self.caller.address)
        if inflow.read(1) != b"\0":  # a flag: the client deflates
            self._link.deflate()

    def _next(self) -> None:
        """Read the next request, and start its call in a thread."""
        inflow = self._link.inflow
        inflow.expect(SILENCE)
        try:
            inflow.wait()
        except TimeoutError:
            if self._calls:
                return
            raise
        inflow.expect(WHOLE)
        request = Request.of(self._reader.value())
        self.last_request = time.monotonic()
        function = self._shared.functions.get(request.name)
        if function is None:  # in the words of the vendor's library
            name = request.name[:_LONGEST_REASON]
            self._answer(request, Response(request.number, error=_UNKNOWN.format(name)))
        elif not self._shared.calls.acquire(blocking=False):
            self._answer(request, Response(request.number, error=_TOO_MANY))
        else:
            self._start(request, function)
        self._shared.memory.release(self._held)
        self._held = 0

    def _hold(self, size: int) -> None:
        """Take the bytes of the request that is being read from what all requests may hold."""
        more = max(size - self._shared.load.share, 0) - self._held
        if not self._shared.memory.hold(more):
            raise GobError("the requests of all connections together are too long; try again")
        self._held += more

    def _start(self, request: Request, function: Function) -> None:
        """Start the call of a function in a thread, as soon as this connection has few enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls < self._shared.load.calls_of_connection)
            self._calls += 1
        held, self._held = self._held, 0
        try:
            threading.Thread(
                target=self._call, args=(request, function, held), name=f"rpc {request.name}", daemon=True
            ).start()
        except RuntimeError:  # no thread is free
            self._end_call(held)
            self._answer(request, Response(request.number, error=_TOO_MANY))

    def _call(self, request: Request, function: Function, held: int) -> None:
        try:
            self._answer(request, self._response(request, function))
        except (HangUp, ConnectionLost):
            self._link.hang_up()
        finally:
            self._end_call(held)

    def _end_call(self, held: int) -> None:
        self._shared.memory.release(held)
        self._shared.calls.release()
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
        self._shared.on_failure(f"the call {request.name} of {self.caller.address}", error)
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
            self._link.outflow.send(batch, WHOLE)
