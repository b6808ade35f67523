"""The requests of each API that a gateway with health checks counts, and the rates that it tells.

Source: gateway/api_healthcheck.go:57 and storage/redis_cluster.go:872 @v5.12.0.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Literal

from mockserver.gateway.config import Config

Event = Literal["Throttle", "QuotaViolation", "KeyFailure", "Request"]
_TOLD: dict[str, Event] = {
    "throttle_reqests_per_second": "Throttle",
    "quota_violations_per_second": "QuotaViolation",
    "key_failures_per_second": "KeyFailure",
}
MOST_EVENTS = 100_000  # that are kept for one API; a gateway has no bound


class HealthCounts:
    """The events of each API in the last seconds, with the milliseconds that answers took.

    A read of the rates is an entry among the events too, as on a gateway. A sample time of 0 forgets all.
    """

    def __init__(self, now: Callable[[], float], config: Config) -> None:
        self._now = now
        self._is_on = config.health_check__enable_health_checks
        self._seconds = config.health_check__health_check_value_timeouts
        self._events: dict[tuple[str, Event], deque[tuple[float, int]]] = defaultdict(
            lambda: deque(maxlen=MOST_EVENTS)
        )
        self._lock = threading.Lock()

    def note(self, api_id: str, event: Event, milliseconds: int = 0) -> None:
        """Count an event of an API, unless the gateway has no health checks."""
        if self._is_on:
            self._add(api_id, event, milliseconds)

    def rates(self, api_id: str) -> dict[str, float]:
        """The rates of an API's events, and the average time of its answers, as a gateway rounds them."""
        told = {name: self._rate(self._add(api_id, event)) for name, event in _TOLD.items()}
        requests = self._rate(self._add(api_id, "Request"))
        times = self._add(api_id, "Request")
        average = float(sum(times) // len(times)) if times else 0.0
        return {**told, "average_upstream_latency": average, "average_requests_per_second": requests}

    def clear(self) -> None:
        """Remove all events."""
        self._events.clear()

    def _add(self, api_id: str, event: Event, milliseconds: int = 0) -> list[int]:
        """Add an event; return the times of those that were there before, and are not too old."""
        with self._lock:
            now, events = self._now(), self._events[api_id, event]
            while events and events[0][0] <= now - self._seconds:
                events.popleft()
            times = [each for _, each in events]
            events.append((now, milliseconds))
        return times

    def _rate(self, times: list[int]) -> float:
        """The events in a second, without one of them, and with two decimals."""
        if not times:
            return 0.0
        return math.floor((len(times) - 1) / (self._seconds or 60) * 100) / 100
