"""The report as JUnit XML, which the schema of windyroad/JUnit-Schema admits."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree import ElementTree

from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Report, Status, Verdict

_PACKAGE = "tyk-contract"
_TAGS = {
    Status.FAILED: "failure",
    Status.ERROR: "error",
    Status.NOT_APPLICABLE: "skipped",
    Status.OBSERVED: "skipped",
    Status.ACCEPTED: "skipped",
}


def as_junit(report: Report) -> str:
    """The report as JUnit XML: one suite for each operation, one case for each behaviour."""
    root = ElementTree.Element("testsuites")
    common = list(_common_properties(report))
    for place, operation in enumerate(report.operations):
        verdicts = [verdict for verdict in report.verdicts if verdict.operation == operation]
        findings = [
            (number, finding)
            for number, finding in enumerate(report.findings, 1)
            if operation in finding.operations or (place == 0 and not _has_suite(report, finding))
        ]
        _add_suite(root, report, place, operation, verdicts, [*common, *map(_property_of, findings)])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _common_properties(report: Report) -> Iterator[tuple[str, str]]:
    """The properties of each suite: what was judged, by what, and how it was reached."""
    yield "service", report.service
    yield "url", report.url
    yield "version", report.gateway
    yield "version_source", report.version_source
    yield "tyk-contract", report.suite
    yield "profile", report.profile
    yield "status", report.outcome.status.value
    yield "verdict", report.outcome.sentence
    for number, note in enumerate(report.connection_notes, 1):
        yield f"connection {number}", note


def _property_of(numbered: tuple[int, Finding]) -> tuple[str, str]:
    number, finding = numbered
    return f"finding {number}", f"{finding.cause}: {finding.summary} {finding.touched}".rstrip()


def _has_suite(report: Report, finding: Finding) -> bool:
    return any(name in report.operations for name in finding.operations)


def _add_suite(
    root: ElementTree.Element,
    report: Report,
    place: int,
    operation: str,
    verdicts: Sequence[Verdict],
    properties: Sequence[tuple[str, str]],
) -> None:
    package = f"{_PACKAGE}.{report.service}"
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        id=str(place),
        package=package,
        name=operation or "none",
        hostname=platform.node() or "localhost",
        timestamp=_timestamp(report.date),
        tests=str(len(verdicts)),
        failures=str(sum(v.status is Status.FAILED for v in verdicts)),
        errors=str(sum(v.status is Status.ERROR for v in verdicts)),
        skipped=str(sum(_TAGS.get(v.status) == "skipped" for v in verdicts)),
        time=_time(sum(v.seconds for v in verdicts)),
    )
    of_suite = ElementTree.SubElement(suite, "properties")
    for name, value in properties:
        ElementTree.SubElement(of_suite, "property", name=name, value=value)
    for verdict in verdicts:
        _add_case(suite, f"{package}.{operation}", verdict)
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")


def _add_case(suite: ElementTree.Element, classname: str, verdict: Verdict) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=classname, name=verdict.behaviour, time=_time(verdict.seconds)
    )
    if verdict.status in _TAGS:
        message = verdict.reason or f"expected {verdict.expected}; actual {verdict.actual}"
        tag = _TAGS[verdict.status]
        child = ElementTree.SubElement(case, tag, message=message)
        if tag != "skipped":
            child.set("type", verdict.status.value)
        child.text = verdict.as_text()


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _timestamp(date: str) -> str:
    """A date and time of a report, which is in UTC, without its zone, which the schema forbids."""
    return datetime.fromisoformat(date).strftime("%Y-%m-%dT%H:%M:%S")
