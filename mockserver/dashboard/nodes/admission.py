"""The admission of nodes: their secret, their ids, and the nonce that each answer gives the next request.

A nonce is one text for each node, base64 of its id and 32 hex digits (PRO, Redis dump), and travels through
the requests of a node: each answer holds the nonce of its next request.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid

from mockserver.dashboard.nodes.nodes import OVER_HTTP, Node, Nodes
from mockserver.dashboard.replies import Refusal
from mockserver.http.messages import Request

NODE_ID, NONCE = "x-tyk-nodeid", "x-tyk-nonce"
HOSTNAME, SESSION_ID = "x-tyk-hostname", "x-tyk-session-id"
LONGEST = 256  # characters of what a node tells about itself


class Admission:
    """The rule that decides whether a request comes from a node.

    A real gateway hangs for ever if it is refused during a reload (GW gateway/server.go:1268 and
    dashboard_recovery.go:62, seen on 5.8.15 to 5.14.0). So the rule is lenient unless `is_strict`: a pull is
    admitted whatever its nonce is, also by a node that is not known, and a ping by a known node. A strict one
    admits only the newest nonce of a known node, as a real Dashboard keeps only that one.
    """

    def __init__(self, nodes: Nodes, node_secret: str, *, is_strict: bool) -> None:
        self._nodes = nodes
        self._secret = node_secret.encode()
        self.is_strict = is_strict

    def has_secret(self, request: Request) -> bool:
        """True if a request bears the node secret; nothing does if none is configured."""
        sent = request.header("authorization").encode("latin-1")
        return bool(self._secret) and hmac.compare_digest(sent, self._secret)

    def register(self, request: Request) -> Node:
        """A new node with a new id; a process that registers again replaces its former node."""
        session_id = _told(request, SESSION_ID)
        for node in self._nodes.all():
            if session_id and node.session_id == session_id:
                self._nodes.remove(node.id)
        return self._nodes.add(Node(str(uuid.uuid4()), OVER_HTTP, _told(request, HOSTNAME), session_id))

    def admit(self, request: Request, *, is_pull: bool) -> Node:
        """The node that a request comes from; it is noted as seen.

        Source of the texts: tests of GW, dashboard_register_test.go and policy_test.go; tyk issue 258.

        Raises:
            Refusal: the node is not known, or the nonce is not one of its own (403).
        """
        node_id, nonce = request.header(NODE_ID), request.header(NONCE)
        node = self._nodes.get(node_id)
        if node is None and 0 < len(node_id) <= LONGEST and is_pull and not self.is_strict:
            node = self._nodes.add(Node(node_id, OVER_HTTP, session_id=_told(request, SESSION_ID)))
        if node is None:
            raise Refusal("No node ID Found", 403)
        if self.is_strict and not nonce:
            raise Refusal("Authorization failed (Nonce empty)", 403)
        if self.is_strict and nonce != node.nonce:
            raise Refusal("Nonce failed", 403)
        self._nodes.saw(node, pings=node.pings or not is_pull)
        return node

    def next_nonce(self, node: Node) -> str:
        """A new nonce for the next request of a node."""
        nonce = base64.b64encode(f"{node.id}{secrets.token_hex(16)}".encode()).decode()
        self._nodes.saw(node, nonce=nonce)
        return nonce


def _told(request: Request, name: str) -> str:
    """A header by which a node tells about itself, cut if it is too long."""
    return request.header(name)[:LONGEST]
