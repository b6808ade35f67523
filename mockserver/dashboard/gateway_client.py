"""The gateway that a Dashboard hands keys on to.

A Dashboard keeps no keys: it calls the gateway of `tyk_api_config` (DOC dashboard-config.mdx:7-33).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from mockserver.dashboard.config import Config
from mockserver.dashboard.records import Document
from mockserver.http.client import Client, ClientError

TIMEOUT = 30.0  # seconds of one call


class GatewayReply(NamedTuple):
    """The answer of the gateway: its status, or 0 if there is none, and its JSON document, or None."""

    status: int
    document: Any


class GatewayClient:
    """A client of the gateway whose address and secret the configuration has.

    Attributes:
        feed: called before a key is written, with the id of its organisation and its session, so that the
            gateway knows the policies that the session names; it does nothing by default.
    """

    def __init__(self, config: Config) -> None:
        self._url = f"{config.tyk_api_config__host.rstrip('/')}:{config.tyk_api_config__port}"
        self._secret = config.tyk_api_config__secret
        self.feed: Callable[[str, Document], None] = lambda _org_id, _session: None
        self._is_set = bool(config.tyk_api_config__host)

    def send(self, method: str, target: str, document: Any = None) -> GatewayReply:
        """Send a request with the gateway's secret."""
        if not self._is_set:
            return GatewayReply(0, None)
        body = None if document is None else json.dumps(document).encode()
        try:
            with Client(self._url, TIMEOUT) as client:
                answer = client.send(method, target, [("X-Tyk-Authorization", self._secret)], body)
            return GatewayReply(answer.status, json.loads(answer.body))
        except (ClientError, ValueError, RecursionError):
            return GatewayReply(0, None)
