"""A cache of sessions, which a gateway reads before its store.

It holds sessions before their policies are applied. It is visible to clients if one key is presented under
two names, or if keys are hashed: a deleted key is then accepted until its entry expires.

Source: gateway/middleware.go:521 and :432, gateway/auth_manager.go:107, gateway/server.go:294 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockserver.gateway import key_ids

SECONDS = 10  # until an entry expires


@dataclass(frozen=True)
class CachedSession:
    """An entry of the cache.

    Attributes:
        key: the id of the key in the store.
        alias: the cache key for later states of the session.
        text: the session as JSON.
        until: the expiry of the entry, in seconds since the epoch.
    """

    key: str
    alias: str
    text: str
    until: float


class SessionCache:
    """Sessions by the credential that requests presented."""

    def __init__(self, now: Callable[[], float], *, hashed: bool, is_on: bool = True) -> None:
        self._now = now
        self._hashed = hashed
        self._is_on = is_on
        self._by_alias: dict[str, CachedSession] = {}

    def alias_of(self, presented_as: str) -> str:
        """The cache key of a credential: its murmur64 hash if keys are hashed, else the credential."""
        return key_ids.murmur64(presented_as) if self._hashed else presented_as

    def get(self, presented_as: str) -> CachedSession | None:
        """The entry of a credential; None if there is none, or it has expired."""
        entry = self._by_alias.get(self.alias_of(presented_as))
        return entry if entry is not None and entry.until > self._now() else None

    def put(self, cache_key: str, key: str, alias: str, text: str) -> None:
        """Store a session under a cache key, for `SECONDS`, unless the cache is switched off."""
        if not self._is_on:
            return
        self._by_alias[cache_key] = CachedSession(key, alias, text, self._now() + SECONDS)

    def forget(self, storage_name: str) -> None:
        """Remove the entry whose cache key is the storage name of a key."""
        self._by_alias.pop(storage_name, None)

    def clear(self) -> None:
        """Remove all entries."""
        self._by_alias.clear()
