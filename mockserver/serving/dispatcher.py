"""The dispatcher: from a request to its reply, by guard, route, handler and journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter, time

from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.golang.json_size import TOO_MANY_VALUES, has_too_many_values
from mockserver.golang.regexps import TooMuchWork, allowance
from mockserver.http.failures import describe, log_failure
from mockserver.http.messages import DropConnection, Reply, Request, WouldBlock
from mockserver.http.redaction import all_hidden
from mockserver.service.access_log import Access, AccessLog
from mockserver.service.fault import DROPPED, Fault, FaultDrop, FaultedReply, Received
from mockserver.service.journal_parts import ProxiedReply
from mockserver.service.large_json import Busy, turn_of
from mockserver.service.mock import Mock
from mockserver.service.reached import Reached
from mockserver.service.registry import HANDLERS, Call, Handler, always, never
from mockserver.service.service import Service
from mockserver.serving.example_replies import ExampleReplies
from mockserver.storage.backend import BackendUnavailable

CONTROL_PREFIX = "/_mock/"  # of the mock's own API and pages
LONG_PATH = 1024  # characters; matching a longer one against listen paths may take long
_NOWHERE = Reached()
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
        self._nowhere = Reached(contract=service.contract, warn=service.warn)
        self._beside = Reached(warn=service.warn, beside=service.beside_name)
        self._control = control or service.not_found

    def answer(self, request: Request, *, blocking: bool = True) -> Reply:
        """Answer a request and add it to the journal.

        Raises:
            WouldBlock: the answer may have to wait, and `blocking` is False; nothing has been done yet.
            DropConnection: a fault closes the connection.
        """
        mock, log = self.mock, self.mock.access_log
        is_control = is_control_path(request.url.path)
        if not blocking:
            if is_control:
                raise WouldBlock("control")
            if len(request.url.path) > LONG_PATH:
                raise WouldBlock("upstream")
            if not mock.is_idle:
                raise WouldBlock("upstream" if self.service.beside(request) else "storage")
        start = perf_counter() if log else 0.0
        if is_control:
            reply = self._control(request)
            if log and log.is_verbose:
                self._log(log, request, reply, start)
            return reply
        mock.clock.run_due()
        reply, reached = self._reply(request, blocking)
        is_noted = self._note(request, reply, reached)
        if log and (is_noted or log.is_verbose):
            self._log(log, request, reply, start, reached)
        return reached.fault.sent(reply) if reached.fault else reply

    def refuses(self, request: Request) -> bool:
        """True if the head of a request decides the answer, so that its body need not be read."""
        path = request.url.path
        if is_control_path(path) or len(path) > LONG_PATH:
            return False
        guarded = self.service.guard(request)
        if isinstance(guarded, Reply):
            return True
        return not self.service.beside(request) and self._routes.match(request.method, guarded) is None

    def refused(self, request: Request, status: int, reason: str) -> None:
        """Note a request that the server itself has refused, before it came here."""
        reached, log = Reached(is_refused=True, reason=reason), self.mock.access_log
        reply = Reply(b"", status, ())
        self._note(request, reply, reached)
        if log:
            self._log(log, request, reply, perf_counter(), reached)

    def _reply(self, request: Request, blocking: bool) -> tuple[Reply, Reached]:
        """The answer, and what the request was for and became of it."""
        service, reached = self.service, self._nowhere
        params: Mapping[str, str] = {}
        try:
            guarded = service.guard(request)
            if isinstance(guarded, Reply):
                handler = Handler(lambda _: guarded, never)
                reached = self._asked(request)._replace(is_refused=True)
            else:
                handler, params, reached = self._route(request, guarded)
                if not blocking:
                    _must_not_wait(handler, service.state, request)
            fault = None
            if blocking and self.mock.faults:
                operation = None if reached.is_refused else reached.operation
                fault = self._fault(Received(request, operation, params))
            if fault:
                reached = reached._replace(fault=fault)
                if fault.replaces and not fault.carry_out:
                    return fault.answer(DROPPED, service.error), reached
            text = request.body if reached.operation and not reached.is_refused else b""
            if has_too_many_values(text):
                return service.error(TOO_MANY_VALUES, 413), reached
            with turn_of(text), allowance():
                reply = handler.answer(Call(service.state, request, params, fault.rewrite if fault else None))
            if fault is None and isinstance(reply, FaultedReply):
                met = replace(reply.fault, delay=reply.delay)
                return replace(reply, delay=0.0), reached._replace(fault=met)
            return fault.answer(reply, service.error) if fault else reply, reached
        except WouldBlock:
            raise
        except Exception as error:  # noqa: BLE001  a failure of the mock is answered
            return self._failed(request, reached, error)

    def _failed(self, request: Request, reached: Reached, error: Exception) -> tuple[Reply, Reached]:
        """The reply to a request whose handler raised an error.

        Raises:
            DropConnection: the handler closes the connection, and no fault does.
        """
        service = self.service
        if isinstance(error, FaultDrop):
            return DROPPED, reached._replace(fault=replace(error.fault, delay=error.delay))
        if isinstance(error, DropConnection):
            self._note(request, DROPPED, reached)
            raise error
        if isinstance(error, (BackendUnavailable, Busy, TooMuchWork)):
            return service.error(str(error), 503 if isinstance(error, Busy) else 500), reached
        log_failure(all_hidden(f"{request.method} {request.url.path}", service.secrets), error)
        return service.error(describe(error), 500), reached

    def _note(self, request: Request, reply: Reply, reached: Reached) -> bool:
        """Add a request to the journal; False if it does not belong there."""
        service = self.service
        if service.is_unnoted is not None and service.is_unnoted(request):
            return False
        self.mock.journal.note(self.mock.clock.now(), request, reply, reached, service.secrets)
        return True

    def _log(
        self, log: AccessLog, request: Request, reply: Reply, start: float, reached: Reached = _NOWHERE
    ) -> None:
        """Have a line written for a request whose answer was begun at a time of `perf_counter`."""
        seconds = perf_counter() - start
        secrets, why = self.service.secrets, reached.reason
        if isinstance(reply, ProxiedReply):
            why = reply.refusal
        log.note(Access(time(), request, reply, reached.name, seconds, reached.fault, secrets, why))

    def _route(self, request: Request, path: str) -> tuple[Handler, Mapping[str, str], Reached]:
        """The handler of a request, the parameters of its path, and the operation that it reaches."""
        if beside := self.service.beside(request):
            return Handler(beside, always, "upstream"), {}, self._beside
        match = self._routes.match(request.method, path)
        if match:
            return match.route.handler, match.params, match.route.reached
        refuse = self.service.not_allowed if self._routes.knows(path) else self.service.not_found
        return Handler(lambda call: refuse(call.request), never), {}, self._nowhere

    def _asked(self, request: Request) -> Reached:
        """The operation that a request is for, if it does not reach it."""
        path = request.url.path
        if len(path) > LONG_PATH:
            return self._nowhere
        if self.service.beside(request):
            return self._beside
        match = self._routes.match(request.method, path.rstrip("/") or "/")
        return match.route.reached if match else self._nowhere

    def _fault(self, received: Received) -> Fault | None:
        """The fault that the answer to a request meets; None for none."""
        if received.operation is not None:
            name = received.operation.id
        else:
            name = self.service.beside_name if self.service.beside(received.request) else ""
        return self.mock.faults.take(name, received)


def is_control_path(path: str) -> bool:
    """True for a path of the mock's own API and pages, with or without the slash after its first part."""
    return path.startswith(CONTROL_PREFIX) or path == CONTROL_PREFIX.removesuffix("/")


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
    if extra is None:
        return []
    replies = ExampleReplies(extra)
    return [
        Endpoint(
            operation.method,
            service.path_of(operation.path),
            Reached(operation, extra),
            Handler(replies.of(operation), never),
        )
        for operation in extra.beyond(service.contract)
    ]
