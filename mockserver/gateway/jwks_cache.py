"""Key sets that a gateway fetched for the tokens of an API, and keeps for some minutes.

Source: gateway/mw_jwt.go:205 and :1628 @v5.12.0, :63 and :148 @v5.8.15.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Container
from typing import Any

SECONDS = 240


class Unreadable(Exception):
    """The gateway cannot tell where the set that it keeps came from, and takes no token."""


class JwksCache:
    """Key sets by API, and what its definition said of their place when the last one was fetched."""

    def __init__(self, now: Callable[[], float], *, by_url: bool) -> None:
        self._now = now
        self._by_url = by_url
        self._sets: dict[tuple[str, str], tuple[Any, float]] = {}  # until when, in seconds since the epoch
        self._sources: dict[str, tuple[str, float]] = {}

    def get(self, api_id: str, url: str) -> Any:
        """The set of an API at a URL; None where it is to be fetched.

        Raises:
            Unreadable: the URL stood in the definition as it is, and not in base 64.
        """
        source, until = self._sources.get(api_id, ("", 0.0))
        if self._by_url and until > self._now():
            try:
                known = base64.b64decode(source, validate=True)
            except binascii.Error as error:
                raise Unreadable(source) from error
            if known != url.encode():
                return None
        found, until = self._sets.get((api_id, url if self._by_url else ""), (None, 0.0))
        return found if until > self._now() else None

    def keep(self, api_id: str, source: str, url: str, found: Any) -> None:
        """Keep a set, as JSON has it, and what the definition says of its place."""
        until = self._now() + SECONDS
        self._sets[api_id, url if self._by_url else ""] = found, until
        self._sources[api_id] = source, until

    def keep_only(self, api_ids: Container[str]) -> None:
        """Forget those of other APIs, where sets are kept by URL."""
        if self._by_url:
            self._sets = {key: kept for key, kept in self._sets.items() if key[0] in api_ids}
            self._sources = {api_id: kept for api_id, kept in self._sources.items() if api_id in api_ids}

    def clear(self) -> None:
        """Forget all."""
        self._sets.clear()
        self._sources.clear()
