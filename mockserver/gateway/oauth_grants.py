"""Refresh tokens and authorization codes: what gives a client of an API another access token.

Source: gateway/oauth_manager.go:899 @v5.12.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from mockserver.storage.backend import Backend

Kind = Literal["code", "refresh"]


class Grant(NamedTuple):
    """A refresh token or an authorization code.

    Attributes:
        client_id: the client that it was given to.
        scope: the scope that was requested; "" if none was.
        session: the text of the session that its tokens get; "" for one from the client's policy.
        redirect_uri: where the client of a code is redirected to.
        access_token: the token that came with a refresh token.
        ends_at: its expiry in seconds since the epoch.
    """

    client_id: str
    scope: str
    session: str
    redirect_uri: str
    access_token: str
    ends_at: float


def _is_grant(value: Any) -> bool:
    match value:
        case [str(), str(), str(), str(), str(), int() | float() as ends_at]:
            return math.isfinite(ends_at)
    return False


class Grants:
    """Refresh tokens and authorization codes of all APIs, by API, kind and text."""

    def __init__(self, now: Callable[[], float], backend: Backend) -> None:
        self._now = now
        self._grants = backend.key_values("oauth-grants", _is_grant)

    def keep(self, api_id: str, kind: Kind, text: str, grant: Grant) -> None:
        """Store a grant until it expires."""
        self._grants[_name(api_id, kind, text)] = grant

    def find(self, api_id: str, kind: Kind, text: str) -> Grant | None:
        """A grant that has not expired; None if there is none."""
        found = self._grants.get(_name(api_id, kind, text))
        grant = Grant(*found) if found else None
        return grant if grant and grant.ends_at > self._now() else None

    def remove(self, api_id: str, kind: Kind, text: str) -> None:
        """Remove a grant if it exists."""
        self._grants.pop(_name(api_id, kind, text), None)

    def remove_of_tokens(self, api_id: str, access_tokens: Iterable[str]) -> None:
        """Remove the refresh tokens that came with access tokens."""
        prefix, tokens = _name(api_id, "refresh", ""), set(access_tokens)
        for name, found in list(self._grants.copy().items()):
            if name.startswith(prefix) and Grant(*found).access_token in tokens:
                self._grants.pop(name, None)


def _name(api_id: str, kind: Kind, text: str) -> str:
    return f"{api_id}/{kind}/{text}"
