"""One API that the mock serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mockserver.contract.openapi import Contract
from mockserver.http.messages import Reply, Request
from mockserver.service.registry import Answer


class State(Protocol):
    """What every service's state can do."""

    def reset(self) -> None:
        """Go back to how it started."""


def _no_route_beside(_: Request) -> Answer | None:
    return None


@dataclass(frozen=True)
class Service:
    """One API that the mock serves: the Tyk Gateway's, or another one.

    Attributes:
        name: the folder under spec/, mockserver/ and contract_tests/.
        state: what its handlers are given.
        guard: refuses a request, or gives the path that its route is looked up by.
        secret: the credential that the journal masks.
        error: an error in the service's own envelope, of a message and a status.
        not_found: the answer to a path that has no route.
        not_allowed: the answer to a method that a path's routes do not have.
        beside: the answer for paths that are no operation's; None lets the routes decide.
        path_of: where an operation stands; a configuration may move it.
    """

    name: str
    contract: Contract
    state: Any
    guard: Callable[[Request], Reply | str]
    secret: str
    error: Callable[[str, int], Reply]
    not_found: Callable[[Request], Reply]
    not_allowed: Callable[[Request], Reply]
    beside: Callable[[Request], Answer | None] = _no_route_beside
    path_of: Callable[[str], str] = str
