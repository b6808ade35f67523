"""The client that a test of the Tyk Gateway sends its requests with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.client import ServiceClient
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.resources import quoted
from contract_tests.engine.run import Run
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.target import Target
from contract_tests.gateway.resources import KEY, OAUTH, POLICIES
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.http.client import Header

LONGEST_BODY = "http_server_options.max_request_body_size"
SHORTEST_KEY = "min_token_length"  # a key needs one character more in some versions


@cache
def _codec(contract: Contract) -> Codec:
    return Codec.of(contract, "Policy")


class StoreProbe:
    """A probe of the gateway's Redis; it sends its requests once between two reloads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._lacks_store: dict[int, bool] = {}  # by the number of reloads so far

    def lacks_store(self) -> bool:
        """True if /hello and /ready agree that the gateway cannot reach its Redis."""
        with self._lock:
            reloads = self._target.reloads
            if reloads not in self._lacks_store:
                hello, ready = (self._target.send("GET", path, headers=[]) for path in ("/hello", "/ready"))
                is_failing = hello.document.get("status", "pass") != "pass"
                is_unready = ready.status == 503 and "Redis connection not available" in ready.text
                self._lacks_store[reloads] = is_unready and is_failing
            return self._lacks_store[reloads]


class Gateway(ServiceClient):
    """A client of the Tyk Gateway, for one test."""

    def __init__(self, run: Run, judge: SchemaJudge, store: StoreProbe) -> None:
        super().__init__(run, judge)
        self.store = store

    def new_id(self, suffix: str = "") -> str:
        """A new id of the run; by the settings it is long enough for a key, even without its organisation."""
        values = self.run.configuration.values if self.run.configuration else {}
        return self.ownership.new_id(suffix, values.get(SHORTEST_KEY, 0) + 1)

    def refused_by_setting(self, exchange: Exchange) -> str:
        """A body that is longer than the gateway takes, and that it refuses, as a reason."""
        if self.run.configuration is None or exchange.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return ""
        longest = self.run.configuration.values.get(LONGEST_BODY, 0)
        size = len(exchange.body or b"")
        return f"a body of {size} bytes is over {LONGEST_BODY}: {longest}" if 0 < longest < size else ""

    def send_to(self, url: str, target: str, headers: list[Header] | None = None) -> Exchange:
        """GET a target at one of the gateway's URLs, with the secret unless headers are given.

        Another URL may have such targets too. The answer is not held against the contract.
        """
        exchange = self.target.ask(Request("GET", target, None, headers), url=url)
        self.exchanges.append(exchange)
        return exchange

    @property
    def codec(self) -> Codec:
        """The codec of policies in the gateway's version."""
        return _codec(self.contract)

    def sibling(self) -> Gateway:
        """A client of the same run with its own list of exchanges."""
        return Gateway(self.run, self.judge, self.store)

    def note_key(self, name: str) -> None:
        """Register a key for removal at the end of the run; "" is none.

        Raises:
            Mismatch: an answer named the key, and it is not of this run.
            UnsafeRequest: the test named it.
        """
        with self.service_may_name():
            self.ownership.note_name(KEY, name)

    def note_grant(self, text: str, client: str) -> None:
        """Let the run send an authorization code that the gateway gave to a client of the run."""
        with self.service_may_name():
            self.ownership.accept("code", text, client)

    def note_refresh_token(self, api_id: str, text: str, client: str) -> None:
        """Register a refresh token of a client of the run for removal at the end of the run."""
        with self.service_may_name():
            self.ownership.accept("refresh token", text, client)
            self.ownership.note([f"{OAUTH}/refresh/{quoted(text)}?api_id={api_id}"])

    def create(self, **members: Any) -> dict[str, Any]:
        """POST a policy, with a new id unless one is given; return the policy that was sent.

        Raises:
            Mismatch: the answer is not 200.
        """
        policy = {"id": self.new_id(), **members}
        exchange = self.post(policy)
        if exchange.status != 200:
            raise Mismatch("200, the policy is written", f"{exchange.status} {exchange.text}", exchange)
        return policy

    def post(self, body: Any) -> Exchange:
        """POST /tyk/policies."""
        return self.send("POST", POLICIES, body)

    def post_unread(self, policy_id: str, body: Any, **kwargs: Any) -> Exchange:
        """POST a body that is not a policy; if the gateway accepts it, the policy of this id is removed."""
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

    def probe_create(self, mark: str) -> tuple[str, Exchange]:
        """POST a policy whose name and tag are a mark; its id and the exchange."""
        policy_id = self.new_id()
        return policy_id, self.probe("POST", POLICIES, {"id": policy_id, "name": mark, "tags": [mark]})

    def probe_update(self, thing: str, mark: str) -> Exchange:
        """PUT a policy with another mark as its name, and no tags."""
        return self.probe("PUT", path_of(thing), {"id": thing, "name": mark})

    def probe_read(self, thing: str) -> Exchange:
        """GET a policy."""
        return self.probe("GET", path_of(thing))

    def probe_delete(self, thing: str) -> Exchange:
        """DELETE a policy."""
        return self.probe("DELETE", path_of(thing))

    def probe_mark(self) -> str:
        """A text that no policy has."""
        return self.new_id()

    def probe_query(self) -> bool:
        """True if the schema of an unknown version is that of the usual one."""
        usual, unknown = (self.probe("GET", f"/tyk/schema{query}") for query in ("", "?oasVersion=0.0"))
        return usual.status == unknown.status == 200 and usual.text == unknown.text

    def probe_load(self) -> Exchange:
        """Reload."""
        return self.target.reload(must_fit=False)


def clients(run: Run, judge: SchemaJudge) -> Callable[[], Gateway]:
    """A factory of clients, one for each test."""
    store = StoreProbe(run.target)
    return lambda: Gateway(run, judge, store)


def path_of(policy_id: str) -> str:
    """The path of a policy, with its id percent-encoded."""
    return f"{POLICIES}/{quote(policy_id, safe='')}"
