"""Sessions that a gateway remembers for some seconds, so that it does not ask its store each time.

They are what a key has, before its policies are applied. It shows where one key is called by two
names, or where keys are hashed: there a deleted key passes until it is forgotten.

Source: gateway/middleware.go:521 and :432, gateway/auth_manager.go:107, gateway/server.go:294 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockserver.gateway import key_ids

SECONDS = 10


@dataclass(frozen=True)
class CachedSession:
    """One session.

    Attributes:
        key: the key that it is kept under.
        alias: what a later state of it is remembered by.
        text: the session, as it is kept.
        until: seconds since the epoch.
    """

    key: str
    alias: str
    text: str
    until: float


class SessionCache:
    """Sessions by the name that a request called them by."""

    def __init__(self, now: Callable[[], float], *, hashed: bool) -> None:
        self._now = now
        self._hashed = hashed
        self._by_alias: dict[str, CachedSession] = {}

    def alias_of(self, called: str) -> str:
        """What a session is remembered by that was called so."""
        return key_ids.murmur64(called) if self._hashed else called

    def get(self, called: str) -> CachedSession | None:
        """The session that was called so; None where it is not remembered."""
        found = self._by_alias.get(self.alias_of(called))
        return found if found is not None and found.until > self._now() else None

    def put(self, at: str, key: str, alias: str, text: str) -> None:
        """Remember a session at an alias."""
        self._by_alias[at] = CachedSession(key, alias, text, self._now() + SECONDS)

    def forget(self, storage_name: str) -> None:
        """Forget what is remembered by the name that a key is kept under."""
        self._by_alias.pop(storage_name, None)

    def clear(self) -> None:
        """Forget all."""
        self._by_alias.clear()
