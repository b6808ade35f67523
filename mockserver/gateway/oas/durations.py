"""Durations as an API in OpenAPI form has them: 1h30m, 5s, 0s."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def written(total: int) -> str:
    """The text of a number of seconds: 1h30m, 5s, 0s."""
    hours, minutes, rest = total // 3600, total // 60 % 60, total % 60
    return "".join(f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if n) or "0s"


def seconds(text: str) -> int:
    """The seconds of a duration such as 1h30m; 0 for another text."""
    match = _DURATION.fullmatch(text)
    hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return hours * 3600 + minutes * 60 + rest
