"""Which function answers which operation."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.replies import Call, Reply

Handler = Callable[[Call], Reply]
HANDLERS: dict[str, Handler] = {}


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Register the function that answers an operation."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register
