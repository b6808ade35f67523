"""`tyk-contract diff`: the changes between versions, as the data has them and the recordings show them."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from serving import error_line, run_command

from mockserver.contract.spec_files import known_versions, spec_path
from mockserver.contract.version_changes import Kind, between
from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recording import difference, read_recording

FAMILIES = ("auth", "routing", "policies", "json", "nested", "files", "source", "reload", "mcp")
RELEASES = list(known_versions().values())


def subjects(old: str, new: str, kind: Kind) -> set[str]:
    """The subjects of one kind of change between two versions."""
    versions = GatewayVersion.parse(old), GatewayVersion.parse(new)
    return {change.subject for change in between(*versions) if change.kind is kind}


def test_5_13_has_nine_new_members() -> None:
    """5.13 adds members of post expiry, of MCP, and of errors of APIs in OpenAPI form."""
    assert subjects("5.12.0", "5.13.1", Kind.MEMBER) == {
        "Policy.post_expiry_action", "Policy.post_expiry_grace_period",
        "AccessDefinition.json_rpc_methods", "AccessDefinition.json_rpc_methods_access_rights",
        "AccessDefinition.mcp_primitives", "AccessDefinition.mcp_access_rights",
        "SessionState.post_expiry_action", "SessionState.post_expiry_grace_period",
        "TykExtension.errorOverrides",
    }  # fmt: skip


def test_5_12_omits_members_that_are_zero() -> None:
    """5.12 alone changes which zero members of policies and sessions the gateway sends."""
    assert {"AccessDefinition.limit", "ApiLimit.rate", "AccessDefinition.endpoints"} <= subjects(
        "5.11.1", "5.12.0", Kind.SENDING
    )
    assert subjects("5.8.0", "5.11.1", Kind.SENDING) == {"TykExtension.key"}  # of an API in OpenAPI form
    assert subjects("5.12.0", "5.14.0", Kind.SENDING) == set()


def test_patch_releases_count() -> None:
    """A patch release changes behaviour too: 5.8.8 refuses a body without an id, which 5.8.7 accepts."""
    assert "id-required" in subjects("5.8.7", "5.8.8", Kind.CONDUCT)
    assert "id-required" in subjects("5.10.0", "5.11.0", Kind.CONDUCT)
    assert "id-required" not in subjects("5.8.8", "5.11.0", Kind.CONDUCT)
    assert subjects("5.8.2", "5.8.3", Kind.OPERATION) == {"GET /ready"}


def test_a_change_names_the_first_release_that_has_it() -> None:
    """A change between distant releases bears the number of the first release that has it."""
    by_subject = {change.subject: change for change in between(RELEASES[0], RELEASES[-1])}
    assert str(by_subject["id-characters"].version) == "5.13.0"
    assert str(by_subject["ApiLimit.rate"].version) == "5.12.0"


@pytest.mark.parametrize(("old", "new"), list(pairwise(RELEASES)), ids=str)
def test_releases_have_changes_exactly_where_their_recordings_differ(
    old: GatewayVersion, new: GatewayVersion
) -> None:
    """Two successive releases have changes in the data if and only if their recordings differ."""
    scenarios = [
        {s.name: s for s in read_recording(spec_path(f"gateway/recordings/{release}.jsonl")).scenarios}
        for release in (old, new)
    ]
    recordings_differ = any(
        difference(a, b["response"]) if "request" in a else a.get("files") != b.get("files")
        for name, scenario in scenarios[0].items()
        if scenario.family in FAMILIES
        for a, b in zip(scenario.steps, scenarios[1][name].steps, strict=True)
    )
    changes = [change for change in between(old, new) if not change.subject.startswith("node-")]
    assert recordings_differ is bool(changes)  # nodes have recordings of their own, of fewer releases


def test_diff_prints_text() -> None:
    """`diff` prints the changes as indented text under the two releases."""
    text = run_command("diff", "5.12", "5.13", "--format", "text").stdout
    assert text.startswith("5.12.0 -> 5.13.1: ")
    assert "    Policy post_expiry_action, post_expiry_grace_period: are new" in text


def test_diff_prints_markdown() -> None:
    """`diff --format markdown` prints a heading for each release."""
    assert "## 5.13.0\n" in run_command("diff", "5.12", "5.13", "--format", "markdown").stdout


def test_diff_prints_json() -> None:
    """`diff --format json` prints each change with its version, kind, subject, text and source."""
    rows = json.loads(run_command("diff", "5.12", "5.13", "--format", "json").stdout)["changes"]
    assert {"version", "kind", "subject", "text", "source"} == rows[0].keys()
    assert any(row["subject"] == "id-characters" and row["source"] for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("5.14", "5.8", "give the older version first"),
        ("5.8", "7", "'7' is no"),
        ("5.12", "5.12", "give the older version first"),
    ],
)
def test_versions_that_cannot_be_compared_are_an_error(old: str, new: str, complaint: str) -> None:
    """`diff` refuses an unknown version, and two versions that are not in order, in one line."""
    assert complaint in error_line(run_command("diff", old, new))
