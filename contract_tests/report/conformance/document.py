"""The report as YAML, which a vendor can publish: what was judged, by what, how, and the verdicts."""

from __future__ import annotations

from typing import Any

import yaml

from contract_tests.report.conformance import provenance
from contract_tests.report.verdicts import Report, Status, Verdict, levels_of

API_VERSION = "tyk-contract/v1"
KIND = "ConformanceReport"
CURL_LINES = 8  # of the reproduction of a behaviour that did not pass


class _Row(dict[str, Any]):
    """A mapping that takes one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _Row, lambda dumper, row: dumper.represent_mapping("tag:yaml.org,2002:map", row, flow_style=True)
)


def as_yaml(report: Report) -> str:
    """The report as YAML; rows that passed take one line."""
    document = as_document(report)
    document["behaviours"] = {
        name: _Row(row) if row.keys() == {"level", "verdict"} else row
        for name, row in document["behaviours"].items()
    }
    document["levels"] = {level: _Row(row) for level, row in document["levels"].items()}
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def as_document(report: Report) -> dict[str, Any]:
    """The members of the report."""
    suite = {
        "name": "tyk-contract",
        "version": report.suite,
        "suite_digest": provenance.suite_digest(),
        "spec_digest": provenance.spec_digest(),
    }
    coverage = report.coverage
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "implementation": report.implementation.as_document() if report.implementation else None,
        "service": report.service,
        "gateway": {
            "url": report.url,
            "version": report.gateway,
            "version_source": report.version_source,
        },
        "suite": suite,
        "date": report.date,
        "command": report.command,
        "environment": provenance.environment(),
        "profile": report.profile,
        "groups": {
            "supported": list(coverage.groups) if coverage else [],
            "unsupported": list(report.not_offered),
        },
        "connection_notes": list(report.connection_notes),
        **derived(report),
        "coverage": coverage.percent if coverage else None,
        "baseline_out_of_date": list(report.stale),
        "findings": [
            {
                "cause": finding.cause,
                "summary": finding.summary,
                "behaviours": list(finding.behaviours),
                "operations": list(finding.operations),
            }
            for finding in report.findings
        ],
        "behaviours": {verdict.behaviour: _row(verdict) for verdict in report.verdicts},
        "reproduce": [
            f"tyk-contract version  # {report.suite}",
            f"tyk-contract conformance digest  # {suite['suite_digest']} {suite['spec_digest']}",
            report.command,
        ],
    }


def derived(report: Report) -> dict[str, Any]:
    """What follows from the verdicts of the behaviours."""
    return {
        "conforms": report.conforms,
        "status": report.outcome.status.value,
        "verdict": report.outcome.sentence,
        "levels": levels_of(report),
        "counts": {status.value: len(report.of(status)) for status in Status},
    }


def _row(verdict: Verdict) -> dict[str, Any]:
    row: dict[str, Any] = {"level": verdict.level, "verdict": verdict.status.value}
    texts = {"reason": verdict.reason, "expected": verdict.expected, "actual": verdict.actual}
    row |= {name: text for name, text in texts.items() if text}
    if verdict.is_left_out:
        row["left_out"] = True
    if verdict.flaky:
        row["flaky"] = verdict.flaky
    if verdict.curl:
        row["reproduce"] = list(verdict.curl[-CURL_LINES:])
    return row
