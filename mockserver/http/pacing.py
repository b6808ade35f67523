"""Pacing: a server that limits the rate of requests is waited for, in bounds."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mockserver.http.deadline import Deadline

_TOO_SOON, _UNAVAILABLE = 429, 503
ATTEMPTS = 5  # of one request; a server that refuses all of them is not waited for any more
LONGEST_WAIT = 30.0  # seconds before one attempt; who asks for more is not waited for
LONGEST_OF_RUN = 120.0  # seconds of all waits together
SHORTEST_WAIT = 0.05  # seconds; a server that says 0 would get its next request at once
UNSAID = 0.5  # seconds before the second attempt if the server does not say; doubled before each further one


def is_limited(status: int, retry_after: str) -> bool:
    """True for an answer that asks to come again later: 429, or 503 with a Retry-After."""
    return status == _TOO_SOON or (status == _UNAVAILABLE and bool(retry_after))


class Pacer:
    """The waits of one command; threads share it, and all of them wait together.

    Args:
        may_repeat: True for a target whose limit is not itself of interest.
        sleep: waits for a number of seconds.

    Attributes:
        count: the number of answers that were waited for.
        seconds: the seconds of all waits.
    """

    def __init__(
        self,
        may_repeat: Callable[[str], bool] = lambda _: True,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._may_repeat = may_repeat
        self._sleep = sleep
        self._lock = threading.Lock()
        self._has_given_up = False
        self.count = 0
        self.seconds = 0.0

    def waits(self, target: str, attempt: int, retry_after: str, within: Deadline | None) -> bool:
        """Wait before the next attempt of a request; False if there must be none.

        Args:
            target: the target of the request.
            attempt: the number of the attempt that was refused, from 1.
            retry_after: the value of Retry-After, seconds or a date; "" if there was none.
            within: the deadline of the command; None if it has none.
        """
        if self._has_given_up or not self._may_repeat(target):
            return False
        if attempt >= ATTEMPTS:
            self._has_given_up = True
            return False
        seconds = _seconds(retry_after)
        seconds = UNSAID * 2 ** (attempt - 1) if seconds is None else max(seconds, SHORTEST_WAIT)
        left = LONGEST_WAIT if within is None else within.left
        with self._lock:
            if seconds > min(LONGEST_WAIT, left) or self.seconds + seconds > LONGEST_OF_RUN:
                return False
            self.count += 1
            self.seconds += seconds
        self._sleep(seconds)
        return True

    @property
    def note(self) -> str:
        """A line that says how the server limited the command; "" if it did not."""
        return (
            f"the server limited the requests: paced {self.count} times, {self.seconds:.1f} s"
            if self.count
            else ""
        )


def _seconds(text: str) -> float | None:
    """The seconds that a value of Retry-After asks for; None if it is neither a number nor a date."""
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if 0 <= seconds < math.inf else None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
