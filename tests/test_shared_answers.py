"""Answers that callers who ask at the same time share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from asking import wait_until

from mockserver.dashboard.mdcb.shared_answers import SharedAnswers

WAIT = 30  # seconds


class Making:
    """The making of numbered answers, which waits for `go_on`."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self._numbers = count(1)

    def __call__(self, name: str) -> str:
        number = next(self._numbers)
        self.begun.set()
        assert self.go_on.wait(WAIT)
        return f"{name} {number}"


def test_one_caller_after_the_other_gets_a_new_answer() -> None:
    """A caller that asks after an answer was made gets a new one."""
    making = Making()
    making.go_on.set()
    answers = SharedAnswers(making)
    assert [answers.get("a"), answers.get("a"), answers.get("b")] == ["a 1", "a 2", "b 3"]


def test_callers_that_ask_meanwhile_share_the_next_answer() -> None:
    """Callers that ask while an answer is made do not get that one, which may be older, but share the next."""
    making = Making()
    answers = SharedAnswers(making)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(answers.get, "a")
        assert making.begun.wait(WAIT)
        others = [pool.submit(answers.get, "a") for _ in range(5)]
        wait_until(lambda: answers.callers("a") == 6)
        making.go_on.set()
        assert first.result(WAIT) == "a 1"
        assert {other.result(WAIT) for other in others} == {"a 2"}
    assert answers.callers("a") == 0


def test_a_failure_is_not_shared() -> None:
    """A caller whose answer cannot be made gets the error, and the next one asks anew."""
    outcomes = iter([OSError("away"), "b"])

    def make(_: str) -> str:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    answers = SharedAnswers(make)
    with pytest.raises(OSError, match="away"):
        answers.get("a")
    assert answers.get("a") == "b"
