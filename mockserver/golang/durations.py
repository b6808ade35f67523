"""Durations in texts such as 1h30m: Go's time.ParseDuration, and the gateway's way of writing them.

Source: internal/time/duration.go @v5.12.0.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from mockserver.golang.json_reader import Number
from mockserver.golang.scalars import GoType, Problems

_UNITS = {
    "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "µs": 1000, "ns": 1,
}  # fmt: skip
_SPELLED = {**_UNITS, "us": 1000, "μs": 1000}
_PART = re.compile(r"(\d++(?:\.\d*+)?|\.\d++)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_TEXT = re.compile(rf"([+-]?)((?:{_PART.pattern})++)", re.ASCII)
_LARGEST = 2**63 - 1
_DIGITS = 19  # of the largest number of nanoseconds


def nanoseconds(text: str) -> int:
    """The nanoseconds of a duration; 0 for another text."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return 0
    total = sum(_of_part(part[1], _SPELLED[part[2]]) for part in _PART.finditer(match[2]))
    return 0 if total > _LARGEST else -total if match[1] == "-" else total


def _of_part(number: str, unit: int) -> int:
    """The nanoseconds of a number of a unit; more than the largest number for one of too many digits."""
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > _DIGITS:
        return _LARGEST + 1
    return int(Fraction(f"{whole}.{fraction[:_DIGITS] or 0}") * unit)


def written(total: int) -> str:
    """The text of a number of nanoseconds: 1h30m, 5s, 0s."""
    rest, parts = abs(total), []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if total < 0 else "") + "".join(parts) or "0s"


class Duration(GoType):
    """A duration, as its text; one that Go does not parse is 0s."""

    zero = "0s"

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if not isinstance(node, str) or isinstance(node, Number):
            problems.stop("a duration such as 1h30m", node)
            return current
        return written(nanoseconds(node))

    def is_empty(self, value: Any) -> bool:
        return bool(value == self.zero)


DURATION = Duration()
