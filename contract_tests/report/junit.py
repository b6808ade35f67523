"""The report as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree

from contract_tests.report.verdicts import Report, Status, Verdict

_TAGS = {
    Status.FAILED: "failure",
    Status.ERROR: "error",
    Status.NOT_APPLICABLE: "skipped",
    Status.OBSERVED: "skipped",
    Status.ACCEPTED: "skipped",
}


def as_junit(report: Report) -> str:
    """The report as JUnit XML: one suite for each operation, one case for each behaviour."""
    root = ElementTree.Element("testsuites", name="tyk-contract", time=f"{report.seconds:.3f}")
    for note in report.connection_notes:
        root.append(ElementTree.Comment(f" {note.replace('--', '')} "))
    if report.findings:
        properties = ElementTree.SubElement(root, "properties")
        for number, finding in enumerate(report.findings, 1):
            value = f"{finding.cause}: {finding.summary} {finding.touched}"
            ElementTree.SubElement(properties, "property", name=f"finding {number}", value=value)
    for operation in dict.fromkeys(verdict.operation for verdict in report.verdicts):
        verdicts = [verdict for verdict in report.verdicts if verdict.operation == operation]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=operation,
            tests=str(len(verdicts)),
            failures=str(sum(v.status is Status.FAILED for v in verdicts)),
            errors=str(sum(v.status is Status.ERROR for v in verdicts)),
            skipped=str(sum(_TAGS.get(v.status) == "skipped" for v in verdicts)),
            timestamp=report.date,
        )
        for verdict in verdicts:
            _junit_case(suite, verdict)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _junit_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=verdict.operation, name=verdict.behaviour)
    if verdict.status in _TAGS:
        message = verdict.reason or f"expected {verdict.expected}; actual {verdict.actual}"
        child = ElementTree.SubElement(case, _TAGS[verdict.status], message=message)
        child.text = verdict.as_text()
