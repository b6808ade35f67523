"""The planted mutants of mockserver/mutation/planted.yaml: at least one for each behaviour."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mockserver.contract.spec_files import load_yaml
from mockserver.mutation.mutant import PLANTED, Edit, Mutant, MutantError, source_of

TABLE = Path(__file__).with_name("planted.yaml")
_KEYS = {"row", "breaks", "in", "old", "new"}


def mutants() -> list[Mutant]:
    """All planted mutants in the table's order.

    Raises:
        MutantError: a key is missing or unknown, or `old` is not in its module exactly once.
    """
    count: dict[str, int] = {}
    planted = []
    for entry in load_yaml(TABLE)["mutants"]:
        if keys := (entry.keys() - {"gateway"}) ^ _KEYS:
            name = entry.get("row", entry)
            raise MutantError(f"planted.yaml: {name}: the key {min(keys)!r} is missing or unknown")
        row = entry["row"]
        count[row] = count.get(row, 0) + 1
        name = row if count[row] == 1 else f"{row}#{count[row]}"
        planted.append(
            Mutant(name, PLANTED, entry["breaks"], _edit(entry), row=row, gateway=entry.get("gateway", ""))
        )
    return planted


def _edit(entry: dict[str, Any]) -> Edit:
    source, old = source_of(entry["in"]), entry["old"]
    if (count := source.count(old)) != 1:
        fault = f"planted.yaml: {entry['row']}: {old!r} is {count} times in {entry['in']}.py, must be once"
        raise MutantError(f"{fault}; correct `old`")
    return Edit(entry["in"], source.index(old), old, entry["new"])


def equivalent() -> list[str]:
    """Patterns of the ids and texts of equivalent mutants, as the table lists them with their reasons."""
    return [entry["what"] for entry in load_yaml(TABLE)["equivalent"]]


def is_equivalent(mutant: Mutant, patterns: list[str]) -> bool:
    """True if one of the patterns names the mutant: no client can tell it from the original."""
    return any(matches(pattern, f"{mutant.id} {mutant.breaks}") for pattern in patterns)


def matches(pattern: str, text: str) -> bool:
    """True if a pattern of `equivalent` matches a mutant's text, which is its id, a space and `breaks`."""
    return re.search(pattern, text) is not None
