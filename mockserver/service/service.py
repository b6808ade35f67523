"""The description of an API that the mock serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.http.messages import Reply, Request
from mockserver.service.fault import Scenario
from mockserver.service.journal_entry import Entry
from mockserver.service.registry import HandlerFunction


def _no_route_beside(_: Request) -> HandlerFunction | None:
    return None


@dataclass(frozen=True)
class Service:
    """An API that the mock serves: that of the Tyk Gateway, or another one.

    Attributes:
        name: the name of its folder under spec/, mockserver/ and contract_tests/.
        contract: its operations and schemas.
        state: the state that its handlers receive; its method `reset` restores the initial state, and
            may return the reasons why something was left as it is, a line each.
        guard: returns a refusal of the request, or the path by which to look up the route.
        secrets: the credentials that the journal and the log mask.
        error: an error reply in the service's own format, from a message and a status.
        not_found: the answer to a path that has no route.
        not_allowed: the answer to a path that has routes, but none with the method.
        beside: the handler of a request to anything but an operation; None for a request to the routes.
        path_of: the configured path of an operation, from its path in the spec.
        scenarios: the failures that faults may name, by name.
        warn: the warnings about an entry of the journal; None if the service gives none.
        is_unnoted: True for a request that does not belong into the journal; None if all do.
        also_faulty: the ids of GraphQL root fields and remote calls, which faults may name too.
        beside_name: the operation that faults and the journal name for the requests that `beside` answers;
            "" for none.
    """

    name: str
    contract: Contract
    state: Any
    guard: Callable[[Request], Reply | str]
    secrets: tuple[str, ...]
    error: Callable[[str, int], Reply]
    not_found: Callable[[Request], Reply]
    not_allowed: Callable[[Request], Reply]
    beside: Callable[[Request], HandlerFunction | None] = _no_route_beside
    path_of: Callable[[str], str] = str
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    is_unnoted: Callable[[Request], bool] | None = None
    also_faulty: frozenset[str] = frozenset()
    beside_name: str = ""
    warn: Callable[[Entry], list[str]] | None = None

    @property
    def journal_operations(self) -> list[str]:
        """The ids that entries of the journal may have as their operation."""
        return [*self.contract.operations, *filter(None, [self.beside_name])]

    @property
    def fault_targets(self) -> dict[str, str]:
        """The operations, root fields, remote calls and other requests that a fault may name.

        Each id has the method of such requests; "" for any.
        """
        methods = {name: operation.method for name, operation in self.contract.operations.items()}
        return dict.fromkeys([*filter(None, [self.beside_name]), *self.also_faulty], "") | methods
