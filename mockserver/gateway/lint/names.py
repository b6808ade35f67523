"""The remedy for a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mockserver.console.suggestions import LIKENESS, nearest
from mockserver.golang.scalars import fold


@lru_cache(maxsize=1024)  # for many documents have the same mistake
def _nearest(name: str, names: tuple[str, ...], likeness: float) -> str:
    return nearest(name, names, fold=fold, likeness=likeness)


def did_you_mean(name: str, names: Iterable[str], otherwise: str, likeness: float = LIKENESS) -> str:
    """The remedy for a name that nobody knows."""
    near = _nearest(name, tuple(sorted(names)), likeness)
    return f"did you mean {near}?" if near else otherwise
