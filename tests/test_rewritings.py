"""The ways to rewrite values that the diagnosis of a run knows."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.diagnosis.rewritings import rewriting


@pytest.mark.parametrize(
    ("wanted", "answered", "part"),
    [
        ("Gold", "gold", "in lower case"), ("é", "Ã©", "encoded twice"), ("é", "?", "question marks"),
        ("a<b", "a&lt;b", "escaped for HTML"), (" a ", "a", "without the space"), ("é", "e\u0301", "NFD"),
        (2**53 + 1, 2**53, "53 bits"), (1.5, 1, "integers"), (2**31, -(2**31), "32 bits"),
        ("no such", "Error: no such", "begin with 'Error: '"), ("gold-plan", "gold", "cut off after 4 characters"),
        ("2030-01-01T23:00:00Z", "2030-01-02T01:00:00+02:00", "another time zone"),
        ("2030-01-01T23:00:00Z", "2030-01-02T01:00:00Z", "local ones, and told as UTC"),
        ("2030-01-01T23:00:00.5Z", "2030-01-01T15:00:00.5", "told without a time zone"),
        ("2030-01-01T23:00:00Z", "2030-01-01T23:00:01Z", ""), ("2030-01-01T23:00:00Z", "2031-01-01T23:00:00Z", ""),
        ("gold", "silver", ""), (1, 2, ""), (1, "1", ""),
    ],
)  # fmt: skip
def test_a_rewriting_of_values_is_named(wanted: Any, answered: Any, part: str) -> None:
    """A known way to rewrite a text or a number is named, and any other difference is not."""
    sentence = rewriting(wanted, answered)
    assert part in sentence
    assert bool(sentence) is bool(part)
