"""The part of a server that its connections need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mockserver.http.memory import Memory
from mockserver.http.messages import Answerer, Reply, Request
from mockserver.http.request_reader import Rules


class Server(Rules, Protocol):
    """The part of a server that a connection needs; the server describes the attributes."""

    answer: Answerer
    stopping: bool
    memory: Memory

    def answer_in_thread(
        self, lane: str, request: Request, done: Callable[[Reply | BaseException], None]
    ) -> None:
        """Answer a request in a thread, then call `done` on the event loop with the reply or the error."""

    def admit(self, connection: Any) -> None:
        """Take a new connection."""

    def forget(self, connection: Any) -> None:
        """Forget a connection that has ended."""
