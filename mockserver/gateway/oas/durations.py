"""Durations as an API in OpenAPI form has them: 1h30m, 5s, 0s."""

from __future__ import annotations

from mockserver.golang import durations

_SECOND = 1_000_000_000


def written(total: int) -> str:
    """The text of a number of seconds: 1h30m, 5s, 0s."""
    return durations.written(total * _SECOND)


def seconds(text: str) -> int:
    """The whole seconds of a duration such as 1h30m; 0 for another text."""
    return durations.nanoseconds(text) // _SECOND


def seconds_up(text: str) -> int:
    """The seconds of a duration, rounded up."""
    return -(-durations.nanoseconds(text) // _SECOND)
