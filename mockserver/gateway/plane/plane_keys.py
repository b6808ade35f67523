"""The keys of a data plane: it fetches those that it does not have, and those that changed.

Source: gateway/rpc_storage_handler.go:1020 and gateway/middleware.go:560 @v5.14.0.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from mockserver.contract.codecs import Malformed
from mockserver.gateway import key_ids
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.plane.control_client import ControlClient
from mockserver.golang.rpc.errors import CallError

SESSION = "apikey-"  # begins the name of a key's session in the Redis of the control plane
HASHED = "hashed"  # follows the name of a changed key that is a hash


class PlaneKeys:
    """Sessions that come from the control plane into the sessions of a gateway."""

    def __init__(self, gateway: Gateway, client: ControlClient) -> None:
        self._gateway = gateway
        self._client = client
        self._changed: deque[str] = deque()  # names of keys that are still to be fetched anew

    def fetch(self, org_id: str, key: str) -> tuple[str, dict[str, Any]] | None:
        """Fetch and store the session of a key, by its id with or without the organisation."""
        sessions = self._gateway.sessions
        names = [key]
        if key_ids.organisation_of(key) != org_id:
            names = [sessions.name_of(org_id, key), key]
        for name in names:
            session = self._session(sessions.storage_name(name))
            if session is not None:
                sessions.save(name, session)
                return name, session
        return None

    def update(self) -> None:
        """Fetch the keys that changed anew, as far as the gateway has them, and forget those that went.

        The control plane tells each change once, so that those which cannot be followed now wait.

        Raises:
            CallError: the control plane does not answer.
            BackendUnavailable: the sessions of the gateway cannot be reached.
        """
        self._changed += self._client.key_updates()
        while self._changed:
            self._renew(self._changed[0])
            self._changed.popleft()

    def _renew(self, update: str) -> None:
        """Fetch a key anew that the gateway has, or forget it."""
        sessions, org_id = self._gateway.sessions, self._gateway.config.slave_options__rpc_key
        name, _, action = update.partition(":")
        is_hash = action == HASHED
        if not is_hash and not key_ids.organisation_of(name):
            name = sessions.name_of(org_id, name)
        if not sessions.remove(org_id, name, by_hash=is_hash):
            return
        stored = name if is_hash else sessions.storage_name(name)
        session = self._session(stored)
        if session is not None:
            sessions.save(stored, session, by_hash=True)

    def _session(self, storage_name: str) -> dict[str, Any] | None:
        """A session of the control plane; None if it has none, or does not answer."""
        try:
            text = self._client.value(SESSION + storage_name)
            return self._gateway.session_codec.decode(text.encode("utf-8", "surrogateescape"))
        except (CallError, Malformed):
            return None
