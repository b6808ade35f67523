"""Turns of large JSON texts: as values they take a hundred times the memory that a connection may hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from mockserver.golang.json_size import has_too_many_values

LARGE = 50_000  # values of a JSON text from which on it is large
AT_ONCE = 2  # large texts that are values at the same time, in all threads together
LONGEST_WAIT = 30.0  # seconds for a turn
BUSY = f"this mock reads {AT_ONCE} large JSON texts at once, and others wait; send fewer at once"
_NO_TURN = nullcontext()
_turns = threading.BoundedSemaphore(AT_ONCE)
_own = threading.local()  # has_turn is True while this thread has one: a request may be made of another


class Busy(Exception):
    """A large text had no turn in time; the answer is 503."""


def turn_of(*texts: str | bytes) -> AbstractContextManager[None]:
    """Have a turn to read JSON texts, if one is large; one turn of a thread is enough for all within it.

    Raises:
        Busy: there was none in time.
    """
    for text in texts:
        if len(text) > LARGE:
            return _turn_of(texts)
    return _NO_TURN  # as is the rule, and for each request


@contextmanager
def _turn_of(texts: tuple[str | bytes, ...]) -> Iterator[None]:
    has_turn = getattr(_own, "has_turn", False)
    if has_turn or not any(has_too_many_values(text, LARGE) for text in texts):
        yield
        return
    if not _turns.acquire(timeout=LONGEST_WAIT):
        raise Busy(BUSY)
    _own.has_turn = True
    try:
        yield
    finally:
        _own.has_turn = False
        _turns.release()
