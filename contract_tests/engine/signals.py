"""SIGTERM and SIGINT: the first interrupts a run and gives its clean-up some seconds, the second ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from mockserver.http.deadline import Deadline

CLEANUP_SECONDS = 7.0  # for the clean-up of an interrupted run
END_SECONDS = 8.5  # after the first signal, until the process ends whatever it does
ENDED_AT_ONCE = 130  # exit code of a process that ended before its clean-up did


def interrupt_on_sigterm() -> None:
    """Turn SIGTERM into a KeyboardInterrupt in the main thread; call it from there."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class Interruption:
    """The handler of the signals that interrupt a run.

    The first signal ends all requests of the run and raises KeyboardInterrupt in the main thread; during the
    clean-up it only shortens that. A second one, or the end of `END_SECONDS`, ends the process.

    Args:
        limit: the deadline of the run's requests.
        last_words: called before the process ends at once, to name what is left behind.
    """

    def __init__(self, limit: Deadline, last_words: Callable[[], None]) -> None:
        self._limit = limit
        self._last_words = last_words
        self._left: Deadline | None = None  # of the clean-up, from the first signal on
        self._is_cleaning = False
        self._replaced: dict[int, Any] = {}
        self._ending = threading.Lock()

    def install(self, *, is_child: bool) -> None:
        """Handle the signals until `uninstall`; call it from the main thread.

        Args:
            is_child: Ctrl-C is ignored, because the command that started the process has it too, and passes
                it on as SIGTERM. Else a signal that has a handler of somebody else keeps that.
        """
        for number, default in (
            (signal.SIGTERM, signal.SIG_DFL),
            (signal.SIGINT, signal.default_int_handler),
        ):
            if is_child and number == signal.SIGINT:
                self._replaced[number] = signal.signal(number, signal.SIG_IGN)
            elif is_child or signal.getsignal(number) is default:
                self._replaced[number] = signal.signal(number, self._handle)

    def uninstall(self) -> None:
        """Give the signals their earlier handlers, if no signal has come."""
        if self._left is None:
            for number, handler in self._replaced.items():
                signal.signal(number, handler)

    def begin_cleanup(self, seconds: float) -> None:
        """Give the clean-up so many seconds, or the rest of its time after a signal."""
        self._is_cleaning = True
        self._limit.set(seconds if self._left is None else self._left.left)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._left is not None:
            self._end()
        self._left = Deadline(CLEANUP_SECONDS)
        timer = threading.Timer(END_SECONDS, self._end)
        timer.daemon = True
        timer.start()
        if self._is_cleaning:
            self._limit.shorten(CLEANUP_SECONDS)
        else:
            self._limit.shorten(0)
            raise KeyboardInterrupt

    def _end(self) -> None:
        if self._ending.acquire(blocking=False):
            try:
                self._last_words()
                sys.stderr.flush()
            finally:
                os._exit(ENDED_AT_ONCE)
