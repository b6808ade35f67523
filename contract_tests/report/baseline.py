"""Known failures: accepted until a date, for a reason, and no longer than they last."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from contract_tests.report import output_file
from contract_tests.report.conformance.yaml_document import DocumentError, YamlDocument
from contract_tests.report.placeholders import PLACEHOLDER, is_placeholder
from contract_tests.report.verdicts import Report, Status, Verdict

LASTS = timedelta(days=30)  # of an entry that --write-baseline makes
_KEYS = {"behaviour", "reason", "expires"}


class BaselineError(ValueError):
    """A baseline that cannot be used; the message names the file, the entry and the mistake."""


@dataclass(frozen=True)
class AcceptedFailure:
    """A behaviour that may fail until a date."""

    behaviour: str
    reason: str
    expires: date


def read(path: Path, behaviours: Mapping[str, object]) -> list[AcceptedFailure]:
    """Read a baseline; every entry needs a behaviour, a reason and a date.

    Raises:
        BaselineError: the file cannot be read, or an entry is incomplete or of no behaviour.
    """
    try:
        document = YamlDocument.read(path).value
    except DocumentError as error:
        more = "; make one with --write-baseline" if error.is_unreadable else ""
        raise BaselineError(f"{error}{more}") from error
    entries = document.get("accepted") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BaselineError(f"{path}: a baseline must have a list `accepted`; correct the file")
    return [_entry(path, raw, behaviours) for raw in entries]


def _entry(path: Path, raw: Any, behaviours: Mapping[str, object]) -> AcceptedFailure:
    if not isinstance(raw, dict) or raw.keys() != _KEYS:
        raise BaselineError(
            f"{path}: {reprlib.repr(raw)} must have behaviour, reason and expires, and no other members"
        )
    if raw["behaviour"] not in behaviours:
        raise BaselineError(
            f"{path}: no behaviour has the id {raw['behaviour']!r}; `tyk-contract behaviours` lists all"
        )
    if not isinstance(raw["reason"], str) or not raw["reason"].strip():
        raise BaselineError(f"{path}: {raw['behaviour']!r} has no reason; add one")
    if is_placeholder(raw["reason"]):
        raise BaselineError(
            f"{path}: {raw['behaviour']!r}: {raw['reason']!r} is no reason; say why the failure is accepted"
        )
    if type(raw["expires"]) is not date:
        raise BaselineError(f"{path}: {raw['behaviour']!r}: expires is not a date; write it as 2027-01-31")
    return AcceptedFailure(raw["behaviour"], " ".join(raw["reason"].split()), raw["expires"])


def apply(report: Report, entries: list[AcceptedFailure], today: date) -> Report:
    """The report with known failures accepted, and with the lines about entries that no longer hold."""
    stale, by_id = [], {entry.behaviour: entry for entry in entries}
    verdicts = {verdict.behaviour: verdict for verdict in report.verdicts}
    for entry in entries:
        verdict = verdicts.get(entry.behaviour)
        if entry.expires < today:
            stale.append(
                f"{entry.behaviour}: accepted until {entry.expires}, which is past; fix it or renew the entry"
            )
        elif verdict is not None and verdict.status is Status.PASSED:
            stale.append(f"{entry.behaviour}: accepted as failing, but passes; remove it from the baseline")
    accepted = (_accepted(verdict, by_id.get(verdict.behaviour), today) for verdict in report.verdicts)
    verdicts_now = tuple(accepted)
    names = {verdict.behaviour for verdict in verdicts_now if verdict.status is Status.ACCEPTED}
    findings = tuple(left for finding in report.findings if (left := finding.without(names)))
    return replace(report, verdicts=verdicts_now, stale=tuple(stale), findings=findings)


def _accepted(verdict: Verdict, entry: AcceptedFailure | None, today: date) -> Verdict:
    if entry is None or verdict.status is not Status.FAILED or entry.expires < today:
        return verdict
    return replace(verdict, status=Status.ACCEPTED, reason=f"{entry.reason} (until {entry.expires})")


def write(report: Report, path: Path, today: date) -> int:
    """Write a baseline of the present failures; return the number of its entries.

    Raises:
        OutputError: it cannot be written; an old baseline stays as it was.
    """
    failing = [verdict for verdict in report.verdicts if verdict.status in (Status.FAILED, Status.ACCEPTED)]
    entries = [
        {
            "behaviour": verdict.behaviour,
            "reason": verdict.reason.partition(" (until ")[0] or PLACEHOLDER,
            "expires": today + LASTS,
        }
        for verdict in failing
    ]
    text = yaml.safe_dump({"accepted": entries}, sort_keys=False, allow_unicode=True)
    output_file.write(path, text)
    return len(entries)
