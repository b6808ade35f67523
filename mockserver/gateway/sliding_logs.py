"""The rate limiter of a gateway with enable_redis_rolling_limiter, and the smoothing of its rates."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from mockserver.gateway.config import Config
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.rate_limits import TokenBuckets

Name = tuple[Hashable, ...]


@dataclass
class _Log:
    """The times of the requests in the last period, and the rate that smoothing allows at present.

    Attributes:
        ends_at: the time when the log is forgotten: the period of the last request after that.
        allowed: the number of requests in a period; None before the first request that is smoothed.
        changes_at: the time after which it may change again.
    """

    times: deque[float] = field(default_factory=deque)
    ends_at: float = 0.0
    allowed: int | None = None
    changes_at: float = 0.0


class SlidingLogs:
    """Logs of the requests of the last period by name, refused ones included.

    Source: internal/rate/sliding_log.go:177 and gateway/session_manager.go:94 @v5.12.0.
    """

    def __init__(self, now: Callable[[], float], *, smooths: bool) -> None:
        self._now = now
        self._smooths = smooths
        self._logs: dict[Name, _Log] = {}
        self._lock = threading.Lock()

    def take(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """Count one request; False if the period has as many as are allowed.

        The last part of the name is of no account. Fractions of a request and of a second are ignored.
        """
        with self._lock:
            now = self._now()
            log = self._logs.setdefault(name[:-1], _Log())
            if log.ends_at <= now:
                log.times.clear()
            while log.times and log.times[0] <= now - int(per):
                log.times.popleft()
            log.ends_at = now + int(per)
            count = len(log.times)
            log.times.append(now)
            allowed = int(rate)
            if self._smooths and is_valid(smoothing):
                assert smoothing is not None
                allowed = _smoothed(log, smoothing, count, allowed, now)
            return count <= allowed - 1

    def is_empty(self, name: Name, rate: float, per: float, smoothing: Document | None = None) -> bool:
        """True if a request has no room; it is counted (gateway/mw_rate_limiting.go:103 @v5.12.0)."""
        return not self.take(name, rate, per, smoothing)

    def clear(self) -> None:
        """Remove all logs."""
        self._logs.clear()


def limiter_of(config: Config, now: Callable[[], float]) -> TokenBuckets | SlidingLogs:
    """The rate limiter that a configuration asks for."""
    if config.enable_redis_rolling_limiter:
        return SlidingLogs(now, smooths=config.enable_rate_limit_smoothing)
    return TokenBuckets(now)


def is_valid(smoothing: Document | None) -> bool:
    """True if smoothing is enabled and lacks nothing."""
    return smoothing is not None and bool(smoothing["enabled"]) and not lacking(smoothing)


def lacking(smoothing: Document) -> list[str]:
    """The members that must be positive and are not (apidef/rate_limit_smoothing.go:98 @v5.12.0)."""
    return [name for name in ("threshold", "trigger", "step", "delay") if smoothing[name] <= 0]


def _smoothed(log: _Log, smoothing: Document, count: int, most: int, now: float) -> int:
    """The requests that are allowed; they change by a step, no more often than after the delay.

    Source: internal/rate/smoothing.go:40 @v5.12.0.
    """
    step, trigger = smoothing["step"], smoothing["trigger"] * smoothing["step"]
    if log.allowed is None:
        log.allowed, log.changes_at = smoothing["threshold"], now + smoothing["delay"]
    elif now > log.changes_at:
        allowed = log.allowed
        if count >= allowed - trigger:
            allowed = min(allowed + step, most)
        elif count <= allowed - step - trigger:
            allowed = max(allowed - step, smoothing["threshold"])
        if allowed != log.allowed:
            log.allowed, log.changes_at = allowed, now + smoothing["delay"]
    return log.allowed
