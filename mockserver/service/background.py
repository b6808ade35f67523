"""Work of a mock in threads of its own, beside the requests that it answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mockserver.service.clock import Clock

SETTLE_SECONDS = 10.0  # that an advance of the clock waits for work in progress
LOG = logging.getLogger("tyk-contract")


class Background:
    """Work in daemon threads, at once or at a later time of the clock, until it is closed.

    An advance of the clock waits for the work that it makes due, so that a test sees the outcome.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_progress = 0
        self._changed = threading.Condition()
        self._is_closed = False
        clock.waits.append(self.settle)

    def run(self, work: Callable[[], None]) -> None:
        """Do some work in a thread."""
        with self._changed:
            if self._is_closed:
                return
            self._in_progress += 1
        threading.Thread(target=self._do, args=(work,), name="tyk-contract-work", daemon=True).start()

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do some work in a thread when the clock is so many seconds ahead."""
        if not self._is_closed:
            self._clock.call_at(self._clock.uptime() + seconds, lambda: self.run(work))

    def settle(self, seconds: float = SETTLE_SECONDS) -> bool:
        """Wait until no work is in progress, at most so many seconds; True if none is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._in_progress, seconds)

    def close(self) -> None:
        """Begin no more work; that in progress goes on."""
        with self._changed:
            self._is_closed = True
        if self.settle in self._clock.waits:
            self._clock.waits.remove(self.settle)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  a thread has nobody else to tell
            LOG.warning("%s: %s", type(error).__name__, error)
        finally:
            with self._changed:
                self._in_progress -= 1
                self._changed.notify_all()
