"""The dispatcher: from a request to its reply, by guard, route, handler and journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.golang.json_size import TOO_MANY_VALUES, has_too_many_values
from mockserver.http.failures import describe, log_failure
from mockserver.http.messages import DropConnection, Reply, Request, WouldBlock
from mockserver.http.redaction import all_hidden
from mockserver.service.faults import ANY, Fault, FaultDrop
from mockserver.service.journal_entry import Reached
from mockserver.service.journal_parts import DROPPED
from mockserver.service.mock import Mock
from mockserver.service.registry import HANDLERS, Call, Handler, always, never
from mockserver.service.service import Service
from mockserver.serving.example_replies import example_reply
from mockserver.storage.backend import BackendUnavailable

CONTROL_PREFIX = "/_mock/"
LONG_PATH = 1024  # characters; matching a longer one against listen paths may take long
MAX_QUICK = 64 << 10  # bytes of target and body; a longer request is answered in a thread, for it takes long


@dataclass(frozen=True)
class Endpoint:
    """An operation at its configured path, and its handler."""

    method: str
    path: str
    reached: Reached
    handler: Handler

    @property
    def operation(self) -> Operation:
        """The operation of the endpoint."""
        assert self.reached.operation is not None
        return self.reached.operation


class Dispatcher:
    """A dispatcher of all requests to one service of a mock.

    `extra` is another spec of the service; its examples answer the operations that ours does not have.
    `control` answers the requests to the mock's own API.
    """

    def __init__(
        self,
        mock: Mock,
        service: Service,
        extra: Contract | None = None,
        control: Callable[[Request], Reply] | None = None,
    ) -> None:
        self.mock = mock
        self.service = service
        self.endpoints = [*_endpoints(service), *_examples(service, extra)]
        self._routes = Routes(self.endpoints)
        self._nowhere = Reached(warn=service.warn)
        self._control = control or service.not_found

    def answer(self, request: Request, *, blocking: bool = True) -> Reply:
        """Answer a request and add it to the journal.

        Raises:
            WouldBlock: the answer may have to wait, and `blocking` is False; nothing has been done yet.
            DropConnection: a fault closes the connection.
        """
        mock, service = self.mock, self.service
        is_control = request.url.path.startswith(CONTROL_PREFIX)
        if not blocking:
            if is_control:
                raise WouldBlock("control")
            if len(request.url.path) > LONG_PATH:
                raise WouldBlock("upstream")
            if not mock.is_idle:
                raise WouldBlock("upstream" if service.beside(request) else "storage")
        if is_control:
            return self._control(request)
        mock.clock.run_due()
        delays: list[float] = []
        reply, reached = self._reply(request, blocking, delays)
        if service.is_unnoted is None or not service.is_unnoted(request):
            mock.journal.note(mock.clock.now(), request, reply, reached, service.secrets)
        return _delayed(reply, delays) if delays else reply

    def refuses(self, request: Request) -> bool:
        """True if the head of a request decides the answer, so that its body need not be read."""
        path = request.url.path
        if path.startswith(CONTROL_PREFIX) or len(path) > LONG_PATH:
            return False
        guarded = self.service.guard(request)
        if isinstance(guarded, Reply):
            return True
        return not self.service.beside(request) and self._routes.match(request.method, guarded) is None

    def _reply(self, request: Request, blocking: bool, delays: list[float]) -> tuple[Reply, Reached]:
        service, reached = self.service, self._nowhere
        try:
            fault = self._fault(ANY, delays)
            if fault and (instead := self._instead(fault)):
                return instead, self._asked(request)._replace(fault=fault)
            guarded = service.guard(request)
            if isinstance(guarded, Reply):
                return guarded, self._asked(request)._replace(fault=fault, is_refused=True)
            handler, params, reached = self._route(request, guarded)
            if not blocking:
                _must_not_wait(handler, service.state, request)
            if reached.operation:
                fault = self._fault(reached.operation.id, delays) or fault
            if fault:
                reached = reached._replace(fault=fault)
                if instead := self._instead(fault):
                    return instead, reached
            if reached.operation and has_too_many_values(request.body):
                return service.error(TOO_MANY_VALUES, 413), reached
            rewrite = fault.rewrite if fault else None
            return handler.answer(Call(service.state, request, params, rewrite)), reached
        except WouldBlock:
            raise
        except Exception as error:  # noqa: BLE001  a failure of the mock is answered
            return self._failed(request, reached, error, delays)

    def _failed(
        self, request: Request, reached: Reached, error: Exception, delays: list[float]
    ) -> tuple[Reply, Reached]:
        """The reply to a request whose handler raised an error."""
        service = self.service
        if isinstance(error, DropConnection):
            delays[:] = [error.delay]
            fault = error.fault if isinstance(error, FaultDrop) else reached.fault
            return DROPPED, reached._replace(fault=fault)
        if isinstance(error, BackendUnavailable):
            return service.error(str(error), 500), reached
        log_failure(all_hidden(f"{request.method} {request.url.path}", service.secrets), error)
        return service.error(describe(error), 500), reached

    def _route(self, request: Request, path: str) -> tuple[Handler, Mapping[str, str], Reached]:
        """The handler of a request, the parameters of its path, and the operation that it reaches."""
        if beside := self.service.beside(request):
            return Handler(beside, always, "upstream"), {}, self._nowhere
        match = self._routes.match(request.method, path)
        if match:
            return match.route.handler, match.params, match.route.reached
        refuse = self.service.not_allowed if self._routes.knows(path) else self.service.not_found
        return Handler(lambda call: refuse(call.request), never), {}, self._nowhere

    def _asked(self, request: Request) -> Reached:
        """The operation that a request is for, if it does not reach it."""
        path = request.url.path
        if len(path) > LONG_PATH or self.service.beside(request):
            return self._nowhere
        match = self._routes.match(request.method, path.rstrip("/") or "/")
        return match.route.reached if match else self._nowhere

    def _fault(self, operation: str, delays: list[float]) -> Fault | None:
        """The next fault of an operation, whose delay is added to `delays`; None if there is none."""
        fault = self.mock.faults.take(operation)
        if fault is not None:
            delays.append(fault.delay)
        return fault

    def _instead(self, fault: Fault) -> Reply | None:
        """The reply that a fault gives instead of the handler; None if the handler answers."""
        if fault.drop:
            return DROPPED
        return self.service.error(fault.message, fault.status) if fault.status else None


def _delayed(reply: Reply, delays: list[float]) -> Reply:
    """The reply, to be sent after some delays in seconds.

    Raises:
        DropConnection: the connection is to be closed instead.
    """
    if reply is DROPPED:
        raise DropConnection(sum(delays))
    return replace(reply, delay=reply.delay + sum(delays))


def _must_not_wait(handler: Handler, state: object, request: Request) -> None:
    if handler.waits(state) or len(request.body) + len(request.head.target) > MAX_QUICK:
        raise WouldBlock(handler.lane)


def _endpoints(service: Service) -> list[Endpoint]:
    contract = service.contract
    return [
        Endpoint(
            operation.method,
            service.path_of(operation.path),
            Reached(operation, contract, service.warn),
            HANDLERS[service.name, operation.id],
        )
        for operation in contract.operations.values()
    ]


def _examples(service: Service, extra: Contract | None) -> list[Endpoint]:
    """The endpoints of the operations that only the other spec has."""
    return [
        Endpoint(
            operation.method,
            service.path_of(operation.path),
            Reached(operation, extra),
            Handler(example_reply(extra, operation), never),
        )
        for operation in (extra.beyond(service.contract) if extra else ())
        if extra is not None
    ]
