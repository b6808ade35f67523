"""The gateway as one test sees it, and what of it the user allows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.ownership import POLICIES
from contract_tests.engine.target import Target
from mockserver.contract import behaviours
from mockserver.contract.versions import GatewayVersion

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Options:
    """What the user allows.

    Attributes:
        upstream: what the APIs that tests write are to stand before; a server of ours where it is "".
    """

    version: GatewayVersion
    read_only: bool = False
    allow_group_reload: bool = False
    quick: bool = False
    upstream: str = ""

    @property
    def profile(self) -> str:
        """What of the suite is run."""
        return "read-only" if self.read_only else "quick" if self.quick else "full"


class Gateway:
    """The gateway as one test sees it: short words for requests, and its own exchanges."""

    def __init__(self, target: Target, options: Options) -> None:
        self.target = target
        self.options = options
        self.exchanges: list[Exchange] = []

    @property
    def behaviours(self) -> frozenset[str]:
        """The ids of the rows that hold for its version."""
        return behaviours.load().of(self.options.version)

    def send(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Exchange:
        """Send a request; a body that is neither text nor bytes goes as JSON."""
        if isinstance(body, str):
            body = body.encode("utf-8", "surrogatepass")
        elif body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        exchange = self.target.send(method, path, body, **kwargs)
        self.exchanges.append(exchange)
        return exchange

    def send_together(self, *requests: Request) -> list[Exchange]:
        """Send requests at one time; exchanges in their order."""
        exchanges = self.target.send_together(requests)
        self.exchanges += exchanges
        return exchanges

    def new_id(self, suffix: str = "") -> str:
        """An id that no policy has."""
        return self.target.own.new_id(suffix)

    def create(self, **members: Any) -> dict[str, Any]:
        """POST a policy, with an id of its own unless one is given, and return what was sent."""
        policy = {"id": self.new_id(), **members}
        exchange = self.post(policy)
        if exchange.status != 200:
            raise Mismatch("200, the policy is written", f"{exchange.status} {exchange.text}", exchange)
        return policy

    def post(self, body: Any) -> Exchange:
        """POST /tyk/policies."""
        return self.send("POST", POLICIES, body)

    def post_unread(self, policy_id: str, body: Any, **kwargs: Any) -> Exchange:
        """POST what is no policy; one of this id that it is taken for all the same will be removed."""
        exchange = self.send("POST", POLICIES, body, **kwargs)
        if exchange.status == 200:
            self.target.own.note([path_of(policy_id)])
        return exchange

    def put(self, policy_id: str, body: Any) -> Exchange:
        """PUT /tyk/policies/{id}."""
        return self.send("PUT", path_of(policy_id), body)

    def get(self, policy_id: str) -> Exchange:
        """GET /tyk/policies/{id}."""
        return self.send("GET", path_of(policy_id))

    def delete(self, policy_id: str) -> Exchange:
        """DELETE /tyk/policies/{id}."""
        return self.send("DELETE", path_of(policy_id))

    def get_until(self, path: str, seconds: float, done: Callable[[int], bool]) -> Exchange:
        """GET a path until its status is as wanted, or the time is over; the last exchange."""
        deadline = time.monotonic() + seconds
        while True:
            exchange = self.target.send("GET", path)
            if done(exchange.status) or time.monotonic() > deadline:
                self.exchanges.append(exchange)
                return exchange
            time.sleep(POLL_SECONDS)

    def list(self) -> Exchange:
        """GET /tyk/policies."""
        return self.send("GET", POLICIES)


def path_of(policy_id: str) -> str:
    """The path of a policy, its id escaped."""
    return f"{POLICIES}/{quote(policy_id, safe='')}"
