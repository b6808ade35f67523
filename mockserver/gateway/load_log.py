"""The loaded things in a line of the log."""

from __future__ import annotations

MOST_NAMED = 10  # ids in a line of the log


def counted(one: str, several: str, ids: list[str]) -> str:
    """The number of loaded things and the ids of the first of them."""
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    names = f" ({', '.join(ids[:MOST_NAMED])}{more})" if ids else ""
    return f"{len(ids)} {one if len(ids) == 1 else several}{names}"
