"""Signed notifications on the Redis that gateways and Dashboards share.

Source: gateway/redis_signals.go:116 @v5.14.0; recordings node/notifications, node/insecure, node/suppressed.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mockserver.gateway.config import Config
from mockserver.service.notifications import CHANNEL, SHA256, signature_of

RELOADS = {"ApiUpdated", "ApiRemoved", "ApiAdded", "PolicyChanged", "GroupReload"}
ZEROCONF = "NoticeDashboardZeroConf"
CLIENT_IDPS = "ClientIdPChanged"
LONGEST = 1 << 20  # bytes of a notification
MOST_WARNINGS = 20
LOG = logging.getLogger("tyk-contract")


class Notification(NamedTuple):
    """A notification whose signature is that of the node secret."""

    command: str
    payload: str


def read(data: bytes, node_secret: str, *, allow_insecure: bool = False) -> Notification:
    """The notification of a message.

    Raises:
        ValueError: a gateway drops the message; the text says why.
    """
    try:
        message = json.loads(data[:LONGEST])
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    if not isinstance(message, dict):
        raise ValueError("is not an object")
    members = {str(name).lower(): value for name, value in message.items()}
    command, payload, signature = (members.get(name) or "" for name in ("command", "payload", "signature"))
    algorithm = members.get("algorithm") or 0
    if not all(isinstance(text, str) for text in (command, payload, signature)) or type(algorithm) is not int:
        raise ValueError("has a member of a wrong type")
    expected = signature_of(command, payload, node_secret).encode()
    is_signed = algorithm == SHA256 and hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    if not is_signed and not allow_insecure:
        raise ValueError(f"has an invalid signature (command {command[:40]!r})")
    return Notification(command, payload)


class Receiver:
    """What a gateway does about notifications.

    Args:
        config: the configuration of the gateway.
        reload: queues a reload.
        others: what to do with the payload of other commands, by command.
    """

    def __init__(
        self, config: Config, reload: Callable[[], None], others: Mapping[str, Callable[[str], None]]
    ) -> None:
        self._config = config
        self._reload = reload
        self._others = others
        self._warned: set[str] = set()

    def receive(self, data: bytes) -> None:
        """Obey a message, or log once why such messages are dropped."""
        config = self._config
        try:
            notification = read(data, config.node_secret, allow_insecure=config.allow_insecure_configs)
        except ValueError as error:
            if str(error) not in self._warned and len(self._warned) < MOST_WARNINGS:
                self._warned.add(str(error))
                LOG.warning("a message on %s %s; such messages are dropped", CHANNEL, error)
            return
        if notification.command in RELOADS:
            if not config.suppress_redis_signal_reload:
                self._reload()
        elif other := self._others.get(notification.command):
            other(notification.payload)


def dashboard_of(payload: str) -> str:
    """The URL of the Dashboard that a zeroconf notification tells; "" if it tells none.

    Source: gateway/redis_signals.go:283 @v5.14.0.
    """
    try:
        config: Any = json.loads(payload)["DashboardConfig"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    if not isinstance(config, Mapping) or not isinstance(config.get("Hostname"), str):
        return ""
    scheme = "https" if config.get("UseTLS") is True else "http"
    port = config.get("Port")
    url = f"{scheme}://{config['Hostname'].rstrip('/')}"
    return f"{url}:{port}" if isinstance(port, int) and port else url
