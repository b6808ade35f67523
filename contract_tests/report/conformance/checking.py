"""The check of a conformance report, without a gateway: its form, and what must follow from its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contract_tests.report.conformance import implementation, provenance
from contract_tests.report.conformance.document import derived
from contract_tests.report.conformance.yaml_document import YamlDocument
from contract_tests.report.placeholders import is_placeholder
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.contract.behaviours import Behaviours, load
from mockserver.contract.spec_files import SpecError, select_version, spec_path
from mockserver.contract.versions import GatewayVersion

SCHEMA = Path(__file__).with_name("report.schema.json")
Problem = tuple[str, str]  # a pointer and a sentence
_OF_RUN = "max-response-time"  # a verdict that is on the run, and on no row of the table


@dataclass(frozen=True)
class CheckedReport:
    """The result of a check.

    Attributes:
        errors: what is wrong, each with file, line and pointer; a report without errors may be published.
        notes: what the check could not tell, or what a reader should know.
        verdict: the verdict that the report gives.
    """

    errors: tuple[str, ...]
    notes: tuple[str, ...]
    verdict: str = ""


def check(path: Path) -> CheckedReport:
    """Check a report.

    Raises:
        DocumentError: the file cannot be read, or is no YAML.
    """
    document = YamlDocument.read(path)
    report = document.value
    errors = list(_form(report))
    notes: list[str] = []
    if not errors:
        errors += _implementation(report)
        errors += _consequences(report)
        notes += _provenance(report)
        errors += _table(report, is_same=not notes)
    return CheckedReport(
        tuple(f"{document.place(pointer)}: {problem}" for pointer, problem in errors),
        tuple(notes),
        report["verdict"] if not errors else "",
    )


def _form(report: Any) -> Iterator[Problem]:
    """What the schema refuses."""
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    try:
        plain = json.loads(json.dumps(report))
    except (TypeError, ValueError) as error:
        yield "", f"a value that JSON cannot hold: {error}; write dates and odd values in quotes"
        return
    for violation in validator.iter_errors(plain):
        yield "".join(f"/{part}" for part in violation.instance_path), violation.message


def _implementation(report: dict[str, Any]) -> Iterator[Problem]:
    if report["implementation"] is None:
        yield "/implementation", "missing; run verify with --implementation FILE"
    else:
        yield from implementation.problems(report["implementation"], "/implementation")
    for name, row in report["behaviours"].items():
        reason = row.get("reason", "").partition(" (until ")[0]
        if row["verdict"] == Status.ACCEPTED.value and is_placeholder(reason):
            yield f"/behaviours/{name}/reason", f"{reason!r} is a placeholder; say why it is accepted"
    for place in ("date", "command"):
        if problem := _text_problem(place, report[place]):
            yield f"/{place}", problem


def _text_problem(place: str, text: str) -> str:
    if place == "date":
        try:
            return "" if datetime.fromisoformat(text).tzinfo else f"{text!r} has no time zone"
        except ValueError:
            return f"{text!r} is no date; write it as verify does"
    return "" if text.startswith("tyk-contract verify") else f"{text!r} is not a command of verify"


def _consequences(report: dict[str, Any]) -> Iterator[Problem]:
    """What does not follow from the rows."""
    for name, value in derived(_rebuilt(report)).items():
        yield from _differences(f"/{name}", report[name], value)
    rows = report["behaviours"]
    for number, finding in enumerate(report["findings"]):
        for name in finding["behaviours"]:
            if rows.get(name, {}).get("verdict") not in (Status.FAILED.value, Status.ERROR.value):
                yield f"/findings/{number}", f"{name!r} did not fail by the rows"
    if both := set(report["groups"]["supported"]) & set(report["groups"]["unsupported"]):
        yield "/groups", f"{min(both)!r} is supported and unsupported"
    text = "\n".join(report["reproduce"])
    suite = report["suite"]
    for value in (report["command"], suite["suite_digest"], suite["spec_digest"]):
        if value not in text:
            yield "/reproduce", f"{value!r} is not among its lines"


def _differences(pointer: str, told: Any, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _differences(f"{pointer}/{key}", told[key], item)
    elif told != value:
        yield pointer, f"{told!r}, but by the rows it is {value!r}"


def _rebuilt(report: dict[str, Any]) -> Report:
    """The report whose verdicts are the rows."""
    service = report["service"]
    verdicts = tuple(
        Verdict(
            service, name, "", "", "", "", Status(row["verdict"]),
            level=row["level"], is_left_out=row.get("left_out", False),
        )
        for name, row in report["behaviours"].items()
    )  # fmt: skip
    return Report(service, "", "", "", "", "", 0, 0, verdicts, stale=tuple(report["baseline_out_of_date"]))


def _provenance(report: dict[str, Any]) -> Iterator[str]:
    """Notes on a report of another suite or spec than this installation has."""
    for name, here in (("suite", provenance.suite_digest()), ("spec", provenance.spec_digest())):
        if (there := report["suite"][f"{name}_digest"]) != here:
            yield f"of {name} digest {there}, this is {here}; its rows are held against no table"


def _table(report: dict[str, Any], *, is_same: bool) -> Iterator[Problem]:
    """What contradicts the versions and, of a report of this suite and spec, the table of behaviours."""
    folder = spec_path(report["service"])
    try:
        version = select_version(report["gateway"]["version"], folder)
    except SpecError as error:
        yield "/gateway/version", str(error)
        return
    if is_same:
        yield from _rows(report["behaviours"], load(folder), version)


def _rows(rows: dict[str, Any], table: Behaviours, version: GatewayVersion) -> Iterator[Problem]:
    for name, row in rows.items():
        pointer = f"/behaviours/{name}"
        if name == _OF_RUN:
            continue
        if name not in table:
            yield pointer, "no behaviour has this id; remove the row"
        elif row["level"] != table[name].level:
            yield f"{pointer}/level", f"{row['level']!r}, but the behaviour is {table[name].level}"
        elif row["verdict"] != Status.NOT_APPLICABLE.value and not table[name].holds_for(version):
            yield f"{pointer}/verdict", f"{row['verdict']!r}, but {version} does not behave so"
    for name in table:
        if name not in rows:
            yield "/behaviours", f"{name!r} is missing; a report has a row for each behaviour"
