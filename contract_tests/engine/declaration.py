"""A test as it is declared: which behaviour it holds, and when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest

RELOAD, BEGUN, LATER = object(), object(), object()
ORDER = FIRST, TOGETHER, ALONE, MEANWHILE, LAST = "first", "together", "alone", "meanwhile", "last"
Steps = Generator[object, None, None]


class NotApplicable(Exception):
    """The behaviour cannot show on this gateway, or may not be tried; the message says why."""


@dataclass(frozen=True)
class Case:
    """A test as it is declared.

    Attributes:
        steps: the test function; a generator if it needs reloads.
        reads_only: whether it leaves the gateway as it is.
        when: "together" with all others; "first", so that it yields `BEGUN` before they begin and
            goes on with them; "alone" after them; "meanwhile", so that it yields `BEGUN` after these
            and goes on when those "last" of all that only read have looked back, and the others of
            them have yielded `BEGUN`. One that yields `LATER` goes on when all but the last are through.
    """

    behaviour: str
    steps: Callable[..., Any]
    reads_only: bool
    when: str


def behaviour(
    behaviour_id: str, *, reads_only: bool = False, when: str = TOGETHER
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Declare which row of spec/gateway/behaviours.yaml a test holds."""

    def declare(function: Callable[..., Any]) -> Callable[..., None]:
        def test(batch: Any, request: pytest.FixtureRequest, **_: Any) -> None:
            batch.tell(request)

        names = [name for name in inspect.signature(function).parameters if name != "gateway"]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in ["batch", "request", *names]]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # pytest reads it
        test.__name__, test.__doc__, test.__module__ = (
            function.__name__, function.__doc__, function.__module__,
        )  # fmt: skip
        test.case = Case(behaviour_id, function, reads_only, when)  # type: ignore[attr-defined]  # read by the batch
        marked: Callable[..., None] = pytest.mark.behaviour(behaviour_id)(test)
        return marked

    return declare


def case_of(item: pytest.Item) -> Case | None:
    """A test as it was declared; None for one that is not of this suite."""
    return getattr(getattr(item, "function", None), "case", None)
