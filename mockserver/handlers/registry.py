"""Which function answers which operation."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.contract import Contract
from mockserver.replies import Call, Reply
from mockserver.spec import SpecError

Handler = Callable[[Call], Reply]
HANDLERS: dict[str, Handler] = {}


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Register the function that answers an operation."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register


def check(contract: Contract) -> None:
    """See that each operation of our spec has a handler.

    Raises:
        SpecError: one has none.
    """
    for name in contract.operations:
        if name not in HANDLERS:
            raise SpecError(
                f"no handler for operation {name!r}; add @handles({name!r}) in mockserver/handlers/"
            )
