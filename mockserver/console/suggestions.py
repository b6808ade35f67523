"""The known name that is nearest to a misspelt one, for error messages."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(name: str, names: Iterable[str]) -> str:
    """A clause that asks whether the nearest of the known names is meant; "" if none is near."""
    from difflib import get_close_matches  # here, for it is seldom needed

    by_lower_case = {known.lower(): known for known in names}
    near = get_close_matches(name.lower(), by_lower_case, n=1)
    return f"; did you mean {by_lower_case[near[0]]!r}?" if near else ""
