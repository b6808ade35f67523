"""The known name that is nearest to a misspelt one, and the clauses of messages that tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

LIKENESS = 0.6  # the ratio of difflib from which a name is near


def nearest(
    name: str, names: Iterable[str], *, fold: Callable[[str], str] = str.lower, likeness: float = LIKENESS
) -> str:
    """The name that is nearest to another; "" if none is near.

    `fold` makes names equal that differ in case alone; `str` keeps them apart.
    """
    from difflib import get_close_matches  # here, for it is seldom needed

    by_fold = {fold(known): known for known in names}
    matches = get_close_matches(fold(name), by_fold, n=1, cutoff=likeness)
    return by_fold[matches[0]] if matches else ""


def suggestion(name: str, names: Iterable[str]) -> str:
    """The clause "; did you mean 'rate'?" about an unknown name; "" if no name is near."""
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""


def hint(name: str, names: Iterable[str], *, fold: Callable[[str], str] = str.lower) -> str:
    """The clause ", the nearest is 'rate'" about an unknown name; "" if no name is near."""
    near = nearest(name, names, fold=fold)
    return f", the nearest is {near!r}" if near else ""
