"""What is counted of a key's requests: rates in buckets, and quotas until they are renewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from mockserver.storage.backend import Backend

Now = Callable[[], float]

TOKENS = 100  # of a bucket for one request (drl.go:50, RequestTokenValue)
FORGOTTEN_AFTER = 600  # seconds (internal/memorycache/storage.go:18 @v5.12.0)


@dataclass
class _Bucket:
    capacity: int
    seconds: int
    remaining: int
    renewed_at: float
    used_at: float


class TokenBuckets:
    """Rates. A bucket keeps the size that it was made with, whatever the limit is later.

    Source: internal/memorycache/bucket.go:33 and storage.go:23, gateway/session_manager.go:186 @v5.12.0.
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


_Count = tuple[int, float | None]  # how many, and until when in seconds since the epoch; None is for ever


class QuotaCounters:
    """Requests of a quota period, by scope and key, as Redis counts them.

    Source: gateway/session_manager.go:391 @v5.12.0.
    """

    def __init__(self, now: Now, backend: Backend) -> None:
        self._now = now
        self._counts = backend.key_values("quotas")
        self._lock = backend.lock("quotas")

    def add(self, name: tuple[str, str], period: int) -> tuple[int, int]:
        """Count one request; return how many there were, and when the period ends.

        A period of 0 never ends; its end is told as now.
        """
        with self._lock:
            now = self._now()
            used, ends_at = self._running(name, now) or (0, None)
            if ends_at is None and period > 0:
                used, ends_at = 0, now + period
            self._counts[_joined(name)] = (used + 1, ends_at)
            return used + 1, int(now if ends_at is None else ends_at)

    def used(self, name: tuple[str, str]) -> int | None:
        """How many requests were counted; None where none was."""
        with self._lock:
            count = self._running(name, self._now())
            return None if count is None else count[0]

    def forget(self, name: tuple[str, str]) -> None:
        """Begin anew with the next request."""
        self._counts.pop(_joined(name), None)

    def clear(self) -> None:
        """Forget all."""
        self._counts.clear()

    def _running(self, name: tuple[str, str], now: float) -> _Count | None:
        count: _Count | None = self._counts.get(_joined(name))
        if count is not None and count[1] is not None and count[1] <= now:
            self._counts.pop(_joined(name), None)
            return None
        return count


def _joined(name: tuple[str, str]) -> str:
    return "/".join(name)
