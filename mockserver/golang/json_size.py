"""The number of values of a JSON text, which is known before they take memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MAX_VALUES = 1_000_000  # in a JSON text, about; a list of 20,000 policies has fewer
TOO_MANY_VALUES = f"the body has over {MAX_VALUES:,} JSON values; send fewer at once"


def has_too_many_values(text: str | bytes) -> bool:
    """True if a JSON text would take too much memory as values; an empty array takes 30 times its text."""
    if len(text) <= MAX_VALUES:
        return False
    marks: Iterable[Any] = "[{," if isinstance(text, str) else (b"[", b"{", b",")
    return sum(map(text.count, marks)) > MAX_VALUES
