"""The ledger of deviations: each claim is shown by a recording, and the page is made of the data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import deviations
from mockserver.contract.deviations import Deviation
from mockserver.contract.spec_files import SpecError, spec_path
from mockserver.evidence.recording import Step, read_recording

ROOT = Path(__file__).parent.parent
ROWS = deviations.load()


@cache
def exchanges(release: str) -> dict[tuple[str, int], Step]:
    """Every exchange of a recording."""
    scenarios = read_recording(spec_path(f"gateway/recordings/{release}.jsonl")).scenarios
    return {(s.name, step["step"]): step for s in scenarios for step in s.steps}


@pytest.mark.parametrize("row", [row for row in ROWS if row.seen], ids=lambda row: row.id)
def test_the_evidence_shows_it(row: Deviation) -> None:
    """In the recording of every version that it is said of."""
    releases = deviations.releases(row.span)
    assert releases
    for release in releases:
        for evidence in row.seen:
            response: dict[str, Any] = exchanges(str(release))[evidence.scenario, evidence.step]["response"]
            assert response["status"] == evidence.status, (release, evidence)
            assert evidence.text.replace("${VERSION}", str(release)) in response["body"], (release, evidence)


def test_the_page_is_made_of_the_data() -> None:
    """`tyk-contract deviations > docs/deviations.md` would change nothing."""
    assert (ROOT / "docs" / "deviations.md").read_text() == deviations.page()


def test_ids_stand_once() -> None:
    """So that one can be quoted."""
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("change", [{"suite": ["no-such-row"]}, {"seen": [], "source": ""}, {"oops": 1}])
def test_a_broken_row_is_told(change: dict[str, Any]) -> None:
    """By its id."""
    row = {"id": "X9", "where": "w", "published": "p", "actual": "a", "source": "s", "suite": "none"}
    with pytest.raises(SpecError, match="X9"):
        deviations._row(row | change)
