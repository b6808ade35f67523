"""The instruments of one mock, which its services share."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mockserver.service.clock import Clock
from mockserver.service.faults import Faults
from mockserver.service.journal import Journal
from mockserver.service.service import Service
from mockserver.storage.backend import Backend, MemoryBackend

RESET = "reset"  # the message that has all mocks on one backend start anew


class Mock:
    """Clock, faults, journal, storage, reset and closing of one or several services.

    Attributes:
        backend: where services keep what they share with the other mocks of their group.
        closing: set when the mock is to stop, so that no delay goes on.
        services: the APIs that it serves.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.journal = Journal()
        self.backend: Backend = backend or MemoryBackend()
        self.closing = threading.Event()
        self.services: list[Service] = []
        self._topics: dict[str, Callable[[], None]] = {RESET: self._restart}

    @property
    def is_idle(self) -> bool:
        """True if no fault is set and no alarm is due, so that a request may be answered on an event loop."""
        return not self.faults and not self.clock.is_due

    def on(self, topic: str, callback: Callable[[], None]) -> None:
        """Have a function called when another mock of the group publishes a topic."""
        self._topics[topic] = callback

    def join_group(self) -> None:
        """Subscribe to the topics that other mocks of the group publish."""
        self.backend.subscribe(lambda topic: self._topics[topic](), self.closing)

    def reset(self) -> None:
        """Go back to how it started, with all mocks of the group."""
        self._restart()
        self.backend.publish(RESET)

    def _restart(self) -> None:
        with self.clock.lock:
            self.faults.clear()
            self.journal.clear()
            self.clock.reset()
            for service in self.services:
                service.state.reset()
