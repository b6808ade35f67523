"""The report as JSON, by the schema spec/report.schema.json."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.report.conformance.implementation import Implementation
from contract_tests.report.coverage import Coverage
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Report, Status, Trace, Verdict, levels_of

SCHEMA_VERSION = "1.0"  # the first number counts changes that a reader must know of, the second new members
SCHEMA = "urn:tyk-contract:report:1"  # the $id of the schema
_DERIVED = ("$schema", "schema_version", "conforms", "status", "verdict", "levels", "counts")


def as_json(report: Report, indent: int | None = 2) -> str:
    """The report as JSON; None as the indent gives one line."""
    document = {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        **vars(report),
        "verdicts": [
            {**vars(verdict), "status": verdict.status.value, "exchanges": list(map(vars, verdict.exchanges))}
            for verdict in report.verdicts
        ],
        "findings": list(map(vars, report.findings)),
        "implementation": report.implementation.as_document() if report.implementation else None,
        "coverage": report.coverage.as_document() if report.coverage else None,
        "conforms": report.conforms,
        "status": report.outcome.status.value,
        "verdict": report.outcome.sentence,
        "levels": levels_of(report),
        "counts": {status.value: len(report.of(status)) for status in Status},
    }
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """A report that `as_json` wrote."""
    document: dict[str, Any] = json.loads(text)
    for derived in _DERIVED:
        del document[derived]
    verdicts = [
        Verdict(
            **{
                **raw,
                "status": Status(raw["status"]),
                "curl": tuple(raw["curl"]),
                "exchanges": tuple(Trace(**trace) for trace in raw["exchanges"]),
            }
        )
        for raw in document.pop("verdicts")
    ]
    for name in ("leftovers", "not_offered", "stale", "connection_notes", "observations"):
        document[name] = tuple(document[name])
    found = tuple(map(Finding.of_document, document.pop("findings")))
    covered = Coverage.of_document(raw) if (raw := document.pop("coverage", None)) else None
    judged = Implementation.of_document(raw) if (raw := document.pop("implementation", None)) else None
    return Report(
        verdicts=tuple(verdicts), findings=found, coverage=covered, implementation=judged, **document
    )
