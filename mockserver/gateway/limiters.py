"""The rate limiters of a gateway: one of four counts, as its configuration says.

Source: gateway/session_manager.go:325 @v5.12.0.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Container
from typing import Protocol

from mockserver.gateway.config import Config
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.rate_limits import TokenBuckets
from mockserver.gateway.sliding_logs import Name, SlidingLogs

_EPOCH = 62_135_596_800  # seconds from the year 1, where Go's windows begin, to 1970
_NANO = 1_000_000_000


class Limiter(Protocol):
    """A count of requests against rates; the last part of a name is the time of the session's last write."""

    def take(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """Count one request; False if it is over the rate of so many requests in `per` seconds."""

    def is_empty(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """True if a request that waits for its rate has no room yet."""

    def forget(self, key: str) -> None:
        """Forget what a reset of the key's quota forgets too."""

    def clear(self) -> None:
        """Forget all requests."""


def limiter_of(config: Config, now: Callable[[], float], behaviours: Container[str]) -> Limiter:
    """The limiter of a configuration; of several that are enabled, that which a gateway asks first."""
    has_sentinels = config.enable_sentinel_rate_limiter
    if config.enable_fixed_window_rate_limiter:
        return FixedWindows(now)
    if not (has_sentinels or config.enable_redis_rolling_limiter):
        return TokenBuckets(now)
    is_early = has_sentinels or config.drl_enable_sentinel_rate_limiter
    logs = SlidingLogs(now, smooths=config.enable_rate_limit_smoothing, is_early=is_early)
    return Sentinels(now, logs, are_rounded="sentinels-end-early" in behaviours) if has_sentinels else logs


class FixedWindows:
    """Counts of whole requests in windows that begin at multiples of the period since the year 1.

    Refused requests count too. Source: internal/rate/limiter/limiter_fixed_window.go:10 @v5.12.0.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counts: dict[Name, dict[int, tuple[int, int]]] = {}  # by start: the count, and the end
        self._lock = threading.Lock()

    def take(self, name: Name, rate: float, per: float, _: Document | None = None) -> bool:
        """Count one request; False if the window has more than are allowed, and lasts any time."""
        time, length = int(self._now() * _NANO) + _EPOCH * _NANO, int(per * _NANO)
        if length <= 0:
            return int(rate) >= 1
        start = time - time % length
        with self._lock:
            running = self._counts.get(name[:-1], {})
            windows = {begun: window for begun, window in running.items() if window[1] > time}
            count = windows.get(start, (0, 0))[0] + 1
            windows[start] = (count, start + length)
            self._counts[name[:-1]] = windows
        return count <= int(rate)

    def is_empty(self, name: Name, rate: float, per: float, _: Document | None = None) -> bool:
        """True if a request has no room; it is counted."""
        return not self.take(name, rate, per)

    def forget(self, key: str) -> None:
        """Forget nothing: a reset of a quota begins no window."""

    def clear(self) -> None:
        """Remove all windows."""
        self._counts.clear()


class Sentinels:
    """Marks that refuse all requests for a period; the request that reaches its rate sets one and passes.

    A real gateway counts beside the request, so that a request which follows at once may pass; the mock
    counts first. Source: gateway/session_manager.go:170 @v5.12.0 and :163 @v5.14.0.

    Args:
        now: the time in seconds since the epoch.
        logs: the requests of the last period.
        are_rounded: True if a sentinel counts as long as its seconds, rounded, are not 0.
    """

    def __init__(self, now: Callable[[], float], logs: SlidingLogs, *, are_rounded: bool) -> None:
        self._now = now
        self._logs = logs
        self._are_rounded = are_rounded
        self._ends: dict[Name, float] = {}  # infinite without a whole second
        self._lock = threading.Lock()

    def take(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """Count one request; False if a sentinel stood before it."""
        with self._lock:
            now, mark = self._now(), name[:-1]
            is_refused = self._refuses(mark, now)
            is_over = not self._logs.take(name, rate, per, smoothing)
            if is_over and self._ends.get(mark, now) <= now:
                self._ends[mark] = now + int(per) if int(per) else math.inf
            return not is_refused

    def is_empty(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """True if a sentinel stands; the request is counted and sets none."""
        with self._lock:
            is_refused = self._refuses(name[:-1], self._now())
            self._logs.take(name, rate, per, smoothing)
            return is_refused

    def forget(self, key: str) -> None:
        """Remove the sentinel of a key, but for those of its rights with limits of their own."""
        self._ends.pop(("", key, ""), None)

    def clear(self) -> None:
        """Remove all sentinels, and what was counted."""
        self._ends.clear()
        self._logs.clear()

    def _refuses(self, mark: Name, now: float) -> bool:
        left = self._ends.get(mark, now) - now
        if self._are_rounded:
            return left != math.inf and math.floor(left + 0.5) > 0
        return left > 0
