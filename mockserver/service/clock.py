"""Time as one gateway sees it. Tests move it instead of sleeping."""

from __future__ import annotations

import math
import time

LONGEST = 100 * 366 * 86400  # seconds


class Clock:
    """Wall time, and the time since the process began.

    Both can be moved ahead. What a real gateway spends waiting for its ticker is skipped: the
    process grows older, the wall clock does not move.

    Attributes:
        moved: seconds that both are ahead.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.moved = 0.0
        self._skipped = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.moved

    def uptime(self) -> float:
        """Seconds since the process began, skipped waiting included."""
        return time.monotonic() - self._started + self.moved + self._skipped

    def next_tick(self, interval: float) -> float:
        """The uptime at which a ticker of this interval fires next."""
        return (math.floor(self.uptime() / interval) + 1) * interval

    def skip_to(self, uptime: float) -> None:
        """Grow as old as that without waiting."""
        self._skipped += max(0.0, uptime - self.uptime())

    def advance(self, seconds: float) -> None:
        """Move both times ahead.

        Raises:
            ValueError: `seconds` is no number, negative, or over a hundred years.
        """
        if type(seconds) not in (int, float) or not 0 <= seconds <= LONGEST:
            raise ValueError(f"cannot advance the clock by {seconds!r} s; give a positive number")
        self.moved += seconds
