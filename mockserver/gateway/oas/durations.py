"""Durations as an API in OpenAPI form has them: 1h30m, 5s, 0s."""

from __future__ import annotations

import re

MOST_SECONDS = (1 << 63) // 10**9  # an int64 of nanoseconds
_DURATION = re.compile(r"(?:([0-9]{1,19})h)?(?:([0-9]{1,19})m)?(?:([0-9]{1,19})s)?")


def written(total: int) -> str:
    """The text of a number of seconds: 1h30m, 5s, 0s."""
    hours, minutes, rest = total // 3600, total // 60 % 60, total % 60
    return "".join(f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if n) or "0s"


def seconds(text: str) -> int:
    """The seconds of a duration such as 1h30m; 0 for another text, or for more than Go's Duration holds."""
    match = _DURATION.fullmatch(text)
    hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + rest
    return total if total <= MOST_SECONDS else 0
