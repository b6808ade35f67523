"""The members by which a test sets a fault, with their types; `fault_members` reads their values."""

from __future__ import annotations

from types import UnionType
from typing import Any, TypedDict, get_args, get_origin, get_type_hints

Pairs = dict[str, str | None]


class Selectors(TypedDict, total=False):
    """The requests that a fault is for, but for the operation."""

    method: str
    policy: str
    key: str
    header: Pairs
    query: Pairs


class Effects(TypedDict, total=False):
    """What becomes of one answer; also a step of a sequence."""

    status: int
    message: str
    body: str | dict[str, Any] | list[Any]
    headers: dict[str, str]
    delay: float | list[float]
    slow: float
    truncate: int
    drop: bool
    reset: bool
    hang: bool
    carry_out: bool


class Turns(TypedDict, total=False):
    """How often a fault applies."""

    times: int
    first: int
    last: int
    probability: float
    seed: int
    sequence: list[Effects]


class Keywords(Selectors, Effects, Turns, total=False):
    """All members of a fault but for the operation."""

    scenario: str
    group: str


def kinds(members: type) -> dict[str, tuple[type, ...]]:
    """The types that a value of each member may have when it is set; an integer is a number too."""
    found = {}
    for name, hint in get_type_hints(members).items():
        choices = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        types = tuple(get_origin(choice) or choice for choice in choices)
        found[name] = (int, *types) if float in types else types
    return found
