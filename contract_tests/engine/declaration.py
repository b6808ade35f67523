"""A test as it is declared: the behaviour that it holds, and the phase that it runs in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest

RELOAD, STARTED, AT_END = object(), object(), object()
PHASES = FIRST, TOGETHER, ALONE, MEANWHILE, LAST = "first", "together", "alone", "meanwhile", "last"
Steps = Generator[object, None, None]


class NotApplicable(Exception):
    """The behaviour cannot show on this service, or may not be tried; the message says why."""


@dataclass(frozen=True)
class Declaration:
    """A test as it is declared.

    Attributes:
        behaviour: the id of the row that it holds.
        function: the test function; a generator function if it needs reloads.
        reads_only: True if it leaves the service as it is.
        phase: the phase that it runs in. TOGETHER: side by side, sharing reloads. FIRST: its part before
            `STARTED` runs before all others, the rest with TOGETHER. ALONE: one by one, after TOGETHER.
            MEANWHILE: its part before `STARTED` runs after ALONE, the rest after the read-only tests of LAST.
            LAST: judges the log of the run; its part before `STARTED`, if any, runs before the rest of
            MEANWHILE. A test of TOGETHER or FIRST that yields `AT_END` resumes after ALONE.
        waits: True if the service lets it wait on purpose, so that other tests run beside it.
    """

    behaviour: str
    function: Callable[..., Any]
    reads_only: bool
    phase: str
    waits: bool = False


def behaviour(
    behaviour_id: str, *, reads_only: bool = False, phase: str = TOGETHER, waits: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Declare the row of behaviours.yaml that a test holds; its first parameter is the service's client."""

    def declare(function: Callable[..., Any]) -> Callable[..., None]:
        def test(scheduler: Any, request: pytest.FixtureRequest, **_: Any) -> None:
            scheduler.report_to_pytest(request)

        names = list(inspect.signature(function).parameters)[1:]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in ["scheduler", "request", *names]]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # pytest reads it
        test.__name__, test.__doc__, test.__module__ = (
            function.__name__, function.__doc__, function.__module__,
        )  # fmt: skip
        declaration = Declaration(behaviour_id, function, reads_only, phase, waits)
        test.declaration = declaration  # type: ignore[attr-defined]  # read by the scheduler
        marked: Callable[..., None] = pytest.mark.behaviour(behaviour_id)(test)
        return marked

    return declare


def declaration_of(item: pytest.Item) -> Declaration | None:
    """The declaration of a test; None for a test that is not of this suite."""
    return getattr(getattr(item, "function", None), "declaration", None)
