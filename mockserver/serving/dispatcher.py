"""The dispatcher: from a request to its reply, by guard, route, handler and journal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.console.terminal import printable
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.http.messages import DropConnection, Reply, Request
from mockserver.http.server import WouldBlock
from mockserver.service.faults import ANY
from mockserver.service.journal_entry import Reached
from mockserver.service.mock import Mock
from mockserver.service.registry import HANDLERS, Call, Handler, always, never
from mockserver.service.service import Service
from mockserver.serving.example_replies import example_reply
from mockserver.storage.backend import BackendUnavailable

CONTROL_PREFIX = "/_mock/"
LOG = logging.getLogger("tyk-contract")
LONG_PATH = 1024  # characters; matching a longer one against listen paths may take long


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
        self._control = control or service.not_found

    def answer(self, request: Request, *, blocking: bool = True) -> Reply:
        """Answer a request and add it to the journal.

        Raises:
            WouldBlock: the answer may have to wait, and `blocking` is False; nothing has been done yet.
            DropConnection: a fault closes the connection.
        """
        mock, service = self.mock, self.service
        is_control = request.url.path.startswith(CONTROL_PREFIX)
        is_long = len(request.url.path) > LONG_PATH
        if not blocking and (is_control or is_long or not mock.is_idle):
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
            LOG.exception("%s %s failed", request.method, printable(request.url.path))
            return service.error(f"the mock failed: {type(error).__name__}", 500), reached

    def _route(self, request: Request, path: str) -> tuple[Handler, Mapping[str, str], Reached]:
        """The handler of a request, the parameters of its path, and the operation that it reaches."""
        if beside := self.service.beside(request):
            return Handler(beside, always), {}, Reached()
        match = self._routes.match(request.method, path)
        if match:
            return match.route.handler, match.params, match.route.reached
        refuse = self.service.not_allowed if self._routes.knows(path) else self.service.not_found
        return Handler(lambda call: refuse(call.request), never), {}, Reached()

    def _fault(self, operation: str) -> Reply | None:
        """Apply the next fault of an operation: wait, and return its reply; None if the request continues.

        Raises:
            DropConnection: the fault drops the connection.
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
