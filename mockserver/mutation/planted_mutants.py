"""Mutants that are written down in mockserver/mutation/planted.yaml: one at least for each behaviour."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mockserver.contract.spec_files import load_yaml
from mockserver.mutation.mutant import PLANTED, Edit, Mutant, MutantError, source_of

TABLE = Path(__file__).with_name("planted.yaml")
_KEYS = {"row", "breaks", "in", "old", "new"}


def mutants() -> list[Mutant]:
    """Every one, in the table's order.

    Raises:
        MutantError: what is to be replaced does not stand in its module, or more than once.
    """
    count: dict[str, int] = {}
    made = []
    for entry in load_yaml(TABLE)["mutants"]:
        if wrong := (entry.keys() - {"gateway"}) ^ _KEYS:
            raise MutantError(
                f"planted.yaml: {entry.get('row', entry)}: {min(wrong)!r} is missing or unknown"
            )
        row = entry["row"]
        count[row] = count.get(row, 0) + 1
        name = row if count[row] == 1 else f"{row}#{count[row]}"
        made.append(
            Mutant(name, PLANTED, entry["breaks"], _edit(entry), row=row, gateway=entry.get("gateway", ""))
        )
    return made


def _edit(entry: dict[str, Any]) -> Edit:
    source, old = source_of(entry["in"]), entry["old"]
    if (count := source.count(old)) != 1:
        where = f"planted.yaml: {entry['row']}: {old!r} stands {count} times in {entry['in']}.py"
        raise MutantError(f"{where}; mend it, so that it stands there once")
    return Edit(entry["in"], source.index(old), old, entry["new"])


def equivalent() -> list[str]:
    """Patterns of mutants' ids and texts that no client can tell from the original; the table says why."""
    return [entry["what"] for entry in load_yaml(TABLE)["equivalent"]]


def is_equivalent(mutant: Mutant, patterns: list[str]) -> bool:
    """Whether a mutant is none, for a client."""
    return any(matches(what, f"{mutant.id} {mutant.breaks}") for what in patterns)


def matches(what: str, text: str) -> bool:
    """Whether a pattern of `equivalent` is about a mutant."""
    return re.search(what, text) is not None
