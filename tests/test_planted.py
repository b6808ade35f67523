"""The tables of planted mutants fit the source."""

from __future__ import annotations

from pathlib import Path

import pytest

import mockserver
from mockserver.contract.spec_files import load_yaml
from mockserver.mutation.planted_mutants import TABLES

PACKAGE = Path(mockserver.__file__).parent


@pytest.mark.parametrize("service", TABLES)
def test_each_planted_mutant_edits_one_place(service: str) -> None:
    """The text that a planted mutant replaces is in its module exactly once."""
    rows = load_yaml(PACKAGE / "mutation" / TABLES[service])["mutants"]
    texts = {row["in"]: (PACKAGE / f"{row['in'].replace('.', '/')}.py").read_text("utf-8") for row in rows}
    assert [(row["row"], row["old"]) for row in rows if texts[row["in"]].count(row["old"]) != 1] == []
