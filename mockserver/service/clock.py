"""The clock of a mock, which tests advance instead of sleeping."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 100 * 366 * 86400  # seconds of one advance
LAST = 253402300799  # seconds since the epoch, of the end of the year 9999


@dataclass(eq=False)
class Alarm:
    """An action that is due at an uptime, in seconds."""

    uptime: float
    action: Callable[[], None]


class Clock:
    """The wall time, the uptime of the simulated process, and alarms at some uptime.

    Tests can advance and freeze both times. Where a real gateway waits for its ticker, the mock skips the
    wait: only the uptime increases.

    Attributes:
        lock: held while the action of an alarm runs.
        waits: functions that wait for what alarms have started in other threads; `advance` calls them.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.waits: list[Callable[[], object]] = []
        self._alarms: list[Alarm] = []
        self.reset()

    def reset(self) -> None:
        """Return to the real time and remove all alarms."""
        with self.lock:
            self._alarms.clear()
            self._frozen = False
            self._wall: Callable[[], float] = time.time
            self._steady: Callable[[], float] = time.monotonic
            self._started = time.monotonic()
            self._advanced = 0.0
            self._skipped = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._wall() + self._advanced

    def uptime(self) -> float:
        """Seconds since the simulated process started, skipped waits included."""
        return self._steady() - self._started + self._advanced + self._skipped

    def next_tick(self, interval: float) -> float:
        """The uptime of the next tick of a ticker; `interval` is in seconds."""
        return (math.floor(self.uptime() / interval) + 1) * interval

    def skip_to(self, uptime: float) -> None:
        """Increase the uptime to a value without waiting; do nothing if it has passed."""
        self._skipped += max(0.0, uptime - self.uptime())

    def advance(self, seconds: float) -> None:
        """Advance both times, run the actions that become due, and wait for what they start.

        Raises:
            ValueError: `seconds` is not a number, negative, or over a hundred years.
        """
        _check_seconds(seconds)
        self._advanced += seconds
        self.run_due()
        for wait in list(self.waits):
            wait()

    def freeze(self, at: float | None = None) -> None:
        """Stop both times, which then pass by `advance` alone.

        `at` sets the wall time, in seconds since the epoch.

        Raises:
            ValueError: `at` is not a time from the year 1970 to the year 9999.
        """
        _check_time(at)
        with self.lock:
            wall = self._wall() if at is None else at - self._advanced
            steady = self._steady()
            self._wall, self._steady = (lambda: wall), (lambda: steady)
            self._frozen = True

    def unfreeze(self) -> None:
        """Let both times pass again, from where they stand."""
        with self.lock:
            lag, steady_lag = time.time() - self._wall(), time.monotonic() - self._steady()
            self._wall = lambda: time.time() - lag
            self._steady = lambda: time.monotonic() - steady_lag
            self._frozen = False
            for alarm in self._alarms:
                self._set_timer(alarm)

    def change(self, *, freeze: bool | None = None, at: float | None = None, advance: float = 0) -> None:
        """Freeze, or let both times pass again, if one of these is asked for; then advance.

        Raises:
            ValueError: a value is wrong, or `at` is given without `freeze`; nothing is changed.
        """
        if freeze is not None and type(freeze) is not bool:
            raise ValueError(f"freeze cannot be {freeze!r}; give true or false")
        if at is not None and not freeze:
            raise ValueError("at is the time to freeze the clock at; give it with freeze: true")
        _check_time(at)
        _check_seconds(advance)
        if freeze:
            self.freeze(at)
        elif freeze is not None:
            self.unfreeze()
        self.advance(advance)

    @property
    def is_frozen(self) -> bool:
        """True if both times pass by `advance` alone."""
        return self._frozen

    def call_at(self, uptime: float, action: Callable[[], None]) -> Alarm:
        """Set an alarm; its action runs once, in a separate thread or in that of the next request."""
        alarm = Alarm(uptime, action)
        with self.lock:
            self._alarms.append(alarm)
        self._set_timer(alarm)
        return alarm

    def _set_timer(self, alarm: Alarm) -> None:
        timer = threading.Timer(max(0.0, alarm.uptime - self.uptime()), self.run_due)
        timer.daemon = True
        timer.start()

    def cancel(self, alarm: Alarm) -> None:
        """Remove an alarm, if it is still set."""
        with self.lock:
            self._alarms = [other for other in self._alarms if other is not alarm]

    @property
    def is_due(self) -> bool:
        """True if the action of an alarm is due."""
        return bool(self._alarms) and any(alarm.uptime <= self.uptime() for alarm in self._alarms)

    def run_due(self) -> None:
        """Run the actions that are due; wait for those that another thread runs."""
        if not self._alarms:
            return
        with self.lock:
            for alarm in [alarm for alarm in self._alarms if alarm.uptime <= self.uptime()]:
                alarm.action()
                self.cancel(alarm)


def _check_seconds(seconds: float) -> None:
    if type(seconds) not in (int, float) or not 0 <= seconds <= LONGEST:
        raise ValueError(f"cannot advance the clock by {seconds!r} s; give a positive number up to {LONGEST}")


def _check_time(at: float | None) -> None:
    if at is not None and not (type(at) in (int, float) and 0 <= at <= LAST):
        raise ValueError(f"cannot freeze the clock at {at!r}; give seconds since the epoch")
