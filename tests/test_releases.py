"""The releases of the gateway: the table, its page, and what a user of a release is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import behaviours, releases
from mockserver.contract.releases import Release, Releases
from mockserver.contract.spec_files import SpecError, known_versions, load_yaml, select_version, spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recording import read_recording
from mockserver.evidence.replay import replay

ROOT = Path(__file__).parent.parent
RELEASES = releases.load()
VERSIONS = [row.version for row in RELEASES.rows]


def test_the_page_is_generated() -> None:
    """docs/releases.md is the output of `tyk-contract diff`."""
    assert (ROOT / "docs" / "releases.md").read_text() == releases.page()


def test_recorded_releases_are_those_with_recordings() -> None:
    """The releases that are said to be recorded are those with a recording, and the versions that are judged."""
    recorded = [row.version for row in RELEASES.rows if row.nearest is None]
    assert recorded == list(known_versions().values())
    assert all((spec_path("gateway/recordings") / f"{version}.jsonl").exists() for version in recorded)
    assert {row.nearest for row in RELEASES.rows} <= {None, *recorded}
    assert sorted(VERSIONS) == VERSIONS


def _ends(node: Any) -> set[str]:
    """All versions at which a node of a document, or a part of it, begins or ends."""
    if isinstance(node, list):
        return {end for item in node for end in _ends(item)}
    if not isinstance(node, dict):
        return set()
    own = {
        str(node[key]) for key in ("since", "until", "x-since", "x-until") if isinstance(node.get(key), str)
    }
    return own | {end for item in node.values() for end in _ends(item)}


@pytest.mark.parametrize("name", ["openapi.yaml", "behaviours.yaml", "config_keys.yaml", "deviations.yaml"])
def test_every_change_came_with_a_release(name: str) -> None:
    """What begins or ends with a version does so with a release that exists."""
    ends = _ends(load_yaml(spec_path("gateway") / name))
    assert ends
    assert ends <= set(map(str, VERSIONS))


def test_gaps_of_behaviours_are_between_releases() -> None:
    """The ends of a behaviour's gap are releases that exist."""
    ends = {
        end
        for row in behaviours.load().values()
        for span in row.spans
        for end in (span.since, span.until)
        if end is not None
    }
    assert ends <= set(VERSIONS)


@pytest.mark.parametrize(
    ("version", "count", "texts"),
    [
        ("5.12.0", 0, ""),
        ("5.12.1", 1, "5.12.1 was read and not recorded: 2 of 45 files of its source differ from 5.12.0"),
        ("5.9.3", 7, "5.9.3 is no known release; it is mocked as 5.9.2"),
        ("5.10.2", 4, "is_inactive"),
    ],
)
def test_the_evidence_of_a_version_is_told(version: str, count: int, texts: str) -> None:
    """A version that was not recorded is told with the release that it takes, and what is known of that."""
    lines = RELEASES.evidence(GatewayVersion.parse(version))
    assert len(lines) == count
    assert texts in "\n".join(lines)


def test_a_release_that_is_not_known_behaves_as_the_one_before() -> None:
    """A version between two releases has the behaviours of the earlier one."""
    rows = behaviours.load()
    for text, like in (("5.9.3", "5.9.2"), ("5.10.7", "5.10.2"), ("5.14.9", "5.14.0")):
        version = select_version(text)
        assert (
            rows.of(version) == rows.of(RELEASES.of(version).version) == rows.of(GatewayVersion.parse(like))
        )


@pytest.mark.parametrize(("line", "release"), [("5.8", "5.8.15"), ("5.9", "5.9.2"), ("v5.10", "5.10.2")])
def test_a_line_is_its_recorded_or_newest_release(line: str, release: str) -> None:
    """The name of a release line selects its recorded release, or the newest of a line without one."""
    assert str(select_version(line)) == release


@pytest.mark.parametrize("version", ["5.7.1", "5.15.0"])
def test_a_line_that_is_not_known_is_refused(version: str) -> None:
    """A version of an unknown line is refused with the lines that are known, in order."""
    with pytest.raises(SpecError, match=r"give one of 5\.8, 5\.9, 5\.10, 5\.11"):
        select_version(version)


def test_a_version_before_all_releases_is_refused() -> None:
    """A version that is older than all releases has no release."""
    table = Releases((Release(GatewayVersion(5, 8), "2025-03-27", None),), (), ())
    with pytest.raises(SpecError, match=r"5\.7\.0 is older than 5\.8\.0"):
        table.of(GatewayVersion(5, 7))


@pytest.mark.parametrize(
    "change",
    [{"recorded": True}, {"nearest": None}, {"differs": ["no/such.go"]}, {"oops": 1}],
    ids=["both kinds", "no kind", "unknown file", "unknown key"],
)
def test_a_broken_release_is_an_error(change: dict[str, Any]) -> None:
    """A broken row of the table raises SpecError, which names the release."""
    row = {"released": "2025-08-21", "nearest": "5.8.15", "differs": ["gateway/api.go"]} | change
    with pytest.raises(SpecError, match=r"5\.9\.2"):
        releases._row(
            "5.9.2", {key: value for key, value in row.items() if value is not None}, RELEASES.files
        )


@pytest.mark.slow
def test_a_mock_of_a_release_that_was_read_answers_as_its_recording() -> None:
    """The mock of 5.10.2, known by its source, answers all recorded scenarios alike but for the known gap."""
    outcomes = list(replay(read_recording(spec_path("gateway/recordings/5.10.2.jsonl"))))
    assert len(outcomes) == 38
    different = {outcome.scenario: outcome.difference for outcome in outcomes if outcome.difference}
    assert different == {"policies/id-strings": "step 13: status 500, recorded 200"}
