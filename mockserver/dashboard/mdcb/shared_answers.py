"""Answers that callers who ask at the same time share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass
class _Subject(Generic[Value]):
    """The answers to one question.

    Attributes:
        values: the newest answer alone, while somebody asks who may share it; empty before the first.
        began: when the making of that answer began, in steps of the counter.
        callers: the number of those who ask now.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    values: list[Value] = field(default_factory=list)
    began: int = 0
    callers: int = 0


class SharedAnswers(Generic[Value]):
    """The answers of a function that takes long, such as the list of all policies after a change.

    A caller shares an answer whose making began after it asked, so that no answer is older than its question,
    whoever else writes to the storage. Of many callers at once only two wait for an answer of their own.
    """

    def __init__(self, make: Callable[[str], Value]) -> None:
        self._make = make
        self._steps = count(1)
        self._changing = threading.Lock()
        self._subjects: dict[str, _Subject[Value]] = {}

    def callers(self, name: str) -> int:
        """The number of those who ask for a name now."""
        with self._changing:
            return self._subjects[name].callers if name in self._subjects else 0

    def get(self, name: str) -> Value:
        """The answer for a name; raises what the function raises."""
        with self._changing:
            subject = self._subjects.setdefault(name, _Subject())
            subject.callers += 1
            asked = next(self._steps)
        try:
            with subject.lock:
                if not subject.values or subject.began < asked:
                    subject.values.clear()
                    subject.began = next(self._steps)
                    subject.values.append(self._make(name))
                return subject.values[0]
        finally:
            with self._changing:
                subject.callers -= 1
                if not subject.callers:
                    del self._subjects[name]
