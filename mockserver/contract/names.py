"""Names that a user may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name, ", the nearest is 'rate'"; "" if no name is like it."""
    from difflib import get_close_matches  # here, for few commands need it

    by_fold = {other.lower(): other for other in names}
    close = get_close_matches(name.lower(), by_fold, n=1)
    return f", the nearest is {by_fold[close[0]]!r}" if close else ""
