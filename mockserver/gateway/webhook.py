"""The messages to the webhook of quotas, each of which is sent once in a while."""

from __future__ import annotations

import math
from collections.abc import Callable

from mockserver.service.background import Background
from mockserver.service.clock import Clock

MOST_KEPT = 10_000  # messages; a gateway keeps them in its Redis


class Webhook:
    """Which messages were sent, and the threads that send them (event_handler_webhooks.go:229 @v5.12.0)."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.now
        self._background = Background(clock)
        self._sent: dict[str, float] = {}  # until when a message is not sent again

    def is_new(self, text: str, seconds: int) -> bool:
        """True if a message was not sent in the last seconds, 0 for ever; it counts as sent from now on."""
        now = self._now()
        if self._sent.get(text, 0.0) > now:
            return False
        self._sent.pop(text, None)
        if len(self._sent) >= MOST_KEPT:
            del self._sent[next(iter(self._sent))]
        self._sent[text] = now + seconds if seconds > 0 else math.inf
        return True

    def run(self, work: Callable[[], None]) -> None:
        """Send a message in a thread."""
        self._background.run(work)

    def clear(self) -> None:
        """Forget what was sent."""
        self._sent.clear()
