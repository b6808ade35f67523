"""The known name that is nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from mockserver.golang.scalars import fold

LIKENESS = 0.6  # the ratio of difflib from which a name is near


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that is nearest to another, whatever its case; "" if none is near."""
    return _nearest(name, tuple(sorted(names)))


@lru_cache(maxsize=1024)  # for many documents have the same mistake
def _nearest(name: str, names: tuple[str, ...]) -> str:
    by_fold = {fold(known): known for known in names}
    matches = get_close_matches(fold(name), by_fold, n=1, cutoff=LIKENESS)
    return by_fold[matches[0]] if matches else ""


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """The remedy for a name that nobody knows."""
    near = nearest(name, names)
    return f"did you mean {near}?" if near else otherwise
