"""The parts of the suite that a run judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.selection import Selection, SelectionError
from contract_tests.gateway.service import GATEWAY

ROWS = GATEWAY.behaviours


def chosen(**options: object) -> set[str]:
    """The behaviours that options select."""
    selection = Selection.of(RunOptions(**options), GATEWAY)  # type: ignore[arg-type]
    return {row.id for row in ROWS.values() if not selection.why_not(row)}


def test_without_options_all_are_judged() -> None:
    """Without options every behaviour is judged."""
    assert chosen() == set(ROWS)


def test_a_pattern_fits_ids_operations_levels_and_groups() -> None:
    """A pattern selects by id, by operation, by level, and by the path of a group or its last word."""
    assert chosen(only=("id-req*",)) == {"id-required"}
    assert chosen(only=("addPolicy",)) == {row.id for row in ROWS.values() if row.operation == "addPolicy"}
    assert chosen(only=("setup",)) == {row.id for row in ROWS.values() if row.level == "setup"}
    assert chosen(only=("keys",)) == chosen(only=("/tyk/keys",))
    assert "id-required" not in chosen(only=("keys",))


def test_patterns_add_up_and_skips_take_away() -> None:
    """Patterns of one flag add up, with commas too, and --skip takes out of what --only selects."""
    both = chosen(only=("id-required,addPolicy",))
    assert both == chosen(only=("id-required", "addPolicy"))
    assert chosen(only=("addPolicy",), skip=("id-*",)) == {name for name in both if name[:3] != "id-"}


def test_what_failed_is_judged_again(tmp_path: Path) -> None:
    """--failed selects what failed in a report or could not be judged, within what --only selects."""
    path = tmp_path / "r.json"
    verdicts = [("id-required", "failed"), ("add-overwrites", "error"), ("id-characters", "passed")]
    path.write_text(json.dumps({"verdicts": [{"behaviour": b, "status": s} for b, s in verdicts]}))
    assert chosen(failed=path) == {"id-required", "add-overwrites"}
    assert chosen(failed=path, only=("id-*",)) == {"id-required"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ("id-requird",)}, "'id-requird', the nearest is 'id-required'"),
        ({"skip": ("addPolice",)}, "the nearest is 'addPolicy'"),
        ({"only": ("core",), "skip": ("core",)}, "nothing is left to judge"),
        ({"failed": Path("/nowhere/r.json")}, "No such file"),
    ],
)
def test_a_selection_of_nothing_is_refused(options: dict[str, object], words: str) -> None:
    """A pattern that fits nothing is refused with the nearest name, and so is a selection of nothing."""
    with pytest.raises(SelectionError, match=words):
        chosen(**options)


@pytest.mark.parametrize("text", ["{", "[]", '{"verdicts": [{}]}'])
def test_a_file_that_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    """A file that is no report is refused by its name."""
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(SelectionError, match="no JSON report"):
        chosen(failed=path)
