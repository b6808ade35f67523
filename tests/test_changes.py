"""`tyk-contract diff`: what the data says is what the recordings show."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from mockserver.contract.spec_files import known_versions, spec_path
from mockserver.contract.version_changes import Kind, between
from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recording import difference, read_recording

FAMILIES = ("auth", "routing", "policies", "json", "nested", "files", "source", "reload")
RELEASES = list(known_versions().values())


def subjects(old: str, new: str, kind: Kind) -> set[str]:
    """What changes of a kind."""
    versions = GatewayVersion.parse(old), GatewayVersion.parse(new)
    return {change.subject for change in between(*versions) if change.kind is kind}


def test_members_that_come() -> None:
    """The two of post expiry, of policies and of sessions, and the four of MCP."""
    assert subjects("5.12.0", "5.13.1", Kind.MEMBER) == {
        "Policy.post_expiry_action", "Policy.post_expiry_grace_period",
        "AccessDefinition.json_rpc_methods", "AccessDefinition.json_rpc_methods_access_rights",
        "AccessDefinition.mcp_primitives", "AccessDefinition.mcp_access_rights",
        "SessionState.post_expiry_action", "SessionState.post_expiry_grace_period",
    }  # fmt: skip


def test_members_that_are_no_longer_sent_when_zero() -> None:
    """All of 5.12, none before and none after."""
    assert {"AccessDefinition.limit", "ApiLimit.rate", "AccessDefinition.endpoints"} <= subjects(
        "5.11.1", "5.12.0", Kind.SENDING
    )
    assert subjects("5.8.0", "5.11.1", Kind.SENDING) == subjects("5.12.0", "5.14.0", Kind.SENDING) == set()


def test_patch_releases_count() -> None:
    """5.8.8 refuses what 5.8.7 took, and so does 5.11 of 5.10."""
    assert "id-required" in subjects("5.8.7", "5.8.8", Kind.CONDUCT)
    assert "id-required" in subjects("5.10.0", "5.11.0", Kind.CONDUCT)
    assert "id-required" not in subjects("5.8.8", "5.11.0", Kind.CONDUCT)
    assert subjects("5.8.2", "5.8.3", Kind.OPERATION) == {"GET /ready"}


def test_a_change_bears_the_release_that_made_it() -> None:
    """The first that has it."""
    by_subject = {change.subject: change for change in between(RELEASES[0], RELEASES[-1])}
    assert str(by_subject["id-characters"].version) == "5.13.0"
    assert str(by_subject["ApiLimit.rate"].version) == "5.12.0"


@pytest.mark.parametrize(("old", "new"), list(pairwise(RELEASES)))
def test_a_change_is_told_exactly_where_recordings_differ(old: GatewayVersion, new: GatewayVersion) -> None:
    """Two releases that answer alike have no changes, and the other way round."""
    sides = [
        {s.name: s for s in read_recording(spec_path(f"gateway/recordings/{release}.jsonl")).scenarios}
        for release in (old, new)
    ]
    differing = any(
        difference(a, b["response"]) if "request" in a else a.get("files") != b.get("files")
        for name, scenario in sides[0].items()
        if scenario.family in FAMILIES
        for a, b in zip(scenario.steps, sides[1][name].steps, strict=True)
    )
    assert differing is bool(between(old, new))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "mockserver", "diff", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_printed_in_three_forms() -> None:
    """For a reader, for a page, and for a program."""
    text, page, program = (
        run("5.12", "5.13", "--format", form).stdout for form in ("text", "markdown", "json")
    )
    assert text.startswith("5.12.0 -> 5.13.1: ")
    assert "    Policy post_expiry_action, post_expiry_grace_period: are new" in text
    assert "## 5.13.0\n" in page
    rows = json.loads(program)["changes"]
    assert {"version", "kind", "subject", "text", "source"} == rows[0].keys()
    assert any(row["subject"] == "id-characters" and row["source"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("5.14", "5.8"), "give the older version first"),
        (("5.8", "7"), "'7' is not"),
        (("5.12", "5.12"), "older"),
    ],
)
def test_versions_that_cannot_be_compared_are_told(arguments: tuple[str, str], complaint: str) -> None:
    """In one line, with exit code 2."""
    done = run(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert complaint in done.stderr or "is not a gateway version" in done.stderr
