"""The client that a test of the Tyk Dashboard sends its requests with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from contract_tests.dashboard.resources import POLICIES, POLICY
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.client import ServiceClient
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.names import is_shown
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.resources import quoted


class Dashboard(ServiceClient):
    """A client of the Tyk Dashboard, for one test."""

    def create(self, **members: Any) -> str:
        """POST a policy, with a new name unless one is given; return its database id.

        Raises:
            Mismatch: the answer is not 200 with an id.
        """
        exchange = self.post({"name": self.new_id(), **members})
        object_id = exchange.document.get("Message")
        if exchange.status != 200 or not isinstance(object_id, str):
            raise Mismatch("200 with the id of the policy", f"{exchange.status} {exchange.text}", exchange)
        return object_id

    def post(self, body: Any, path: str = POLICIES, **kwargs: Any) -> Exchange:
        """POST /api/portal/policies; a database id that the Dashboard chooses is one of the run from then on.

        Raises:
            Mismatch: under the id in the answer the Dashboard has no policy of the run.
        """
        return self._adopted(self.send("POST", path, body, **kwargs))

    def post_together(self, bodies: Iterable[Any]) -> list[Exchange]:
        """POST policies at one time; exchanges in their order. Raises as `post`."""
        requests = [Request("POST", POLICIES, json.dumps(body).encode()) for body in bodies]
        return [self._adopted(exchange) for exchange in self.send_together(*requests)]

    def _adopted(self, exchange: Exchange) -> Exchange:
        """The answer to a create, whose database id is one of the run from then on."""
        object_id = exchange.document.get("Message")
        if (
            exchange.status == 200
            and isinstance(object_id, str)
            and not self.ownership.owns_chosen(object_id)
        ):
            read = self.get(object_id)
            try:
                self.ownership.adopt(POLICY, object_id, str(read.document.get("name")))
            except UnsafeRequest as error:
                raise Mismatch("the id of the policy as the Message", str(error), read) from error
        return exchange

    def put(self, policy_id: str, body: Any) -> Exchange:
        """PUT /api/portal/policies/{id}."""
        return self.send("PUT", path_of(policy_id), body)

    def get(self, policy_id: str) -> Exchange:
        """GET /api/portal/policies/{id}."""
        return self.send("GET", path_of(policy_id))

    def delete(self, policy_id: str) -> Exchange:
        """DELETE /api/portal/policies/{id}."""
        return self.send("DELETE", path_of(policy_id))

    def read(self, policy_id: str) -> dict[str, Any]:
        """GET a policy that must be there.

        Raises:
            Mismatch: the answer is not 200 with a JSON object.
        """
        exchange = self.get(policy_id)
        if exchange.status != 200 or not isinstance(exchange.document, dict):
            raise Mismatch("200 with the policy", f"{exchange.status} {exchange.text}", exchange)
        return dict(exchange.document)

    def list(self, **query: str) -> Exchange:
        """GET /api/portal/policies."""
        return self.send("GET", POLICIES + _query(query))

    def search(self, **query: str) -> Exchange:
        """GET /api/portal/policies/search."""
        return self.send("GET", f"{POLICIES}/search{_query(query)}")

    def probe_create(self, mark: str) -> tuple[str, Exchange]:
        """POST a policy whose name and tag are a mark; its database id and the exchange.

        The id is "" if nothing tells it.
        """
        given = self.ownership.new_object_id()
        exchange = self.probe("POST", POLICIES, {"_id": given, "name": mark, "tags": [mark]})
        chosen = exchange.document.get("Message")
        if exchange.status != 200 or not isinstance(chosen, str) or chosen == given:
            return given, exchange
        found = self.probe("GET", f"{POLICIES}/search{_query({'q': mark})}").document.get("Data")
        if any(is_shown(policy, chosen, mark) for policy in (found if isinstance(found, list) else ())):
            self.ownership.adopt(POLICY, chosen, mark)
            return chosen, exchange
        return given, exchange

    def probe_update(self, thing: str, mark: str) -> Exchange:
        """PUT a policy with another mark as its name, and no tags."""
        return self.probe("PUT", path_of(thing), {"name": mark})

    def probe_read(self, thing: str) -> Exchange:
        """GET a policy."""
        return self.probe("GET", path_of(thing))

    def probe_delete(self, thing: str) -> Exchange:
        """DELETE a policy."""
        return self.probe("DELETE", path_of(thing))

    def probe_mark(self) -> str:
        """A name that no policy has."""
        return self.new_id()

    def probe_query(self) -> bool:
        """True if a search for a name that no policy has finds what one without a name finds."""
        queries = ("", _query({"q": self.new_id()}))
        usual, unknown = (
            self.probe("GET", f"{POLICIES}/search{query}").document.get("Data") for query in queries
        )
        return bool(usual) and usual == unknown

    def probe_load(self) -> None:
        """Nothing: writes show at once."""


def path_of(policy_id: str) -> str:
    """The path of a policy, with its id percent-encoded."""
    return f"{POLICIES}/{quoted(policy_id)}"


def _query(query: dict[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""
