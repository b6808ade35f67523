"""The Tyk Gateway as one test sees it: short words for requests about policies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.client import ServiceClient
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.run import Run
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.target import Target
from contract_tests.gateway.resources import KEY, POLICIES
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract


@cache
def _codec(contract: Contract) -> Codec:
    return Codec.of(contract, "Policy")


class StoreProbe:
    """Finds out whether a gateway reaches its Redis; it asks once between two reloads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._asking = threading.Lock()
        self._lacks_store: dict[int, bool] = {}  # by the number of reloads before

    def lacks_store(self) -> bool:
        """True if /hello and /ready agree that the gateway cannot reach its Redis."""
        with self._asking:
            reloads = self._target.reloads
            if reloads not in self._lacks_store:
                hello, ready = (self._target.send("GET", path, headers=[]) for path in ("/hello", "/ready"))
                fails = hello.document.get("status", "pass") != "pass"
                is_unready = ready.status == 503 and "Redis connection not available" in ready.text
                self._lacks_store[reloads] = is_unready and fails
            return self._lacks_store[reloads]


class Gateway(ServiceClient):
    """The Tyk Gateway as one test sees it."""

    def __init__(self, run: Run, judge: SchemaJudge, store: StoreProbe) -> None:
        super().__init__(run, judge)
        self.store = store

    @property
    def codec(self) -> Codec:
        """The codec of policies in the gateway's version."""
        return _codec(self.contract)

    def sibling(self) -> Gateway:
        """A client of the same run, with exchanges of its own."""
        return Gateway(self.run, self.judge, self.store)

    def note_key(self, name: str) -> None:
        """Have a key removed that the gateway named itself, or that the run names in another way."""
        self.ownership.note_server_name(KEY, name)

    def create(self, **members: Any) -> dict[str, Any]:
        """POST a policy, with a new id unless one is given, and return the policy as it was sent."""
        policy = {"id": self.new_id(), **members}
        exchange = self.post(policy)
        if exchange.status != 200:
            raise Mismatch("200, the policy is written", f"{exchange.status} {exchange.text}", exchange)
        return policy

    def post(self, body: Any) -> Exchange:
        """POST /tyk/policies."""
        return self.send("POST", POLICIES, body)

    def post_unread(self, policy_id: str, body: Any, **kwargs: Any) -> Exchange:
        """POST a body that is no policy; should the gateway accept it, the policy of this id is removed."""
        exchange = self.send("POST", POLICIES, body, **kwargs)
        if exchange.status == 200:
            self.ownership.note([path_of(policy_id)])
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

    def list(self) -> Exchange:
        """GET /tyk/policies."""
        return self.send("GET", POLICIES)


def clients(run: Run, judge: SchemaJudge) -> Callable[[], Gateway]:
    """A function that makes the client of one test."""
    store = StoreProbe(run.target)
    return lambda: Gateway(run, judge, store)


def path_of(policy_id: str) -> str:
    """The path of a policy, its id escaped."""
    return f"{POLICIES}/{quote(policy_id, safe='')}"
