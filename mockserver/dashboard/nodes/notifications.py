"""Notifications on the Redis that gateways listen on, by which they reload.

Source: GW gateway/redis_signals.go, and runs of real gateways 5.14.0.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from mockserver.dashboard.changes import Change
from mockserver.service.notifications import CHANNEL, SHA256, signature_of
from mockserver.storage.backend import Backend, BackendUnavailable

COMMANDS = {
    ("policy", "created"): "PolicyChanged",
    ("policy", "updated"): "PolicyChanged",
    ("policy", "deleted"): "PolicyChanged",
    ("api", "created"): "ApiAdded",
    ("api", "updated"): "ApiUpdated",
    ("api", "deleted"): "ApiRemoved",
    ("reload", "asked"): "GroupReload",
}
LOG = logging.getLogger("tyk-contract")


class Notifications:
    """The notifications of a Dashboard: one for each command that the changes of a request call for.

    What a Dashboard writes as the payload is not known, and gateways do not look at it: it is empty.
    `sent` is called with changes that other programs were told of.
    """

    def __init__(
        self, backend: Backend, node_secret: str, sent: Callable[[list[Change]], None] = lambda _: None
    ) -> None:
        self._backend = backend
        self._secret = node_secret
        self._sent = sent

    def send(self, changes: list[Change]) -> None:
        """Notify the gateways of changes, which are stored: that Redis cannot be reached is logged."""
        for command in dict.fromkeys(COMMANDS[change.kind, change.action] for change in changes):
            try:
                self._backend.send(CHANNEL, message(command, "", self._secret))
            except BackendUnavailable as error:
                LOG.warning("%s; gateways are not told of %s", error, command)
                return
        if self._backend.is_shared:  # else there is nobody to be told
            self._sent(changes)


def message(command: str, payload: str, node_secret: str) -> bytes:
    """A signed notification: JSON with the hash of command, payload and secret."""
    signature = signature_of(command, payload, node_secret)
    members = {"command": command, "payload": payload, "signature": signature, "algorithm": SHA256}
    return json.dumps(members, separators=(",", ":")).encode()
