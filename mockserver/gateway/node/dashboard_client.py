"""The requests of one node to its Dashboard, and the nonce that goes from answer to request.

Source: gateway/dashboard_register.go, gateway/policy.go:200 and gateway/api_definition.go:430 @v5.14.0; the
order of headers is that of the recordings node/*.
"""

from __future__ import annotations

import socket
import uuid
import zlib
from typing import NamedTuple

from mockserver.gateway.config import Config
from mockserver.http.client import Client, ClientError
from mockserver.http.redaction import hidden

CONNECTION_SECONDS = 30  # of one exchange, if the configuration has no other number
LONGEST = 256 << 20  # bytes of an answer
REGISTER, PING, NODE = "/register/node", "/register/ping", "/system/node"
POLICIES, APIS, CLIENT_IDPS = "/system/policies", "/system/apis", "/system/clientidps"
CHANGES = "x-mock-changes"  # the header in which a Dashboard of ours counts its changes


class DashboardAnswer(NamedTuple):
    """An answer of a Dashboard.

    Attributes:
        excerpt: the begin of the body for a message, without the node secret.
        changes: the count of changes that a Dashboard of ours tells; "" from a real one.
    """

    status: int
    body: bytes
    excerpt: str
    changes: str = ""


class DashboardClient:
    """A client of the Dashboard at a URL; policies may be at another one.

    Attributes:
        node_id: the node's id: one of its own until the Dashboard has given one.
        nonce: the nonce of the last answer.
    """

    def __init__(self, config: Config, session_id: str, url: str, policies_url: str) -> None:
        self.url = url
        self.policies_url = policies_url
        self.node_id = f"solo-{uuid.uuid4()}"
        self.nonce = ""
        self._secret = config.node_secret
        self._session_id = session_id
        self._seconds = config.db_app_conf_options__connection_timeout
        if self._seconds < 1:
            self._seconds = CONNECTION_SECONDS

    def register(self) -> DashboardAnswer:
        """Ask for a node id. Raises ClientError."""
        return self._send("GET", self.url, REGISTER, self._hostname() + self._session())

    def ping(self) -> DashboardAnswer:
        """Tell that the node is alive. Raises ClientError."""
        return self._send("GET", self.url, PING, self._hostname() + self._node() + self._session())

    def pull(self, path: str) -> DashboardAnswer:
        """Ask for a list. Raises ClientError."""
        url = self.policies_url if path == POLICIES else self.url
        return self._send("GET", url, path, self._node() + self._session())

    def deregister(self) -> DashboardAnswer:
        """Take leave. Raises ClientError."""
        return self._send("DELETE", self.url, NODE, self._hostname() + self._node() + self._session())

    def _hostname(self) -> list[tuple[str, str]]:
        return [("X-Tyk-Hostname", socket.gethostname())]

    def _node(self) -> list[tuple[str, str]]:
        return [("X-Tyk-Nodeid", self.node_id), ("X-Tyk-Nonce", self.nonce)]

    def _session(self) -> list[tuple[str, str]]:
        return [("X-Tyk-Session-Id", self._session_id)]

    def _send(self, method: str, url: str, path: str, headers: list[tuple[str, str]]) -> DashboardAnswer:
        headers = [
            ("User-Agent", "Go-http-client/1.1"),
            ("Authorization", self._secret),
            *headers,
            ("Accept-Encoding", "gzip"),
        ]
        with Client(url, float(self._seconds), LONGEST) as client:
            answer = client.send(method, path, headers)
        fields = {name.lower(): value for name, value in answer.headers}
        body = answer.body
        if fields.get("content-encoding", "").lower() == "gzip":
            body = _unpacked(body)
        excerpt = hidden(repr(body[:1000].decode("utf-8", "replace")), self._secret)[:100]
        return DashboardAnswer(answer.status, body, excerpt, fields.get(CHANGES, ""))


def _unpacked(body: bytes) -> bytes:
    """The content of a gzip body.

    Raises:
        ClientError: it is none, or is too long.
    """
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(body, LONGEST)
    except zlib.error as error:
        raise ClientError(f"the body is no gzip: {error}") from error
    if reader.unconsumed_tail:
        raise ClientError(f"the body is longer than {LONGEST >> 20} MiB")
    return content
