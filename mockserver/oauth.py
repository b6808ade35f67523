"""OAuth 2.0 clients of each API and the tokens that they were given.

Source: gateway/oauth_manager.go @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Client = dict[str, Any]


@dataclass(frozen=True)
class Token:
    """An access token, to whom it was given, and when it ends in whole seconds since the epoch."""

    text: str
    client_id: str
    ends_at: int


@dataclass
class _OfApi:
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)


class OAuthStore:
    """Clients and tokens by API; what an API had is kept when its definition goes."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._of: dict[str, _OfApi] = {}

    def client(self, api_id: str, client_id: str) -> Client | None:
        """A client of an API; None where it has none of that id."""
        return self._api(api_id).clients.get(client_id)

    def clients(self, api_id: str) -> list[Client]:
        """All clients of an API."""
        return list(self._api(api_id).clients.values())

    def keep(self, api_id: str, client: Client) -> None:
        """Make a client, or change it."""
        self._api(api_id).clients[client["client_id"]] = client

    def remove(self, api_id: str, client_id: str) -> None:
        """Remove a client if it is there; its tokens stay."""
        self._api(api_id).clients.pop(client_id, None)

    def issue(self, api_id: str, client_id: str, text: str, seconds: int) -> None:
        """Keep a token of a client."""
        token = Token(text, client_id, int(self._now()) + seconds)
        self._api(api_id).tokens[text] = token

    def tokens(self, api_id: str, client_id: str) -> list[Token]:
        """The tokens of a client that have not ended, the first to end first."""
        now = int(self._now())
        found = [
            t for t in self._api(api_id).tokens.values() if t.client_id == client_id and t.ends_at >= now
        ]
        return sorted(found, key=lambda token: (token.ends_at, token.text))

    def revoke(self, api_id: str, text: str) -> None:
        """Forget a token. Those of its client that end in the same second are listed no more."""
        tokens = self._api(api_id).tokens
        token = tokens.pop(text, None)
        if token is None:
            return
        for other in [
            t for t in tokens.values() if (t.client_id, t.ends_at) == (token.client_id, token.ends_at)
        ]:
            del tokens[other.text]

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()

    def _api(self, api_id: str) -> _OfApi:
        return self._of.setdefault(api_id, _OfApi())
