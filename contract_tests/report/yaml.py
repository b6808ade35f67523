"""The report as YAML: the service, the suite, and the verdicts."""

from __future__ import annotations

import yaml

from contract_tests.report.verdicts import Report, Status, levels_of


def as_yaml(report: Report) -> str:
    """The report as YAML: service, suite, date, profile, counts, and the verdict of each behaviour."""
    document = {
        "service": report.service,
        "gateway": {"url": report.url, "version": report.gateway, "version_source": report.version_source},
        "suite": {"name": "tyk-contract", "version": report.suite},
        "date": report.date,
        "profile": report.profile,
        "conforms": report.conforms,
        "status": report.outcome.status.value,
        "verdict": report.outcome.sentence,
        "levels": levels_of(report),
        "not_offered": list(report.not_offered),
        "connection_notes": list(report.connection_notes),
        "counts": {status.value: len(report.of(status)) for status in Status},
        "findings": [
            {
                "cause": finding.cause,
                "summary": finding.summary,
                "behaviours": list(finding.behaviours),
                "operations": list(finding.operations),
            }
            for finding in report.findings
        ],
        "behaviours": {
            verdict.behaviour: {
                "verdict": verdict.status.value,
                **({"reason": verdict.reason} if verdict.reason else {}),
                **({"expected": verdict.expected, "actual": verdict.actual} if verdict.expected else {}),
            }
            for verdict in report.verdicts
        },
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text
