"""The one road from a request to its reply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.http.messages import DropConnection, Reply, Request
from mockserver.http.server import WouldBlock
from mockserver.service.faults import ANY
from mockserver.service.journal import Reached
from mockserver.service.mock import Mock
from mockserver.service.registry import HANDLERS, Call, Handler, always, never
from mockserver.service.service import Service
from mockserver.serving.example_replies import example_reply
from mockserver.storage.backend import BackendUnavailable

CONTROL_PREFIX = "/_mock/"
LOG = logging.getLogger("tyk-contract")


@dataclass(frozen=True)
class Endpoint:
    """An operation where the configuration puts it, and its handler."""

    method: str
    path: str
    reached: Reached
    handler: Handler

    @property
    def operation(self) -> Operation:
        """The operation."""
        assert self.reached.operation is not None
        return self.reached.operation


class Dispatcher:
    """Answers every request to one service of a mock.

    `extra` is another spec of the service: operations that ours does not have are answered from its
    examples. `control` answers the mock's own API.
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
        self._control = control or service.not_found

    def answer(self, request: Request, *, blocking: bool = True) -> Reply:
        """The reply to a request, which the journal then has.

        Raises:
            WouldBlock: it may have to wait, and `blocking` is false; nothing was done yet.
            DropConnection: a fault closes the connection.
        """
        mock, service = self.mock, self.service
        is_control = request.url.path.startswith(CONTROL_PREFIX)
        if not blocking and (is_control or not mock.is_idle):
            raise WouldBlock
        if is_control:
            return self._control(request)
        mock.clock.run_due()
        reply, reached = self._reply(request, blocking)
        mock.journal.note(mock.clock.now(), request, reply, reached, service.secret)
        return reply

    def _reply(self, request: Request, blocking: bool) -> tuple[Reply, Reached]:
        service, reached = self.service, Reached()
        try:
            if fault := self._fault(ANY):
                return fault, reached
            guarded = service.guard(request)
            if isinstance(guarded, Reply):
                return guarded, reached
            handler, params, reached = self._route(request, guarded)
            if not blocking:
                _must_not_wait(handler, service.state)
            if reached.operation and (fault := self._fault(reached.operation.id)):
                return fault, reached
            return handler.answer(Call(service.state, request, params)), reached
        except BackendUnavailable as error:
            return service.error(str(error), 500), reached
        except (WouldBlock, DropConnection):
            raise
        except Exception as error:
            LOG.exception("%s %s failed", request.method, request.url.path)
            return service.error(f"the mock failed: {type(error).__name__}", 500), reached

    def _route(self, request: Request, path: str) -> tuple[Handler, Mapping[str, str], Reached]:
        """The handler of a request, its path's parameters, and the operation that it reaches."""
        if beside := self.service.beside(request):
            return Handler(beside, always), {}, Reached()
        match = self._routes.match(request.method, path)
        if match:
            return match.route.handler, match.params, match.route.reached
        refuse = self.service.not_allowed if self._routes.knows(path) else self.service.not_found
        return Handler(lambda call: refuse(call.request), never), {}, Reached()

    def _fault(self, operation: str) -> Reply | None:
        """Wait, or answer, as a fault of the operation says; None lets the request go on.

        Raises:
            DropConnection: the fault asks for it.
        """
        fault = self.mock.faults.take(operation)
        if fault is None:
            return None
        self.mock.closing.wait(fault.delay)
        if fault.drop:
            raise DropConnection
        return self.service.error(fault.message, fault.status) if fault.status else None


def _must_not_wait(handler: Handler, state: object) -> None:
    if handler.waits(state):
        raise WouldBlock


def _endpoints(service: Service) -> list[Endpoint]:
    contract = service.contract
    return [
        Endpoint(
            operation.method,
            service.path_of(operation.path),
            Reached(operation, contract),
            HANDLERS[service.name, operation.id],
        )
        for operation in contract.operations.values()
    ]


def _examples(service: Service, extra: Contract | None) -> list[Endpoint]:
    """The operations that only another spec has."""
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
