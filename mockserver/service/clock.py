"""Time as one mock sees it. Tests move it instead of sleeping."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 100 * 366 * 86400  # seconds


@dataclass(eq=False)
class Alarm:
    """An action that is due at an uptime, in seconds."""

    uptime: float
    action: Callable[[], None]


class Clock:
    """Wall time, the time since the process began, and the actions that are due at some uptime.

    Both times can be moved ahead. The time that a real gateway spends waiting for its ticker is
    skipped: the process grows older, the wall clock does not move.

    Attributes:
        lock: held while an alarm's action runs.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._alarms: list[Alarm] = []
        self.reset()

    def reset(self) -> None:
        """Start again at the present time, with no alarm set."""
        with self.lock:
            self._alarms.clear()
            self._started = time.monotonic()
            self._moved = 0.0
            self._skipped = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._moved

    def uptime(self) -> float:
        """Seconds since the process began, skipped waiting included."""
        return time.monotonic() - self._started + self._moved + self._skipped

    def next_tick(self, interval: float) -> float:
        """The uptime at which a ticker of this interval, in seconds, fires next."""
        return (math.floor(self.uptime() / interval) + 1) * interval

    def skip_to(self, uptime: float) -> None:
        """Reach an uptime without waiting."""
        self._skipped += max(0.0, uptime - self.uptime())

    def advance(self, seconds: float) -> None:
        """Move both times ahead, and run what becomes due.

        Raises:
            ValueError: `seconds` is no number, negative, or over a hundred years.
        """
        if type(seconds) not in (int, float) or not 0 <= seconds <= LONGEST:
            raise ValueError(f"cannot advance the clock by {seconds!r} s; give a positive number")
        self._moved += seconds
        self.run_due()

    def call_at(self, uptime: float, action: Callable[[], None]) -> Alarm:
        """Set an alarm. Its action runs once, in a thread of its own or in the next request's."""
        alarm = Alarm(uptime, action)
        with self.lock:
            self._alarms.append(alarm)
        timer = threading.Timer(max(0.0, uptime - self.uptime()), self.run_due)
        timer.daemon = True
        timer.start()
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        """Take an alarm back, if it is still set."""
        with self.lock:
            self._alarms = [other for other in self._alarms if other is not alarm]

    @property
    def is_due(self) -> bool:
        """True if an alarm's action waits to be run."""
        return bool(self._alarms) and any(alarm.uptime <= self.uptime() for alarm in self._alarms)

    def run_due(self) -> None:
        """Run the actions that are due; return when none is being run."""
        if not self._alarms:
            return
        with self.lock:
            for alarm in [alarm for alarm in self._alarms if alarm.uptime <= self.uptime()]:
                alarm.action()
                self.cancel(alarm)
