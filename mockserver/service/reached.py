"""The operation that a request to a service is for, and what became of the request."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from mockserver.console.suggestions import nearest
from mockserver.contract.openapi import Contract, Operation
from mockserver.service.fault import Fault

MOST_COMPARED = 100  # characters; longer requests are not compared, for that takes long


class Reached(NamedTuple):
    """What a request was for, and what became of it.

    Attributes:
        operation: the operation that the request is for; None for no operation.
        contract: the contract of the operation.
        warn: the function that gives the warnings about an entry of the journal; None if there is none.
        fault: the fault that answered, delayed or dropped the request; None if none did.
        is_refused: True if the request was refused before it reached the operation.
        reason: the reason of a refusal by the server itself, before any operation was looked for; else "".
        beside: the operation of a request to anything but an operation of the contract; else "".
    """

    operation: Operation | None = None
    contract: Contract | None = None
    warn: Callable[[Any], list[str]] | None = None
    fault: Fault | None = None
    is_refused: bool = False
    reason: str = ""
    beside: str = ""

    def nowhere(self, method: str, path: str) -> str:
        """The sentence that a request reached no operation, with the nearest one."""
        asked = f"{method} {path}"
        known = self.contract.operations.values() if self.contract else ()
        names = tuple(f"{operation.method} {operation.path}" for operation in known)
        return f"{asked} reached no operation of the spec{_nearest(asked, names)}"

    @property
    def name(self) -> str:
        """The id of the operation, or `beside`; "" for no operation."""
        return self.operation.id if self.operation else self.beside


@lru_cache(maxsize=1024)  # a journal is read again and again
def _nearest(asked: str, names: tuple[str, ...]) -> str:
    name = nearest(asked, names, likeness=0.9) if len(asked) <= MOST_COMPARED else ""
    return f", the nearest is {name}" if name else ""
