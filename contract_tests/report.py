"""Verdicts, and the reports made of them: terminal, JSON, JUnit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from contract_tests.preflight import Found

CURL_LINES = 8  # of a failure's history that the terminal shows


class Status(Enum):
    """How a behaviour came out, mildest first."""

    NOT_APPLICABLE = "not applicable"
    PASSED = "passed"
    ERROR = "error"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """One behaviour, or one test of it.

    Attributes:
        reason: why it is not applicable or could not be judged.
        expected, actual: what a failure is about.
        curl: the exchanges that led to a failure, as lines to paste.
    """

    behaviour: str
    operation: str
    statement: str
    source: str
    test: str
    status: Status
    reason: str = ""
    expected: str = ""
    actual: str = ""
    curl: tuple[str, ...] = ()

    def as_text(self) -> str:
        """As the terminal shows a failure or an error."""
        lines = [
            f"{self.operation}  {self.behaviour}",
            f"  requirement  {self.statement}  [{self.source}]",
        ]
        if self.status is Status.FAILED:
            lines += [f"  expected     {self.expected}", f"  actual       {self.actual}"]
            shown = self.curl[-CURL_LINES:]
            label = "reproduce"
            if len(shown) < len(self.curl):
                lines.append(f"  {label:11}  # after {len(self.curl) - len(shown)} earlier requests")
                label = ""
            for line in shown:
                lines.append(f"  {label:11}  {line}")
                label = ""
        else:
            lines.append(f"  {self.status.value:11}  {self.reason}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """All verdicts of a run, one for each behaviour.

    Attributes:
        gateway: the version it was judged as.
        version_source: how that version was found out.
        leftovers: ids that could not be removed.
        gone: whether the gateway stopped answering before the end.
    """

    url: str
    gateway: str
    version_source: str
    suite: str
    date: str
    seconds: float
    reloads: int
    verdicts: tuple[Verdict, ...]
    leftovers: tuple[str, ...] = ()
    gone: bool = False

    def of(self, status: Status) -> list[Verdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.status is status]

    @property
    def conforms(self) -> bool:
        """Whether no behaviour failed and none was left in doubt."""
        return not self.of(Status.FAILED) and not self.of(Status.ERROR)


def told(report: Report, found: Found) -> Report:
    """The report with the version as it was found out."""
    return replace(report, gateway=str(found.version), version_source=found.source)


def by_behaviour(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """One verdict for each behaviour: the worst of its tests."""
    order = list(Status)
    worst: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = worst.get(verdict.behaviour)
        if known is None or order.index(verdict.status) > order.index(known.status):
            worst[verdict.behaviour] = verdict
    return tuple(worst.values())


def as_json(report: Report) -> str:
    """The report as JSON."""
    document = asdict(report)
    document["conforms"] = report.conforms
    document["counts"] = {status.value: len(report.of(status)) for status in Status}
    for verdict in document["verdicts"]:
        verdict["status"] = verdict["status"].value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """A report that `as_json` wrote."""
    document: dict[str, Any] = json.loads(text)
    del document["conforms"], document["counts"]
    verdicts = [
        Verdict(**{**raw, "status": Status(raw["status"]), "curl": tuple(raw["curl"])})
        for raw in document.pop("verdicts")
    ]
    document["leftovers"] = tuple(document["leftovers"])
    return Report(verdicts=tuple(verdicts), **document)


def as_junit(report: Report) -> str:
    """The report as JUnit XML: one suite for each operation, one case for each behaviour."""
    root = ElementTree.Element("testsuites", name="tyk-contract", time=f"{report.seconds:.3f}")
    for operation in dict.fromkeys(verdict.operation for verdict in report.verdicts):
        verdicts = [verdict for verdict in report.verdicts if verdict.operation == operation]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=operation,
            tests=str(len(verdicts)),
            failures=str(sum(v.status is Status.FAILED for v in verdicts)),
            errors=str(sum(v.status is Status.ERROR for v in verdicts)),
            skipped=str(sum(v.status is Status.NOT_APPLICABLE for v in verdicts)),
            timestamp=report.date,
        )
        for verdict in verdicts:
            _junit_case(suite, verdict)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _junit_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=verdict.operation, name=verdict.behaviour)
    tags = {Status.FAILED: "failure", Status.ERROR: "error", Status.NOT_APPLICABLE: "skipped"}
    if verdict.status in tags:
        message = verdict.reason or f"expected {verdict.expected}; actual {verdict.actual}"
        child = ElementTree.SubElement(case, tags[verdict.status], message=_xml_safe(message))
        child.text = _xml_safe(verdict.as_text())


def _xml_safe(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def as_terminal(report: Report) -> str:
    """The report for a reader: failures first, then counts and the verdict."""
    lines = []
    for status in (Status.FAILED, Status.ERROR):
        for verdict in sorted(report.of(status), key=lambda v: v.operation):
            lines += [verdict.as_text(), ""]
    if report.leftovers:
        lines += [f"could not remove: {', '.join(report.leftovers)}", ""]
    counts = [f"{len(report.of(status))} {status.value}" for status in reversed(Status)]
    lines.append(f"{report.url}  gateway {report.gateway} ({report.version_source})")
    ending = "conforms" if report.conforms else "does not conform"
    lines.append(f"{ending}: {', '.join(counts)}; {report.reloads} reloads, {report.seconds:.1f} s")
    return "\n".join(lines) + "\n"


FORMATS = {".json": as_json, ".xml": as_junit}


class ReportError(ValueError):
    """A report that cannot be written; the message names the file and the next step."""


def check_path(path: Path) -> None:
    """See before a run that its report can be written after it.

    Raises:
        ReportError: the suffix is of no known kind, or the folder is not there.
    """
    if path.suffix not in FORMATS:
        kinds = ", ".join(FORMATS)
        raise ReportError(f"{path}: no report is of the kind {path.suffix!r}; end it in {kinds}")
    if path.is_dir():
        raise ReportError(f"{path}: this is a folder; name a file")
    if not path.absolute().parent.is_dir():
        raise ReportError(f"{path}: there is no such folder; make it first")


def write(report: Report, path: Path) -> None:
    """Write the report in the kind that the suffix names."""
    path.write_text(FORMATS[path.suffix](report), "utf-8")
