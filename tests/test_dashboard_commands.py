"""The commands with `--service dashboard`: behaviours, explain, diff, deviations and clean."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
from dashboards import add, ask, names
from serving import error_line, run_command

from mockserver import MockDashboard
from mockserver.cli import explain
from mockserver.contract import behaviours, deviations
from mockserver.contract.behaviours import EVIDENCE, weight
from mockserver.contract.members import find, load
from mockserver.contract.spec_files import spec_path
from mockserver.dashboard.listing import Criteria

FOLDER = spec_path("dashboard")
ROWS = behaviours.load(FOLDER)
RUN = "tyk-contract-0123abcd-"  # of an earlier run
OBJECT_ID = "7c0a57ac0123abcd0001cec6"  # that it made


def explained(name: str, capsys: pytest.CaptureFixture[str], service: str = "dashboard") -> str:
    """The output of `explain`."""
    assert explain.run(Namespace(id=name, service=service)) == 0
    return capsys.readouterr().out


def test_behaviours_are_listed_with_their_evidence() -> None:
    """`behaviours` lists those of the chosen version, says how each is known, and which are only observed."""
    process = run_command("behaviours", "--service", "dashboard", "--dashboard", "5.8")
    assert process.returncode == 0, process.stderr
    assert "key-is-bare  (any, core)" in process.stdout
    assert "    documented: S003; S004; DOC" in process.stdout
    assert "    inferred, only observed: SW 8138" in process.stdout
    assert "id-characters" not in process.stdout


@pytest.mark.slow
@pytest.mark.parametrize("behaviour_id", ROWS)
def test_every_behaviour_can_be_explained(behaviour_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` names the evidence of every behaviour, and its tests but for those of level setup."""
    text = explained(behaviour_id, capsys)
    row = ROWS[behaviour_id]
    assert f"  evidence     {row.evidence}: " in text
    assert ("behaves otherwise fails" in text) is row.may_fail
    assert ("  test         contract_tests/dashboard/" in text) is (row.level != "setup")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Policy.state", ["Derived from active and is_inactive", "state-overrides-active", "[inferred]"]),
        ("access_rights_array", ["Policy.access_rights_array", "array of AccessRight or null"]),
        ("Policy.post_expiry_action", ["from 5.13.0; of the supported versions: 5.13"]),
        ("apiid", ["in no schema", "style-of-2017", "[documented-differently]"]),
        ("style-of-2017", ["deviation    D4", "fails with --strict alone"]),
    ],
    ids=["derived member", "member of all schemas", "member of some versions", "name of 2017", "style"],
)
def test_a_member_is_explained(name: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` shows a member with the behaviours that speak of it, also one that only a style has."""
    text = explained(name, capsys)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("kind", EVIDENCE)
def test_a_kind_of_evidence_is_explained(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` shows what a kind of evidence means and weighs, and the behaviours that have it."""
    text = explained(kind, capsys)
    assert EVIDENCE[kind] in text
    assert weight(kind) in text
    assert text.count("  behaviour    ") == sum(row.evidence == kind for row in ROWS.values())


def test_a_member_of_a_gateway_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` knows the members of a gateway too, and does not mix the services."""
    assert "Policy.rate" in explained("Policy.rate", capsys, "gateway")
    assert find(load(spec_path("gateway")), "Policy.auth_types") == []


def test_an_unknown_name_is_an_error() -> None:
    """`explain` refuses an unknown name, names the most similar one, and the command that lists them."""
    line = error_line(run_command("explain", "Policy.stat", "--service", "dashboard"))
    assert "the nearest is 'Policy.state'" in line
    assert "behaviours --service dashboard" in line


def test_changes_between_dashboards_are_listed() -> None:
    """`diff` lists the changes between two versions of a Dashboard, and none of a gateway."""
    rows = json.loads(
        run_command("diff", "5.8", "5.13", "--service", "dashboard", "--format", "json").stdout
    )["changes"]
    subjects = {row["subject"] for row in rows}
    assert {"id-in-paths", "id-characters", "Policy.post_expiry_action"} <= subjects
    assert "id-required" not in subjects
    text = run_command("diff", "5.11", "5.12", "--service", "dashboard", "--format", "markdown").stdout
    assert text.startswith("# Dashboard 5.11.0 to 5.12.0\n")


def test_an_unknown_version_names_the_service() -> None:
    """`diff` refuses a version that no Dashboard of the table has."""
    line = error_line(run_command("diff", "5.8", "7.0", "--service", "dashboard"))
    assert "dashboard version '7.0' is not supported" in line


def test_the_page_of_deviations_is_generated() -> None:
    """docs/deviations-dashboard.md is the output of `tyk-contract deviations --service dashboard`."""
    page = Path(__file__).parent.parent / "docs" / "deviations-dashboard.md"
    assert page.read_text() == run_command("deviations", "--service", "dashboard").stdout
    rows = deviations.load(FOLDER)
    assert len({row.id for row in rows}) == len(rows) > 10


def test_leftovers_are_removed() -> None:
    """`clean` removes the policies and users that a run named, by name or database id, and no others."""
    with MockDashboard(key="k", with_gateway=False) as dashboard:
        others = ["mine", "my-tyk-contract-0", "tyk-contract-team-gold"]
        for name in (*others, f"{RUN}1"):
            add(dashboard, name=name)
        add(dashboard, name="renamed", _id=OBJECT_ID)
        for address in (f"{RUN}ada@example.com", "ada@example.com"):
            assert ask(dashboard, "POST", "/api/users", {"email_address": address})[0] == 200
        process = run_command("clean", dashboard.url, "--service", "dashboard", "--key", "k", "--yes")
        assert process.returncode == 0, process.stderr
        listed = process.stdout.splitlines()
        assert sorted(listed[:3]) == [f"policy {OBJECT_ID}", f"policy {RUN}1", f"user {RUN}ada@example.com"]
        assert listed[3:] == ["3 left by earlier runs: policy 2, user 1", "removed: 3 of 3"]
        assert names(dashboard) == others
        assert len(ask(dashboard, "GET", "/api/users")[1]["users"]) == 2  # with the admin


def test_a_run_offers_to_remove_leftovers() -> None:
    """`verify` finds policies of an earlier run on a Dashboard, and prints the command that removes them."""
    with MockDashboard(key="k", with_gateway=False) as dashboard:
        for number in range(12):
            add(dashboard, name=f"{RUN}{number}")
        process = run_command(
            "verify", dashboard.url, "--service", "dashboard", "--key", "k", "--read-only", "--quick"
        )
    assert "left on the dashboard: 12; remove them with `tyk-contract clean http://" in process.stderr
    assert "--service dashboard`" in process.stderr


def test_times_are_sorted_as_times() -> None:
    """A search sorts by date_created as times, of which Dashboards cut zeros at their ends."""
    dates = [f"2026-11-27T19:49:0{end}" for end in ("2Z", "2.9Z", "3Z", "3.45Z", "3.451Z", "3.5Z")]
    policies = [{"date_created": date, "name": date} for date in reversed(dates)]
    others = {"_id": "", "id": "", "active": True, "is_inactive": False, "access_rights": {}}
    fitting = Criteria(sort="date_created").select(({**others, **policy} for policy in policies), str)
    assert [policy["name"] for policy in fitting] == dates
