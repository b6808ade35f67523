"""A cache of JSON Web Key Sets that were fetched to verify the tokens of APIs.

Source: gateway/mw_jwt.go:205 and :1628 @v5.12.0, :63 and :148 @v5.8.15.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from mockserver.golang.base64_texts import decode

SECONDS = 240  # until a key set is fetched again


class Unreadable(Exception):
    """The source of the cached key set cannot be decoded, so that the gateway rejects every token."""


class JwksCache:
    """Key sets by API, and the `jwt_source` of each API at the last fetch.

    With `by_url` an API has one key set for each URL, else only one.
    """

    def __init__(self, now: Callable[[], float], *, by_url: bool) -> None:
        self._now = now
        self._by_url = by_url
        self._sets: dict[tuple[str, str], tuple[Any, float]] = {}  # key set, expiry in epoch seconds
        self._sources: dict[str, tuple[str, float]] = {}

    def get(self, api_id: str, url: str) -> Any:
        """The cached key set of an API at a URL; None if it must be fetched.

        Raises:
            Unreadable: the source in the definition is a plain URL, not one in base64.
        """
        source, until = self._sources.get(api_id, ("", 0.0))
        if self._by_url and until > self._now():
            try:
                cached_url = decode(source)
            except ValueError as error:
                raise Unreadable("the cached source is not base64") from error
            if cached_url != url.encode():
                return None
        key_set, until = self._sets.get((api_id, url if self._by_url else ""), (None, 0.0))
        return key_set if until > self._now() else None

    def keep(self, api_id: str, source: str, url: str, key_set: Any) -> None:
        """Store a decoded key set, and the source from which the definition has its URL."""
        until = self._now() + SECONDS
        self._sets[api_id, url if self._by_url else ""] = key_set, until
        self._sources[api_id] = source, until

    def keep_only(self, api_ids: Container[str]) -> None:
        """Remove the key sets of all other APIs if key sets are cached by URL."""
        if self._by_url:
            self._sets = {key: entry for key, entry in self._sets.items() if key[0] in api_ids}
            self._sources = {api_id: entry for api_id, entry in self._sources.items() if api_id in api_ids}

    def forget(self, api_id: str) -> None:
        """Remove the key sets of an API."""
        self._sets = {key: entry for key, entry in self._sets.items() if key[0] != api_id}
        self._sources.pop(api_id, None)

    def clear(self) -> None:
        """Remove all entries."""
        self._sets.clear()
        self._sources.clear()
