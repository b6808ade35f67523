"""Tests that run at the same time: some that compute, and more that wait for the service."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from contract_tests.engine.running_test import RunningTest

AT_A_TIME = 4  # tests; more would wait for each other, for one interpreter runs them
WAITING_AT_A_TIME = 8  # tests that the service lets wait; they take no time of the interpreter
THREADS = AT_A_TIME + WAITING_AT_A_TIME - 1  # beside the caller's


def advanced_together(
    tests: Iterable[RunningTest], advance: Callable[[RunningTest], bool], threads: ThreadPoolExecutor
) -> list[RunningTest]:
    """Run tests up to their next reloads; return those that ask for a reload.

    Args:
        tests: they run in this order, those that wait beside the others.
        advance: runs one test so far; True if it asks for a reload.
        threads: `THREADS` of them, which nothing keeps busy for long.
    """
    asking: list[RunningTest] = []
    idle: deque[RunningTest] = deque()
    busy: deque[RunningTest] = deque()
    for test in tests:
        (idle if test.declaration.waits else busy).append(test)

    def work(queue: deque[RunningTest]) -> None:
        with suppress(IndexError):
            while test := queue.popleft():
                try:
                    if advance(test):
                        asking.append(test)
                except BaseException:
                    idle.clear()
                    busy.clear()
                    raise

    others = [threads.submit(work, idle) for _ in range(min(len(idle), WAITING_AT_A_TIME))]
    others += [threads.submit(work, busy) for _ in range(AT_A_TIME - 1)]
    work(busy)
    for other in others:
        other.result()
    return asking
