"""The planted mutants of each service, which stand in a table: at least one for each behaviour."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.mutation.mutant import PLANTED, Edit, Mutant, MutantError, source_of

TABLES = {"gateway": "planted.yaml", "dashboard": "planted_dashboard.yaml"}  # beside this module
_KEYS = {"row", "breaks", "in", "old", "new"}


def mutants(service: str) -> list[Mutant]:
    """All planted mutants of a service, in the order of its table.

    Raises:
        MutantError: a key is missing or unknown, or `old` is not in its module exactly once.
    """
    count: dict[str, int] = {}
    planted, rows = [], behaviours.load(spec_path(service))
    for entry in _table(service)["mutants"]:
        if keys := (entry.keys() - {service}) ^ _KEYS:
            name = entry.get("row", entry)
            raise MutantError(f"{TABLES[service]}: {name}: the key {min(keys)!r} is missing or unknown")
        row = entry["row"]
        count[row] = count.get(row, 0) + 1
        name = row if count[row] == 1 else f"{row}#{count[row]}"
        edit, version = _edit(TABLES[service], entry), entry.get(service, "")
        planted.append(
            Mutant(
                name, PLANTED, entry["breaks"], edit, row=row, service=service, version=version,
                configuration=rows[row].configuration if row in rows else (),
            )
        )  # fmt: skip
    return planted


def _table(service: str) -> Any:
    return load_yaml(Path(__file__).with_name(TABLES[service]))


def _edit(table: str, entry: dict[str, Any]) -> Edit:
    source, old = source_of(entry["in"]), entry["old"]
    if (count := source.count(old)) != 1:
        fault = f"{table}: {entry['row']}: {old!r} is {count} times in {entry['in']}.py, must be once"
        raise MutantError(f"{fault}; correct `old`")
    return Edit(entry["in"], source.index(old), old, entry["new"])


def equivalent(service: str) -> list[str]:
    """Patterns of the ids and texts of a service's equivalent mutants; its table has the reasons."""
    return [entry["what"] for entry in _table(service)["equivalent"]]


def is_equivalent(mutant: Mutant, patterns: list[str]) -> bool:
    """True if one of the patterns names the mutant: no client can tell it from the original."""
    return any(matches(pattern, f"{mutant.id} {mutant.breaks}") for pattern in patterns)


def matches(pattern: str, text: str) -> bool:
    """True if a pattern of `equivalent` matches a mutant's text, which is its id, a space and `breaks`."""
    return re.search(pattern, text) is not None
