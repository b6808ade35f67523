"""The registry of handlers: the functions that answer operations, by service and operationId."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError
from mockserver.golang import urls
from mockserver.http.messages import Reply, Request
from mockserver.service.fault import Rewrite

S = TypeVar("S")


class Call(NamedTuple, Generic[S]):
    """A request that reached an operation.

    Attributes:
        state: the state of the service, for example a Gateway.
        request: the request, with its headers.
        params: the unescaped values of the path's parameters, by name.
        rewrite: what a scenario makes of the listing in the answer; None if there is no such fault.
    """

    state: S
    request: Request
    params: Mapping[str, str]
    rewrite: Rewrite | None = None

    def rewritten(self, listing: Any) -> Any:
        """A listing as the scenario of a fault makes it."""
        return self.rewrite(listing) if self.rewrite else listing

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return self.request.body

    @property
    def query(self) -> str:
        """The query of the request as sent, with its question mark; "" if there is none."""
        return self.request.url.query

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; "" if there is none."""
        return urls.first_value(self.query, name)


HandlerFunction = Callable[[Any], Reply]  # its argument is a Call
Waits = Callable[[Any], bool]  # its argument is the state of the service


class Handler(NamedTuple):
    """The function that answers an operation.

    Attributes:
        answer: the function.
        waits: True, given the state of the service, if the answer may have to wait and needs a thread.
        lane: the threads that it waits in, see `Limits`.
    """

    answer: HandlerFunction
    waits: Waits
    lane: str = "storage"


def on_shared_storage(state: Any) -> bool:
    """True if the state is in shared storage, where a call may block."""
    return bool(state.storage_is_shared)


def never(_: Any) -> bool:
    """False: for an answer that is computed from memory."""
    return False


def always(_: Any) -> bool:
    """True: for an answer that reads many files, or calls other servers."""
    return True


HANDLERS: dict[tuple[str, str], Handler] = {}


class Handlers:
    """The decorators that register the handlers of one service."""

    def __init__(self, service: str) -> None:
        self.service = service

    def handles(
        self, operation_id: str, *, waits: Waits = on_shared_storage
    ) -> Callable[[HandlerFunction], HandlerFunction]:
        """Decorate the function that answers an operation, to register it."""

        def register(answer: HandlerFunction) -> HandlerFunction:
            HANDLERS[self.service, operation_id] = Handler(answer, waits)
            return answer

        return register


def check(service: str, contract: Contract) -> None:
    """Check that each operation of a service has a handler, and each handler an operation.

    Raises:
        SpecError: an operation has no handler, or a handler no operation.
    """
    for operation_id in contract.operations:
        if (service, operation_id) not in HANDLERS:
            raise SpecError(
                f"no handler for operation {operation_id!r} of the {service}; add @handles({operation_id!r}) "
                f"to a module that mockserver/{service}/handlers/__init__.py imports"
            )
    for name, operation_id in HANDLERS:
        if name == service and operation_id not in contract.declared:
            raise SpecError(
                f"the {service} has a handler for {operation_id!r}, which its spec lacks; remove it"
            )
