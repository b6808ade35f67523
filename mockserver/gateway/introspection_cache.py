"""What introspections of access tokens told (gateway/mw_external_oauth.go:366 @v5.12.0)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

MOST_KEPT = 10_000  # tokens; a gateway keeps them in its Redis


class IntrospectionCache:
    """The claims of tokens, which all APIs share."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._claims: dict[str, tuple[dict[str, Any], float]] = {}  # and until when they are kept

    def get(self, token: str) -> dict[str, Any] | None:
        """The claims of a token; None if they must be asked for."""
        claims, until = self._claims.get(token, ({}, 0.0))
        return claims if until > self._now() else None

    def keep(self, token: str, claims: dict[str, Any], seconds: int) -> None:
        """Keep the claims of a token for some seconds, or for ever if there are none."""
        self._claims.pop(token, None)
        if len(self._claims) >= MOST_KEPT:
            del self._claims[next(iter(self._claims))]
        self._claims[token] = claims, self._now() + seconds if seconds > 0 else math.inf

    def clear(self) -> None:
        """Forget all tokens."""
        self._claims.clear()
