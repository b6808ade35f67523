"""Mutants that are written down in spec/mutants.yaml: one at least for each behaviour."""

from __future__ import annotations

import re
from typing import Any

from mockserver.mutation.mutant import PLANTED, Edit, Mutant, MutantError, source_of
from mockserver.spec import load_yaml, spec_path

_KEYS = {"row", "breaks", "in", "old", "new"}


def mutants() -> list[Mutant]:
    """Every one, in the table's order.

    Raises:
        MutantError: what is to be replaced does not stand in its module, or more than once.
    """
    count: dict[str, int] = {}
    made = []
    for entry in load_yaml(spec_path("mutants.yaml"))["mutants"]:
        if wrong := (entry.keys() - {"gateway"}) ^ _KEYS:
            raise MutantError(
                f"spec/mutants.yaml: {entry.get('row', entry)}: {min(wrong)!r} is missing or unknown"
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
        where = f"spec/mutants.yaml: {entry['row']}: {old!r} stands {count} times in {entry['in']}.py"
        raise MutantError(f"{where}; mend it, so that it stands there once")
    return Edit(entry["in"], source.index(old), old, entry["new"])


def equivalent() -> dict[str, str]:
    """Patterns of mutants' ids and texts that no client can tell from the original, each with its reason."""
    return {entry["what"]: entry["why"] for entry in load_yaml(spec_path("mutants.yaml"))["equivalent"]}


def reason_to_leave_out(mutant: Mutant, patterns: dict[str, str]) -> str:
    """Why a mutant is none, for a client; "" where it is one."""
    text = f"{mutant.id} {mutant.breaks}"
    return next((why for what, why in patterns.items() if matches(what, text)), "")


def matches(what: str, text: str) -> bool:
    """Whether a pattern of `equivalent` is about a mutant."""
    return re.search(what, text) is not None
