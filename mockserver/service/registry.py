"""Which function answers which operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError
from mockserver.http.messages import Reply


@dataclass(frozen=True)
class Call:
    """A request that reached an operation.

    Attributes:
        query: as sent, with its question mark; "" where there is none.
    """

    gateway: Any
    params: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    body: bytes = b""


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
