"""What is counted of a key's requests: rates in buckets, and quotas until they are renewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

Now = Callable[[], float]

TOKENS = 100  # of a bucket for one request (drl.go:60, RequestTokenValue)
FORGOTTEN_AFTER = 600  # seconds (internal/memorycache/storage.go:15 @v5.12.0)


@dataclass
class _Bucket:
    capacity: int
    seconds: int
    remaining: int
    renewed_at: float
    used_at: float


class Buckets:
    """Rates. A bucket keeps the size that it was made with, whatever the limit is later.

    Source: internal/memorycache/bucket.go:33 and gateway/session_manager.go:186 @v5.12.0.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._buckets: dict[Hashable, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, name: Hashable, rate: float, per: float) -> bool:
        """Count one request; False where the bucket is empty. Only whole seconds of `per` count."""
        with self._lock:
            now = self._now()
            bucket = self._buckets.get(name)
            if bucket is None or now - bucket.used_at > FORGOTTEN_AFTER:
                capacity = max(int(rate * TOKENS), TOKENS)
                bucket = _Bucket(capacity, int(per), capacity, now + int(per), now)
                self._buckets[name] = bucket
            bucket.used_at = now
            if now > bucket.renewed_at:
                bucket.renewed_at = now + bucket.seconds
                bucket.remaining = bucket.capacity
            if bucket.remaining < TOKENS:
                return False
            bucket.remaining -= TOKENS
            return True

    def clear(self) -> None:
        """Forget all."""
        self._buckets.clear()


@dataclass
class _Count:
    used: int = 0
    ends_at: float | None = None  # seconds since the epoch; None is never


class Quotas:
    """Requests of a quota period, as Redis counts them (gateway/session_manager.go:395 @v5.12.0)."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._counts: dict[Hashable, _Count] = {}
        self._lock = threading.Lock()

    def add(self, name: Hashable, period: int) -> tuple[int, int]:
        """Count one request; return how many there were, and when the period ends.

        A period of 0 never ends; its end is told as now.
        """
        with self._lock:
            now = self._now()
            count = self._running(name, now)
            if count is None or (count.ends_at is None and period > 0):
                count = self._counts[name] = _Count(0, now + period if period > 0 else None)
            count.used += 1
            return count.used, int(now if count.ends_at is None else count.ends_at)

    def used(self, name: Hashable) -> int | None:
        """How many requests were counted; None where none was."""
        with self._lock:
            count = self._running(name, self._now())
            return None if count is None else count.used

    def forget(self, name: Hashable) -> None:
        """Begin anew with the next request."""
        self._counts.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._counts.clear()

    def _running(self, name: Hashable, now: float) -> _Count | None:
        count = self._counts.get(name)
        if count is not None and count.ends_at is not None and count.ends_at <= now:
            del self._counts[name]
            return None
        return count
