"""The comparison of two reports of `tyk-contract verify`, in JSON or YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.service import Service
from contract_tests.gateway.service import GATEWAY
from contract_tests.report.conformance.yaml_document import DocumentError, YamlDocument
from mockserver.cli.comparison.difference import EVERYONE, Comparison, Difference, Side, audience_of
from mockserver.console.input_files import DOCUMENT, content_within
from mockserver.contract.spec_files import default_version
from mockserver.golang.json_size import few_enough

KINDS = (  # in the order of the result
    "newly failing", "other actual value", "newly passing", "no longer judged", "newly judged",
    "other verdict", "only in A", "only in B",
)  # fmt: skip
_UNJUDGED = {"not applicable", "error", "not judged"}
_OWN_NAMES = (  # that differ from run to run, with what stands for them
    (re.compile(r"tyk-contract-[0-9a-f]{8}-\d*_?"), "tyk-contract-"),
    (re.compile(r"7c0a57ac[0-9a-f]{16}"), "<id>"),
)
_OPTIONS = ("gateway", "suite", "profile", "not_offered", "connection_notes")  # told if they differ
_SERVICES: dict[str, Service] = {"gateway": GATEWAY, "dashboard": DASHBOARD}


class ReportError(ValueError):
    """A file that is no report of the suite; the message names it and the next step."""


@dataclass(frozen=True)
class Judged:
    """What a report says of one behaviour."""

    verdict: str
    reason: str = ""
    expected: str = ""
    actual: str = ""

    @property
    def text(self) -> str:
        """The verdict with the reason, or with the difference."""
        rest = f"expected {self.expected}; actual {self.actual}" if self.expected else self.reason
        return f"{self.verdict}: {rest}" if rest else self.verdict


@dataclass(frozen=True)
class ReadReport:
    """A report as far as it is compared."""

    side: Side
    options: Mapping[str, str]
    behaviours: Mapping[str, Judged] = field(default_factory=dict)


def read(path: Path) -> ReadReport:
    """Read a report.

    Raises:
        ReportError: the file cannot be read, or is no report.
    """
    try:
        is_json = path.suffix == ".json"
        document = (
            json.loads(few_enough(content_within(path, DOCUMENT)))
            if is_json
            else YamlDocument.read(path).value
        )
        return _report(str(path), document)
    except DocumentError as error:
        raise ReportError(f"{error}; write a report with --report r.json, or give a URL") from None
    except OSError as error:
        raise ReportError(
            f"{path}: {error.strerror}; give a report of `tyk-contract verify`, or a URL"
        ) from None
    except (ValueError, RecursionError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(
            f"{path}: not a report of `tyk-contract verify` in JSON or YAML; write one with --report r.json"
        ) from None


def _report(name: str, document: Any) -> ReadReport:
    gateway = document["gateway"]
    version = gateway["version"] if isinstance(gateway, dict) else gateway
    suite = document["suite"]
    if "groups" in document:
        document["not_offered"] = document["groups"]["unsupported"]
    options = {
        **{option: _words(document.get(option, "")) for option in _OPTIONS},
        "gateway": str(version),
        "suite": str(suite["version"] if isinstance(suite, dict) else suite),
    }
    if "verdicts" in document:
        rows = {row["behaviour"]: {**row, "verdict": row["status"]} for row in document["verdicts"]}
    else:
        rows = document["behaviours"]
    behaviours = {
        identifier: Judged(*(_text(row.get(key)) for key in ("verdict", "reason", "expected", "actual")))
        for identifier, row in rows.items()
    }
    return ReadReport(Side(name, document["service"], str(version)), options, behaviours)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(value: Any) -> str:
    text = str(value or "")
    for pattern, stand_in in _OWN_NAMES:
        text = pattern.sub(stand_in, text)
    return text


def compare(a: ReadReport, b: ReadReport) -> Comparison:
    """The differences between two reports, the gravest kind first.

    Raises:
        ReportError: they are of different services.
    """
    if a.side.service != b.side.service:
        raise ReportError(
            f"{a.side.name} is of a {a.side.service}, {b.side.name} of a {b.side.service}; compare two of one"
        )
    names = {"gateway": "version"}
    notes = tuple(
        f"other {names.get(option, option).replace('_', ' ')}: "
        f"A {a.options[option] or 'none'}, B {b.options[option] or 'none'}"
        for option in _OPTIONS
        if a.options[option] != b.options[option]
    )
    differences = sorted(_differences(a, b), key=lambda difference: KINDS.index(difference.kind))
    compared = len(a.behaviours.keys() | b.behaviours.keys())
    return Comparison(a.side, b.side, notes, tuple(differences), "behaviours", compared)


def _differences(a: ReadReport, b: ReadReport) -> Iterator[Difference]:
    service = _SERVICES.get(a.side.service)
    for identifier in dict.fromkeys([*a.behaviours, *b.behaviours]):
        before, after = a.behaviours.get(identifier), b.behaviours.get(identifier)
        if kind := _kind(before, after):
            operation, audience = _place(service, identifier)
            yield Difference(
                kind,
                identifier,
                before.text if before else "not in this report",
                after.text if after else "not in this report",
                (operation,) if operation else (),
                (audience,),
            )


def _kind(before: Judged | None, after: Judged | None) -> str:
    """The kind of a change; "" if nothing has changed that matters."""
    if before is None or after is None:
        return "only in B" if before is None else "only in A"
    old, new = before.verdict, after.verdict
    if old == new:
        is_other = old in ("failed", "observed") and before.actual != after.actual
        return "other actual value" if is_other else ""
    if new == "failed":
        return "newly failing"
    if new in _UNJUDGED:
        return "" if old in _UNJUDGED else "no longer judged"
    if old in _UNJUDGED:
        return "newly judged"
    return "newly passing" if old == "failed" and new == "passed" else "other verdict"


def _place(service: Service | None, identifier: str) -> tuple[str, str]:
    """The operation of a behaviour, and for whom it matters."""
    row = service.behaviours.get(identifier) if service else None
    if service is None or row is None:
        return "", EVERYONE
    operation = service.contract(default_version(service.folder)).operations.get(row.operation)
    path = operation.path if operation else ""
    return operation.label if operation else "any operation", audience_of(path, row.level)
