"""Lanes of threads: the pools in which a server makes the answers that may have to wait."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

A = TypeVar("A")  # the argument of the work
R = TypeVar("R")  # its result

Done = Callable[[R | BaseException], object]


class LaneFull(Exception):
    """A lane takes no more work for now; the message tells why, and the next step."""


class Lane(Generic[A, R]):
    """A pool of threads for one kind of work, and a queue before it.

    The threads are daemons: one that is stuck does not keep the process from ending, as those of
    `concurrent.futures` would.

    Args:
        name: the name of the threads.
        threads: the largest number of threads; each starts when it is needed.
        waiting: the largest number of pieces of work that are queued or being done.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._name = name
        self._threads = threads
        self._waiting = waiting
        self._queue: SimpleQueue[tuple[Callable[[A], R], A, Done[R]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._begun = 0

    def put(self, work: Callable[[A], R], argument: A, done: Done[R]) -> None:
        """Call `work` in a thread, then `done` there with the result, or with what the work raised.

        Raises:
            LaneFull: there is too much work in the lane, or no thread; `done` is not called.
        """
        with self._lock:
            if self._begun >= self._waiting:
                raise LaneFull(f"{self._waiting} requests are already waiting; try again later")
            if self._started <= self._begun and self._started < self._threads:
                self._start_thread()
            self._begun += 1
        self._queue.put((work, argument, done))

    def close(self) -> None:
        """Forget the work that no thread has begun, and end the threads after their work; returns at once."""
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()
        for _ in range(self._started):
            self._queue.put(None)

    def _start_thread(self) -> None:
        try:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        except RuntimeError as error:  # the system refuses another thread
            if not self._started:
                raise LaneFull(f"no thread can be started: {error}; try again later") from error
        else:
            self._started += 1

    def _run(self) -> None:
        while task := self._queue.get():
            work, argument, done = task
            result: R | BaseException
            try:
                result = work(argument)
            except BaseException as error:  # noqa: BLE001  it is handed on
                result = error
            with self._lock:
                self._begun -= 1
            done(result)
            del task, work, argument, done, result  # else an idle thread would keep them
