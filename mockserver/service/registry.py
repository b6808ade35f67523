"""The functions that answer operations, by service and operationId."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError
from mockserver.golang import urls
from mockserver.http.messages import Reply, Request

S = TypeVar("S")


class Call(NamedTuple, Generic[S]):
    """A request that reached an operation.

    Attributes:
        state: the state of the service, for example a Gateway.
        request: the request, with its headers.
        params: the path's value for each of its parameters, unescaped.
    """

    state: S
    request: Request
    params: Mapping[str, str]

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.body

    @property
    def query(self) -> str:
        """The request's query as sent, with its question mark; "" where there is none."""
        return self.request.url.query

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; "" where there is none."""
        return urls.first_value(self.query, name)


Answer = Callable[[Any], Reply]  # given a Call
Waits = Callable[[Any], bool]


class Handler(NamedTuple):
    """The function that answers an operation.

    Attributes:
        waits: given the state, tells whether the answer may have to wait, so that a thread is to make it.
    """

    answer: Answer
    waits: Waits


def on_shared_storage(state: Any) -> bool:
    """True if the state is kept on a server that may let its clients wait."""
    return bool(state.storage_is_shared)


def never(_: Any) -> bool:
    """For an answer that is made of what is in memory."""
    return False


def always(_: Any) -> bool:
    """For an answer that reads many files, or asks others."""
    return True


HANDLERS: dict[tuple[str, str], Handler] = {}


class Handlers:
    """The handlers of one service; a package of handlers has one."""

    def __init__(self, service: str) -> None:
        self.service = service

    def handles(self, operation_id: str, *, waits: Waits = on_shared_storage) -> Callable[[Answer], Answer]:
        """Register the function that answers an operation."""

        def register(answer: Answer) -> Answer:
            HANDLERS[self.service, operation_id] = Handler(answer, waits)
            return answer

        return register


def check(service: str, contract: Contract) -> None:
    """See that each operation of a service has a handler, and each handler an operation.

    Raises:
        SpecError: one has none.
    """
    for operation_id in contract.operations:
        if (service, operation_id) not in HANDLERS:
            raise SpecError(
                f"no handler for operation {operation_id!r} of the {service}; "
                f"add @handles({operation_id!r}) to its handlers"
            )
    for name, operation_id in HANDLERS:
        if name == service and operation_id not in contract.declared:
            raise SpecError(
                f"the {service} has a handler for {operation_id!r}, which its spec does not declare"
            )
