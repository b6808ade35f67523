"""A deadline: the moment by which something must be over."""

from __future__ import annotations

import math
import time

CLEANUP_SECONDS = 60.0  # for the clean-up of a run that was not interrupted
RUN_SECONDS = 1800.0  # that a run of the suite may take; one against a gateway nearby takes under a minute


class Deadline:
    """A moment, given in seconds from now, that may be moved at any time and from any thread.

    Args:
        seconds: from now; without them the moment never comes.
        within: another deadline, which this one never outlasts, wherever that one is moved to.
    """

    def __init__(self, seconds: float = math.inf, within: Deadline | None = None) -> None:
        self._at = time.monotonic() + seconds
        self._within = within

    @property
    def left(self) -> float:
        """The seconds that are left; 0 once it is over."""
        left = max(0.0, self._at - time.monotonic())
        return left if self._within is None else min(left, self._within.left)

    @property
    def is_over(self) -> bool:
        """True if no time is left."""
        return self.left <= 0

    def set(self, seconds: float) -> None:
        """Move it to so many seconds from now, also if it was over."""
        self._at = time.monotonic() + seconds

    def shorten(self, seconds: float) -> None:
        """Move it to so many seconds from now, unless it is sooner."""
        self._at = min(self._at, time.monotonic() + seconds)
