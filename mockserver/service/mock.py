"""The instruments of a mock, which its services share: clock, faults, journal and storage."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mockserver.service.access_log import AccessLog
from mockserver.service.clock import Clock
from mockserver.service.faults import Faults
from mockserver.service.journal import Journal
from mockserver.service.service import Service
from mockserver.storage.backend import Backend, MemoryBackend

LOG = logging.getLogger("tyk-contract")
RESET = "reset"  # the topic on which all mocks of a group reset


class Mock:
    """Clock, faults, journal, storage, reset and closing of one or several services.

    Attributes:
        clock: the clock of all services.
        faults: the faults that tests have set.
        journal: the requests and replies.
        access_log: has a line for each request; None, as in a process of tests, for none.
        backend: the storage that services share with the other mocks of their group.
        closing: an event that is set when the mock stops, which ends all delays.
        services: the APIs that the mock serves.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.journal = Journal()
        self.access_log: AccessLog | None = None
        self.backend: Backend = backend or MemoryBackend()
        self.closing = threading.Event()
        self.services: list[Service] = []
        self._topics: dict[str, Callable[[], None]] = {RESET: self._follow_reset}
        self._on_return: list[Callable[[], None]] = []

    @property
    def is_idle(self) -> bool:
        """True if no fault is set and no alarm is due, so that a request may be answered on an event loop."""
        return not self.faults and not self.clock.is_due

    def on(self, topic: str, callback: Callable[[], None]) -> None:
        """Register a function to call when another mock of the group publishes a topic."""
        self._topics[topic] = callback

    def join_group(self) -> None:
        """Subscribe to the topics that other mocks of the group publish."""
        self.backend.subscribe(self._topics, self.closing, self._follow_return)

    def on_return(self, callback: Callable[[], None]) -> None:
        """Register a function to call when the storage is back after an outage, which may hide topics."""
        self._on_return.append(callback)

    def _follow_return(self) -> None:
        for callback in self._on_return:
            callback()

    def reset(self) -> list[str]:
        """Restore the initial state of this mock and of all others of its group.

        The others do not clear the backend: they might remove what was written after the reset.
        Returns the reasons why something was left as it is, a line each, which are logged too.
        """
        self.backend.clear()
        left = self._restart()
        self.backend.publish(RESET)
        return left

    def _follow_reset(self) -> None:
        self._restart()

    def _restart(self) -> list[str]:
        """Restore the initial state of this mock, but for what the group shares."""
        with self.clock.lock:
            self.faults.clear()
            self.journal.clear()
            self.clock.reset()
            left = [line for service in self.services for line in service.state.reset() or ()]
        for line in left:
            LOG.warning("%s", line)
        return left
