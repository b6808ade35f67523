"""A cache of JSON Web Key Sets that were fetched to verify the tokens of APIs.

Source: gateway/mw_jwt.go:205 and :1628 @v5.12.0, :63 and :148 @v5.8.15.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.golang.base64_texts import decode

SECONDS = 240  # until a key set is fetched again


class Unreadable(Exception):
    """The source of the cached key set cannot be decoded, so that the gateway rejects every token."""


@dataclass(frozen=True)
class _Several:
    """The key sets of an API with several URLs, each with its expiry, and the definition that named them."""

    document: Document
    until: float
    sets: dict[str, tuple[Any, float]]


class JwksCache:
    """Key sets by API, and the `jwt_source` of each API at the last fetch.

    With `by_url` an API has one key set for each URL, else only one. An API with several URLs
    (`jwt_jwks_uris`) loses its key sets if it is loaded with another definition.
    """

    def __init__(self, now: Callable[[], float], *, by_url: bool) -> None:
        self._now = now
        self._by_url = by_url
        self._sets: dict[tuple[str, str], tuple[Any, float]] = {}  # key set, expiry in epoch seconds
        self._sources: dict[str, tuple[str, float]] = {}
        self._several: dict[str, _Several] = {}

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

    def get_older(self, api_id: str, url: str) -> Any:
        """The cached key set of an API at a URL, as the older reader took it; None if it must be fetched."""
        key_set, until = self._sets.get((api_id, self._older_name(url)), (None, 0.0))
        return key_set if until > self._now() else None

    def keep_older(self, api_id: str, url: str, key_set: Any) -> None:
        """Store a key set that the older reader took."""
        self._sets[api_id, self._older_name(url)] = key_set, self._now() + SECONDS

    def _older_name(self, url: str) -> str:
        return f"legacy-{url if self._by_url else ''}"

    def get_several(self, api_id: str, document: Document, urls: Sequence[str]) -> list[Any]:
        """The cached key sets of an API, in the order of its URLs; empty if all must be fetched."""
        entry, now = self._several.get(api_id), self._now()
        if entry is None or entry.until <= now or entry.document != document:
            return []
        return [entry.sets[url][0] for url in urls if url in entry.sets and entry.sets[url][1] > now]

    def keep_several(self, api_id: str, document: Document, sets: Mapping[str, tuple[Any, int]]) -> None:
        """Store decoded key sets by their URLs, each with its seconds; 0 stands for `SECONDS`."""
        now = self._now()
        expiring = {url: (key_set, now + (seconds or SECONDS)) for url, (key_set, seconds) in sets.items()}
        self._several[api_id] = _Several(document, now + SECONDS, expiring)

    def keep_only(self, api_ids: Container[str]) -> None:
        """Remove the key sets of all other APIs if key sets are cached by URL."""
        self._several = {api_id: entry for api_id, entry in self._several.items() if api_id in api_ids}
        if self._by_url:
            self._sets = {key: entry for key, entry in self._sets.items() if key[0] in api_ids}
            self._sources = {api_id: entry for api_id, entry in self._sources.items() if api_id in api_ids}

    def forget(self, api_id: str) -> None:
        """Remove the key sets of an API."""
        self._sets = {key: entry for key, entry in self._sets.items() if key[0] != api_id}
        self._sources.pop(api_id, None)
        self._several.pop(api_id, None)

    def clear(self) -> None:
        """Remove all entries."""
        self._sets.clear()
        self._sources.clear()
        self._several.clear()
