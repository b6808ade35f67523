"""The ledger of deviations: a recording shows each claim, and the page is generated from the data."""

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
    """Each exchange of a release's recording, by scenario and step."""
    scenarios = read_recording(spec_path(f"gateway/recordings/{release}.jsonl")).scenarios
    return {(s.name, step["step"]): step for s in scenarios for step in s.steps}


@pytest.mark.parametrize("row", [row for row in ROWS if row.seen], ids=lambda row: row.id)
def test_recordings_show_each_deviation(row: Deviation) -> None:
    """Each version that a deviation is claimed for has the claimed status and text in its recording."""
    releases = deviations.releases(row.span)
    assert releases
    for release in releases:
        for evidence in row.seen:
            response: dict[str, Any] = exchanges(str(release))[evidence.scenario, evidence.step]["response"]
            assert response["status"] == evidence.status, (release, evidence)
            assert evidence.text.replace("${VERSION}", str(release)) in response["body"], (release, evidence)


def test_the_page_is_generated() -> None:
    """docs/deviations.md is the output of `tyk-contract deviations`."""
    assert (ROOT / "docs" / "deviations.md").read_text() == deviations.page()


def test_ids_are_unique() -> None:
    """The id of a deviation stands once in the ledger, so that it can be quoted."""
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "change",
    [{"suite": ["no-such-row"]}, {"seen": [], "source": ""}, {"oops": 1}],
    ids=["unknown behaviour", "no evidence", "unknown member"],
)
def test_a_broken_row_is_an_error(change: dict[str, Any]) -> None:
    """A broken row of the ledger raises SpecError, which names its id."""
    row = {"id": "X9", "where": "w", "published": "p", "actual": "a", "source": "s", "suite": "none"}
    with pytest.raises(SpecError, match="X9"):
        deviations._row(row | change)


def test_all_that_a_client_can_see_is_judged() -> None:
    """No behaviour judges what no client can see, and what would disturb other clients; the rows say so."""
    reasons = {row.id: row.suite for row in ROWS if isinstance(row.suite, str)}
    assert reasons == {
        "G6": "none; the name of a path parameter is not sent",
        "O4": "none; it disturbs other clients of the gateway",
    }
