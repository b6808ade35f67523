"""Counters of requests: token buckets for rate limits, and counts for quotas."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from mockserver.golang.scalars import wrapped
from mockserver.storage.backend import Backend

Now = Callable[[], float]

_MOST_TOKENS = (1 << 64) - 1  # of a bucket, a uint
TOKENS = 100  # that one request takes from a bucket (drl.go:50, RequestTokenValue)
FORGOTTEN_AFTER = 600  # seconds without a request (internal/memorycache/storage.go:18 @v5.12.0)


@dataclass
class _Bucket:
    capacity: int
    seconds: int
    remaining: int
    renewed_at: float
    used_at: float


class TokenBuckets:
    """Token buckets by name. A bucket keeps the capacity and period of its first request.

    Source: internal/memorycache/bucket.go:33 and storage.go:23, gateway/session_manager.go:186 @v5.12.0.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._buckets: dict[Hashable, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, name: Hashable, rate: float, per: float, _smoothing: object = None) -> bool:
        """Count one request; False if the bucket is empty. The fraction of a second in `per` is ignored."""
        with self._lock:
            now = self._now()
            bucket = self._buckets.get(name)
            if bucket is None or now - bucket.used_at > FORGOTTEN_AFTER:
                capacity = max(int(min(rate * TOKENS, _MOST_TOKENS)), TOKENS)
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

    def is_empty(self, name: Hashable, *_: object) -> bool:
        """True if a bucket has nothing left and is not renewed yet (gateway/session_manager.go:186)."""
        with self._lock:
            bucket = self._buckets.get(name)
            return bucket is not None and bucket.remaining == 0 and self._now() < bucket.renewed_at

    def forget(self, key: str) -> None:
        """Forget nothing: a reset of a quota fills no bucket."""

    def clear(self) -> None:
        """Remove all buckets."""
        self._buckets.clear()


_Count = tuple[int, float | None]  # requests, and the end of the period in epoch seconds; None is no end


def _is_count(value: Any) -> bool:
    """True for the JSON of a `_Count`."""
    match value:
        case [int(), None]:
            return True
        case [int(), int() | float() as ends_at]:
            return math.isfinite(ends_at)
    return False


class QuotaCounters:
    """Counters of requests in a quota period, by scope and key, as a gateway keeps them in Redis.

    Source: gateway/session_manager.go:391 @v5.12.0.
    """

    def __init__(self, now: Now, backend: Backend) -> None:
        self._now = now
        self._counts = backend.key_values("quotas", _is_count)
        self._lock = backend.lock("quotas")

    def add(self, name: tuple[str, str], period: int) -> tuple[int, int]:
        """Count one request; return the number of requests in the period, and its end in epoch seconds.

        A period of 0 never ends; its end is given as now.
        """
        with self._lock:
            now = self._now()
            used, ends_at = self._running(name, now) or (0, None)
            if ends_at is None and period > 0:
                used, ends_at = 0, now + period
            self._counts[_joined(name)] = (used + 1, ends_at)
            return used + 1, wrapped(int(now if ends_at is None else ends_at))

    def used(self, name: tuple[str, str]) -> int | None:
        """The number of requests in the present period; None if there is none."""
        with self._lock:
            count = self._running(name, self._now())
            return None if count is None else count[0]

    def forget(self, name: tuple[str, str]) -> None:
        """Remove a counter, so that the next request begins a period."""
        self._counts.pop(_joined(name), None)

    def _running(self, name: tuple[str, str], now: float) -> _Count | None:
        count: _Count | None = self._counts.get(_joined(name))
        if count is not None and count[1] is not None and count[1] <= now:
            self._counts.pop(_joined(name), None)
            return None
        return count


def _joined(name: tuple[str, str]) -> str:
    return "/".join(name)
