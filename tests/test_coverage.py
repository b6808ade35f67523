"""Coverage: what a run has seen of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from serving import run_command

from contract_tests.engine.coverage import _Tally, declared_members
from contract_tests.engine.exchange import Exchange
from contract_tests.report import formats
from contract_tests.report.coverage import Coverage, MemberCoverage, StatusCoverage
from contract_tests.report.json import from_json
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.http.auth import Auth
from mockserver.http.client import Answer

ALL = ("5.12", "5.13")
SEEN = StatusCoverage("addPolicy", "POST /tyk/policies", 200, 3, ("id-required",), ALL, True)
UNSEEN = StatusCoverage("addPolicy", "POST /tyk/policies", 500, 0, (), ALL, True)
BEYOND = StatusCoverage("addPolicy", "POST /tyk/policies", 418, 2, (), (), False)
LATER = StatusCoverage("addPolicy", "POST /tyk/policies", 409, 0, (), ("5.13",), False)
COVERAGE = Coverage(
    statuses=(SEEN, UNSEEN, BEYOND, LATER),
    members=(
        MemberCoverage("Policy.rate", 3, 0, ALL, True),
        MemberCoverage("Policy.odd", 1, None, (), False),
    ),
    content_types=("addPolicy 200 text/plain",),
    idle=("answers-are-dated",),
)


def test_the_percentage_counts_the_declared_statuses() -> None:
    """Of the statuses that the version declares those that were answered count, and others do not."""
    assert COVERAGE.percent == 50.0
    assert [row.status for row in COVERAGE.missing] == [500]
    assert COVERAGE.undeclared == ["addPolicy 418", "addPolicy 200 text/plain", "Policy.odd"]


@pytest.mark.parametrize(("percent", "sentence"), [
    (50.0, ""),
    (50.1, "the coverage is 50 %, below --min-coverage 50.1; never answered: addPolicy 500"),
])  # fmt: skip
def test_too_low_a_coverage_is_told_with_what_is_missing(percent: float, sentence: str) -> None:
    """A coverage below the minimum gives a sentence that names the statuses that were never answered."""
    assert COVERAGE.shortfall(percent) == sentence


def test_a_table_has_a_row_for_each_operation() -> None:
    """The table has an operation's answered, missing and undeclared statuses, and those of its version alone."""
    assert COVERAGE.table()[1:] == [("POST /tyk/policies", "200 (3)", "500", "418 (2)", "1")]


def test_a_coverage_is_read_back() -> None:
    """A coverage that a JSON report holds is read back as it was."""
    assert Coverage.of_document(json.loads(json.dumps(COVERAGE.as_document()))) == COVERAGE


JSON = "application/json"


@pytest.mark.parametrize(
    ("kind", "body", "answered", "content_types"),
    [
        (JSON, b'[{"id":"a","odd":{"x":1}}]', {"Policy.id", "Policy.odd"}, set()),
        (JSON, b'[{"access_rights":{"x":{"api_id":"x","odd":1}}}]',
         {"Policy.access_rights", "AccessDefinition.api_id", "AccessDefinition.odd"}, set()),
        (JSON, b"[", set(), set()),
        ("text/plain; charset=utf-8", b"[]", set(), {"listPolicies 200 text/plain"}),
    ],
)  # fmt: skip
def test_answers_are_counted_by_member_and_content_type(
    kind: str, body: bytes, answered: set[str], content_types: set[str]
) -> None:
    """Members of an answer are counted by schema, also undeclared ones; an undeclared content type is named."""
    contract = Contract.load(GatewayVersion.parse("5.12.0"))
    answer = Answer(200, (("Content-Type", kind),), body)
    exchange = Exchange("GET", "/tyk/policies", (), None, answer, "", False, "http://g", Auth("X", "secret"))
    tally = _Tally(contract)
    tally.count(contract.operations["listPolicies"], exchange, ("list-shows-loaded",))
    assert set(tally.answered) == answered
    assert tally.content_types == content_types
    assert tally.behaviours["listPolicies", 200] == {"list-shows-loaded"}


def test_members_are_declared_by_version() -> None:
    """A member that a version adds is declared from it on; a schema that holds itself has an end."""
    old, new = (Contract.load(GatewayVersion.parse(text)) for text in ("5.12.0", "5.13.1"))
    assert "Policy.post_expiry_action" not in declared_members(old)[0]
    assert "Policy.post_expiry_action" in declared_members(new)[0]
    assert "AccessDefinition.limit" in declared_members(old)[1]


@pytest.mark.slow
def test_a_run_tells_its_coverage_and_fails_below_the_minimum(tmp_path: Path) -> None:
    """A run of one operation has its answers in JSON and HTML, and fails with --min-coverage 90 alone."""
    json_report, page = tmp_path / "r.json", tmp_path / "r.html"
    done = run_command(
        "verify", "--only", "addPolicy", "--min-coverage", "90",
        "--report", str(json_report), "--report", str(page),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "below --min-coverage 90; never answered: " in done.stderr
    assert "coverage " in done.stdout
    coverage = json.loads(json_report.read_text())["coverage"]
    answered = {
        row["status"]: row
        for row in coverage["statuses"]
        if row["operation"] == "addPolicy" and row["answers"]
    }
    assert {200, 400} <= answered.keys()
    assert "id-required" in answered[400]["behaviours"]
    assert answered[200]["versions"] == ["5.8", "5.11", "5.12", "5.13", "5.14"]
    assert "listKeys 200" in coverage["missing"]
    assert coverage["undeclared"] == []
    rate = next(row for row in coverage["members"] if row["member"] == "Policy.rate")
    assert rate["answered"]
    assert rate["sent"]
    assert "POST /tyk/policies" in page.read_text().partition('<h2 id="coverage">')[2]
    read = from_json(json_report.read_text())
    assert formats.FORMATS[".json"](read) == json_report.read_text()
