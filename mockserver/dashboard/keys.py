"""The keys of a Dashboard's organisations, which it hands on to its gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from mockserver.dashboard.gateway_client import GatewayClient, GatewayReply
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, refusal

_UNKNOWN = refusal("Could not retrieve key detail.", 404)
_NO_GATEWAY = refusal("Failed to unmarshal key data.", 500)


class WrittenKey(NamedTuple):
    """A key that the gateway has written: its id, its hash or "", and its session as the gateway shows it."""

    key: str
    key_hash: str
    session: Any


class Keys:
    """The keys at the gateway, of one organisation in each call.

    `query` is a raw query with its question mark, such as "?hashed=true".
    """

    def __init__(self, gateway: GatewayClient) -> None:
        self._gateway = gateway
        self._subscribers: list[Callable[[str, str, bool], None]] = []

    def subscribe(self, callback: Callable[[str, str, bool], None]) -> None:
        """Call a function after each write of a key: with its organisation, its id, and if that is a hash."""
        self._subscribers.append(callback)

    def names(self, org_id: str) -> list[str]:
        """The ids of the organisation's keys, in alphabetical order.

        Raises:
            Refusal: the gateway does not list them (404).
        """
        reply = self._gateway.send("GET", f"/tyk/keys?filter={quote(org_id)}")
        if reply.status != 200 or not isinstance(reply.document, dict):
            raise Refusal("Could not retrieve keys.", 404)
        return sorted(reply.document.get("keys") or [])

    def session(self, org_id: str, key: str, query: str = "") -> Document:
        """The session of a key.

        Raises:
            Refusal: the gateway does not answer (500), has no such key (404), or has it for another
                organisation (400).
        """
        reply = self._gateway.send("GET", _target(org_id, key, query))
        if reply.status == 0:
            raise _NO_GATEWAY
        if reply.status != 200 or not isinstance(reply.document, dict):
            raise _UNKNOWN
        if reply.document.get("org_id") != org_id:
            raise Refusal("Attempted access to non-owned key.", 400)
        return reply.document

    def create(self, org_id: str, session: Document, key: str = "", query: str = "") -> WrittenKey:
        """Write the session of a new key; without a name the gateway chooses one.

        Raises:
            Refusal: the gateway does not answer (500), or refuses the session (400).
        """
        target = _target(org_id, key, query) if key else "/tyk/keys/create"
        return self._write(org_id, "POST", target, session, key, query)

    def update(self, org_id: str, session: Document, key: str, query: str = "") -> WrittenKey:
        """Replace the session of a key that exists.

        Raises:
            Refusal: as for `create`.
        """
        return self._write(org_id, "PUT", _target(org_id, key, query), session, key, query)

    def delete(self, org_id: str, key: str, query: str = "") -> None:
        """Remove a key.

        Raises:
            Refusal: the gateway did not remove it (500).
        """
        if self._gateway.send("DELETE", _target(org_id, key, query)).status != 200:
            raise Refusal("Could not delete key.", 500)
        self._report(org_id, key, query)

    def deliver(self, org_id: str, policy_ids: list[str]) -> None:
        """Let the gateway beside the Dashboard know the present state of policies."""
        self._gateway.feed(org_id, {"apply_policies": policy_ids})

    def _write(
        self, org_id: str, method: str, target: str, sent: Document, name: str, query: str
    ) -> WrittenKey:
        """Write a session as one of the organisation.

        A gateway that hashes keys does not name the key of a user of basic authentication, which has `name`.
        """
        session = {**sent, "org_id": org_id}
        self._gateway.feed(org_id, session)
        reply = self._gateway.send(method, target, session)
        if reply.status != 200 or not isinstance(reply.document, dict):
            raise _NO_GATEWAY if reply.status in (0, 500) else _refused(reply)
        key = str(reply.document.get("key") or name)
        self._report(org_id, key, query)
        stored = self._gateway.send("GET", _target(org_id, key, "?hashed=true" if _is_hash(query) else ""))
        data = stored.document if stored.status == 200 else session
        return WrittenKey(key, str(reply.document.get("key_hash", "")), data)

    def _report(self, org_id: str, key: str, query: str) -> None:
        for subscriber in self._subscribers:
            subscriber(org_id, key, _is_hash(query))


def _is_hash(query: str) -> bool:
    """True if a query says that the key is given by its hash."""
    return bool(parse_qs(query.removeprefix("?")).get("hashed", [""])[0])


def _target(org_id: str, key: str, query: str = "") -> str:
    """The path of a key at the gateway, with a query that names its organisation."""
    query = f"{query or '?'}{'&' if query else ''}org_id={quote(org_id)}"
    return f"/tyk/keys/{quote(key.encode('utf-8', 'surrogateescape'), safe='')}{query}"


def _refused(reply: GatewayReply) -> Refusal:
    message = reply.document.get("message") if isinstance(reply.document, dict) else None
    return Refusal(str(message or "User/Key object validation failed, most likely malformed input."), 400)
