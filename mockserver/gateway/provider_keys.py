"""A cache of the keys with which OpenID providers sign their tokens.

A gateway keeps the keys of an API until a token does not fit them, or the API is loaded with another
definition.

Source: openid/signingkeyprovider.go of openid2go v0.1.2; recording openid/keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.gateway.policy_merging import Document


class ProviderKeys:
    """Keys by API, issuer and key id; the key for the id "" is the first of its set."""

    def __init__(self) -> None:
        self._sets: dict[str, tuple[Document, dict[str, dict[str, Any]]]] = {}

    def get(
        self, api_id: str, document: Document, issuer: str, key_id: str, fetch: Callable[[], dict[str, Any]]
    ) -> Any:
        """A key of the issuer of an API's tokens, from a fetched set if the cached one has none.

        `document` is the definition of the API: keys of another one do not count. What `fetch` raises is not
        caught. None if the fetched set has no such key.
        """
        cached_document, sets = self._sets.get(api_id, (document, {}))
        if cached_document != document:
            sets = {}
        self._sets[api_id] = document, sets
        keys = sets.get(issuer, {})
        if key_id not in keys:
            keys = sets[issuer] = fetch()
        return keys.get(key_id)

    def forget(self, api_id: str, issuer: str) -> None:
        """Remove the keys of an issuer."""
        self._sets.get(api_id, ({}, {}))[1].pop(issuer, None)

    def clear(self) -> None:
        """Remove all keys."""
        self._sets.clear()
