"""A node: a gateway as a Dashboard sees it, which the suite plays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contract_tests.dashboard.client import Dashboard
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange


class Node:
    """A node of the Dashboard, which hands each nonce on to its next request.

    Attributes:
        id: the id that the Dashboard has given it; "" before it has registered.
        nonce: the nonce of the last answer.
    """

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._session_id = dashboard.new_id()  # of its process
        self.id = ""
        self.nonce = ""

    def send(self, method: str, path: str, body: Any = None, *, secret: str | None = None) -> Exchange:
        """Send a request of a gateway, with the node secret unless another one is given."""
        sent = self._dashboard.options.second if secret is None else secret
        headers = [
            ("Authorization", sent),
            ("x-tyk-hostname", self._dashboard.ownership.run),
            ("x-tyk-session-id", self._session_id),
        ]
        if self.id:
            headers += [("x-tyk-nodeid", self.id), ("x-tyk-nonce", self.nonce)]
        exchange = self._dashboard.send(method, path, body, headers=headers)
        nonce = exchange.document.get("Nonce")
        self.nonce = nonce if isinstance(nonce, str) else ""
        return exchange

    def register(self) -> Exchange:
        """GET /register/node.

        Raises:
            Mismatch: the answer is not 200 with a node id and a nonce.
        """
        exchange = self.send("GET", "/register/node")
        message = exchange.document.get("Message")
        node_id = message.get("NodeID") if isinstance(message, dict) else None
        if exchange.status != 200 or not isinstance(node_id, str) or not node_id or not self.nonce:
            actual = f"{exchange.status} {exchange.text}"
            raise Mismatch("200 with a NodeID in Message, and a Nonce", actual, exchange)
        self.id = node_id
        return exchange

    def get(self, path: str) -> Exchange:
        """GET what gateways are given.

        Raises:
            Mismatch: the answer is not 200 with an array of objects as the Message, and a nonce.
        """
        exchange = self.send("GET", path)
        message = exchange.document.get("Message")
        is_list = isinstance(message, list) and all(isinstance(entry, dict) for entry in message)
        if exchange.status != 200 or not is_list or not self.nonce:
            actual = f"{exchange.status} {exchange.text}"
            raise Mismatch("200 with an array as the Message, and a Nonce", actual, exchange)
        return exchange

    def policies(self) -> tuple[Exchange, dict[str, dict[str, Any]]]:
        """GET /system/policies: the exchange, and the policies by database id."""
        exchange = self.get("/system/policies")
        return exchange, {str(policy.get("_id", "")): policy for policy in exchange.document["Message"]}


@contextmanager
def node_of(dashboard: Dashboard) -> Iterator[Node]:
    """A registered node, which leaves at the end of the block.

    Raises:
        NotApplicable: the node secret is not given.
        Mismatch: the Dashboard does not register it.
    """
    if not dashboard.options.second:
        variable = dashboard.run.service.second_variable
        raise NotApplicable(f"no node secret is given; --node-secret-file or {variable} gives it")
    node = Node(dashboard)
    node.register()
    try:
        yield node
    finally:
        node.send("DELETE", "/system/node")
