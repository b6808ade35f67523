"""Reports by the schemas that are published for them: JSON by ours, JUnit by the one that CI systems take."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from report_rules import check, faults, schema
from test_report import FAILED, FINDING, REPORT

from contract_tests.report import formats
from contract_tests.report.json import SCHEMA, SCHEMA_VERSION, as_json
from contract_tests.report.junit import as_junit
from contract_tests.report.verdicts import LEVELS, Report, Status, by_behaviour
from mockserver.cli.verify_options import REPORT_FORMATS

DOCUMENTED = Path(__file__).parent.parent / "docs" / "reports.md"


def test_each_format_has_a_name() -> None:
    """Each extension of a report has a name for --report-format."""
    assert tuple(formats.NAMES) == REPORT_FORMATS
    assert set(formats.NAMES.values()) == set(formats.FORMATS)


def _junit(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(as_junit(report))


@pytest.mark.parametrize(
    "report", [REPORT, replace(REPORT, verdicts=(), findings=())], ids=["with verdicts", "empty"]
)
def test_a_report_is_valid(report: Report, tmp_path: Path) -> None:
    """A report is valid by the schema of its format, and has no member that the schema does not name."""
    for suffix in (".json", ".xml"):
        formats.write(report, tmp_path / f"r{suffix}")
    check(tmp_path)


def test_the_schema_is_a_schema_of_these_reports() -> None:
    """The schema is valid itself, and has the id, the version, the statuses and the levels that reports have."""
    jsonschema_rs.meta.validate(schema())
    assert schema()["$id"] == SCHEMA
    assert re.match(schema()["properties"]["schema_version"]["pattern"], SCHEMA_VERSION)
    statuses = schema()["$defs"]["verdict"]["properties"]["status"]["enum"]
    assert statuses == [status.value for status in Status] == schema()["properties"]["counts"]["required"]
    assert tuple(schema()["properties"]["levels"]["required"]) == LEVELS


def _of_another_version(document: dict[str, Any]) -> None:
    document["schema_version"] = "2.0"


def _without_a_status(document: dict[str, Any]) -> None:
    del document["verdicts"][0]["status"]


def _with_an_unknown_level(document: dict[str, Any]) -> None:
    document["verdicts"][0]["level"] = "basic"


@pytest.mark.parametrize("spoil", [_of_another_version, _without_a_status, _with_an_unknown_level])
def test_the_schema_refuses_what_is_no_report(spoil: Any) -> None:
    """A document with another version, without a member, or with an unknown word is refused."""
    document = json.loads(as_json(REPORT))
    spoil(document)
    assert not jsonschema_rs.is_valid(schema(), document)


def test_each_member_is_documented() -> None:
    """docs/reports.md has a row for each member of the schema, with the same words."""
    text = DOCUMENTED.read_text("utf-8")
    for part in (schema(), *schema()["$defs"].values()):
        rows = [f"| `{name}` | {member['description']} |" for name, member in _members(part).items()]
        assert "\n".join(rows) in text


def _members(part: dict[str, Any]) -> dict[str, dict[str, Any]]:
    members: dict[str, dict[str, Any]] = part["properties"]
    return members


def test_a_suite_says_what_was_judged() -> None:
    """Each suite of the JUnit report has the URL, the version and the profile, and a case its class and time."""
    report = replace(
        REPORT, connection_notes=("through a proxy -- at p:1",), verdicts=(replace(FAILED, seconds=0.25),)
    )
    suite = _junit(report)[0]
    properties = {entry.get("name"): entry.get("value") for entry in suite.iter("property")}
    assert properties["url"] == "http://g"
    assert (properties["version"], properties["profile"]) == ("5.12.0", "full")
    assert properties["connection 1"] == "through a proxy -- at p:1"
    assert properties["finding 1"] == "behaviour: No id is needed. 1 behaviour of 1 operation"
    assert suite.attrib.items() >= {
        "package": "tyk-contract.gateway", "name": "addPolicy", "timestamp": "2026-01-01T00:00:00", "time": "0.250",
    }.items()  # fmt: skip
    case = suite.find("testcase")
    assert case is not None
    assert case.attrib == {
        "classname": "tyk-contract.gateway.addPolicy", "name": "id-required", "time": "0.250",
    }  # fmt: skip
    assert [child.get("type") for child in case] == ["failed"]


def test_suites_come_by_operation() -> None:
    """Suites are in the order of their operations, those of no single operation last; a finding is in its suites."""
    names = ("any", "reload", "addPolicy")
    report = replace(
        REPORT,
        verdicts=tuple(replace(FAILED, operation=name) for name in names),
        findings=(replace(FINDING, operations=("reload",)), replace(FINDING, operations=())),
    )
    suites = _junit(report)
    assert [suite.get("name") for suite in suites] == ["addPolicy", "reload", "any"]
    findings = [
        [entry.get("name") for entry in suite.iter("property") if "finding" in str(entry.get("name"))]
        for suite in suites
    ]
    assert findings == [["finding 2"], ["finding 1"], []]


def test_the_rules_refuse_what_the_schema_refuses() -> None:
    """A suite without a time, a failure without a type, and a comment's place for notes are faults."""
    suite = _junit(REPORT)
    del suite[0].attrib["time"]
    next(suite.iter("failure")).attrib.pop("type")
    next(suite.iter("property")).set("name", " ")
    assert sorted(fault.partition(">")[0] for fault in faults(suite)) == [
        "<failure",
        "<property",
        "<testsuite",
    ]


def test_a_behaviour_takes_the_time_of_its_tests() -> None:
    """A behaviour takes the time of all of its tests, whichever of them decides."""
    tests = [replace(FAILED, seconds=0.5), replace(FAILED, status=Status.PASSED, seconds=0.25)]
    assert [verdict.seconds for verdict in by_behaviour(tests)] == [0.75]
