"""Claims of one's own that a token must have, held against rules of many values."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mockserver.gateway.proxy.custom_claims import problem


def reason(value: Any, kind: str, allowed: list[Any], path: str = "a") -> str:
    """Why a claim does not satisfy a rule; "" if it does."""
    return problem({"a": value}, {path: {"type": kind, "allowedValues": allowed, "nonBlocking": False}})


@pytest.mark.parametrize(
    ("value", "kind", "allowed", "fits"),
    [
        ("gold", "exact_match", ["silver", "gold"], True),
        (True, "exact_match", [1], False),
        ({"b": 1, "a": 2}, "exact_match", [{"a": 2, "b": 1}], True),
        ("a gold one", "contains", ["gold"], True),
        (["x", 1], "contains", [True, 1], True),
        (["x", 1], "contains", [True], False),
        ([], "contains", [1], False),
        (5, "contains", [5, 6], False),
    ],
)
def test_a_claim_is_held_against_the_allowed_values(
    value: Any, kind: str, allowed: list[Any], fits: bool
) -> None:
    """A claim equals an allowed value, or has one in it, by its JSON."""
    assert (reason(value, kind, allowed) == "") == fits


@pytest.mark.parametrize(
    ("value", "kind"), [(["x"] * 100_000, "contains"), ("x" * 500_000, "exact_match")], ids=["list", "text"]
)
def test_many_values_are_compared_soon(value: Any, kind: str) -> None:
    """A claim of half a megabyte is held against a thousand values in a time in proportion to both."""
    begun = time.process_time()
    assert reason(value, kind, [f"value {number}" for number in range(1000)])
    assert time.process_time() - begun < 4


def test_a_position_of_thousands_of_digits_is_none() -> None:
    """A path whose position is beyond any list leads to no claim."""
    assert "is required but not present" in reason([1], "required", [], path=f"a.{'9' * 5000}")
