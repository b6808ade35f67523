"""A store of the OAuth 2.0 clients of each API and of their access tokens.

Source: gateway/oauth_manager.go @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mockserver.gateway.api_definition import Api
from mockserver.gateway.oauth_grants import Grants
from mockserver.gateway.session_store import SessionStore
from mockserver.storage.backend import Backend

TOKEN_SECONDS = 3600  # lifetime of a token unless oauth_token_expire sets another
SECONDS = 1  # for which a client lookup is cached (gateway/mw_oauth2_key_exists.go:16 @v5.12.0)

Client = dict[str, Any]


class Token(NamedTuple):
    """An access token and its client; it expires at `ends_at`, in whole seconds since the epoch."""

    text: str
    client_id: str
    ends_at: int


def _are_clients(value: Any) -> bool:
    """True for the clients of an API, by id."""
    return isinstance(value, dict) and all(map(_is_client, value.values()))


def _is_client(value: Any) -> bool:
    match value:
        case {
            "client_id": str(), "secret": str(), "redirect_uri": str(), "policy_id": str(), "api_id": str(),
            "description": str(), "meta_data": _,
        }:  # fmt: skip
            return True
    return False


def _are_tokens(value: Any) -> bool:
    """True for the tokens of an API, by their texts."""
    return isinstance(value, dict) and all(map(_is_token, value.values()))


def _is_token(value: Any) -> bool:
    match value:
        case [str(), str(), int(ends_at)]:
            return ends_at < 1 << 63
    return False


class OAuthStore:
    """Clients and tokens by API. They stay when the definition of the API is removed.

    Attributes:
        grants: the refresh tokens and authorization codes.
        token_seconds: the lifetime of a token.
    """

    def __init__(
        self, now: Callable[[], float], backend: Backend, sessions: SessionStore, token_seconds: int
    ) -> None:
        self.grants = Grants(now, backend)
        self._now = now
        self._sessions = sessions
        self.token_seconds = token_seconds
        self._clients = backend.key_values("oauth-clients", _are_clients)
        self._tokens = backend.key_values("oauth-tokens", _are_tokens)
        self._lock = backend.lock("oauth")
        self._handled: set[str] = set()  # ids of APIs
        self._seen: dict[
            tuple[str, str], tuple[bool, float]
        ] = {}  # True if the client exists, and the expiry of that entry

    def handles(self, api: Api) -> bool:
        """True if clients of an API can be deleted: it has OAuth, or one of its clients was read or written.

        Source: gateway/api.go:2385, :2775 and :2855 @v5.12.0.
        """
        return bool(api.fields["use_oauth2"]) or api.id in self._handled

    def handle(self, api: Api) -> None:
        """Note that a client of an API was read or written, whether it exists or not."""
        self._handled.add(api.id)

    def client(self, api_id: str, client_id: str) -> Client | None:
        """A client of an API by its id; None if there is none."""
        clients: dict[str, Client] = self._clients.get(api_id, {})
        return clients.get(client_id)

    def is_client(self, api_id: str, client_id: str) -> bool:
        """True if a client exists; the result is cached for `SECONDS`."""
        there, until = self._seen.get((api_id, client_id), (False, 0.0))
        if until <= self._now():
            there = self.client(api_id, client_id) is not None
            self._seen[api_id, client_id] = there, self._now() + SECONDS
        return there

    def clients(self, api_id: str) -> list[Client]:
        """All clients of an API."""
        return list(self._clients.get(api_id, {}).values())

    def keep(self, api_id: str, client: Client) -> None:
        """Create or replace a client."""
        with self._lock:
            self._clients[api_id] = self._clients.get(api_id, {}) | {client["client_id"]: client}

    def remove(self, api_id: str, client_id: str) -> None:
        """Remove a client if it exists; its tokens stay."""
        with self._lock:
            clients = self._clients.get(api_id, {})
            self._clients[api_id] = {name: client for name, client in clients.items() if name != client_id}

    def issue(self, api_id: str, client_id: str, text: str, seconds: int) -> None:
        """Store a new token of a client; it expires after `seconds`."""
        with self._lock:
            token = Token(text, client_id, int(self._now()) + seconds)
            self._tokens[api_id] = self._tokens.get(api_id, {}) | {text: token}

    def tokens(self, api_id: str, client_id: str) -> list[Token]:
        """The tokens of a client that have not expired, sorted by expiry."""
        now = int(self._now())
        tokens = [Token(*token) for token in self._tokens.get(api_id, {}).values()]
        running = [token for token in tokens if token.client_id == client_id and token.ends_at >= now]
        return sorted(running, key=lambda token: (token.ends_at, token.text))

    def revoke(self, api: Api, text: str) -> None:
        """Remove a token and its session.

        All tokens of its client that expire when this one would by the default lifetime are no longer listed,
        but their sessions stay; where tokens have another lifetime, the token itself stays listed.
        Source: gateway/oauth_manager.go:940 and :1067 @v5.12.0; recording oauth/listed-lifetime.
        """
        with self._lock:
            tokens = self._tokens.get(api.id, {})
            if text in tokens:
                _, client_id, ends_at = tokens[text]
                unlisted = [client_id, ends_at - self.token_seconds + TOKEN_SECONDS]
                rest = {name: token for name, token in tokens.items() if [*token[1:]] != unlisted}
                self._tokens[api.id] = rest
        self._sessions.remove(api.org_id, text)

    def revoke_hinted(self, api: Api, text: str, hint: str) -> None:
        """Revoke an access token, a refresh token, or with an unknown hint both (:258)."""
        if hint != "refresh_token":
            self.revoke(api, text)
        if hint != "access_token":
            self.grants.remove(api.id, "refresh", text)

    def revoke_all(self, api: Api, client_id: str, *, with_refresh: bool = True) -> None:
        """Revoke all tokens of a client of an API, with the refresh tokens that came with them."""
        texts = [token.text for token in self.tokens(api.id, client_id)]
        for text in texts:
            self.revoke(api, text)
        if with_refresh:
            self.grants.remove_of_tokens(api.id, texts)

    def clear(self) -> None:
        """Clear what is kept in memory; clients and tokens are the backend's."""
        self._seen.clear()
        self._handled.clear()
