"""Known failures: accepted, expired, and no longer true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contract_tests.report import baseline, verdicts
from contract_tests.report.baseline import AcceptedFailure, BaselineError
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.contract import behaviours

TODAY = date(2026, 6, 1)
FAILED = Verdict(
    "gateway", "id-required", "addPolicy", "s", "x", "t", Status.FAILED, expected="e", actual="a"
)
PASSED = Verdict("gateway", "add-overwrites", "addPolicy", "s", "x", "t", Status.PASSED)
REPORT = Report("gateway", "u", "5.12.0", "asked", "0", "d", 1.0, 1, (FAILED, PASSED))
KNOWN = AcceptedFailure("id-required", "being mended", date(2026, 6, 30))


def test_a_known_failure_is_accepted() -> None:
    """A run with a known failure conforms, and names the accepted behaviour."""
    made = baseline.apply(REPORT, [KNOWN], TODAY)
    assert made.conforms
    assert "accepted  id-required: being mended (until 2026-06-30)" in verdicts.as_terminal(made)
    assert "1 accepted" in verdicts.as_terminal(made)


def test_an_expired_entry_accepts_nothing() -> None:
    """A failure whose entry has expired counts, and the report names the entry."""
    made = baseline.apply(REPORT, [replace(KNOWN, expires=date(2026, 5, 31))], TODAY)
    assert [verdict.status for verdict in made.verdicts] == [Status.FAILED, Status.PASSED]
    assert made.stale == ("id-required: accepted until 2026-05-31, which is past; fix it or renew the entry",)


def test_an_entry_that_passes_fails_the_run() -> None:
    """An entry whose behaviour passes fails the run, so that a baseline shrinks."""
    made = baseline.apply(REPORT, [KNOWN, AcceptedFailure("add-overwrites", "r", TODAY)], TODAY)
    assert not made.conforms
    assert made.stale == ("add-overwrites: accepted as failing, but passes; remove it from the baseline",)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A baseline that was written can be read once its reasons are given, and accepts the failures of its run."""
    path = tmp_path / "baseline.yaml"
    assert baseline.write(REPORT, path, TODAY) == 1
    with pytest.raises(BaselineError, match="is no reason"):
        baseline.read(path, behaviours.load())
    path.write_text(path.read_text().replace(baseline.PLACEHOLDER, "it is being mended"))
    entries = baseline.read(path, behaviours.load())
    assert [(entry.behaviour, entry.expires) for entry in entries] == [("id-required", date(2026, 7, 1))]
    assert baseline.apply(REPORT, entries, TODAY).conforms


def test_findings_leave_out_what_is_accepted() -> None:
    """A finding has no accepted behaviours, and one with none left is no finding."""
    both = Finding("c", "s", ("id-required", "add-overwrites"), ("addPolicy",))
    report = replace(REPORT, findings=(both, Finding("c", "s", ("id-required",), ("addPolicy",))))
    findings = baseline.apply(report, [KNOWN], TODAY).findings
    assert [finding.behaviours for finding in findings] == [("add-overwrites",)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not valid YAML"),
        ("accepted: 2001-99-99", "not valid YAML"),
        ("a: &a [x]\naccepted: [*a]", "line 2: an alias"),
        ("[" * 30, "line 1: nested too deep"),
        ("? [a]\n: x", "line 1: : the name of a member is no text"),
        ("[]", "must have a list `accepted`"),
        (
            "accepted: [{behaviour: id-required, expires: 2026-06-01}]",
            "must have behaviour, reason and expires",
        ),
        ("accepted: [{behaviour: nope, reason: r, expires: 2026-06-01}]", "no behaviour has the id 'nope'"),
        ("accepted: [{behaviour: id-required, reason: '', expires: 2026-06-01}]", "has no reason"),
        ("accepted: [{behaviour: id-required, reason: TODO, expires: 2026-06-01}]", "'TODO' is no reason"),
        ("accepted: [{behaviour: id-required, reason: r, expires: soon}]", "expires is not a date"),
    ],
)
def test_a_broken_baseline_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    """A broken baseline is refused with the file and the entry."""
    path = tmp_path / "baseline.yaml"
    path.write_text(text)
    with pytest.raises(BaselineError, match=complaint):
        baseline.read(path, behaviours.load())


def test_a_missing_baseline_is_told(tmp_path: Path) -> None:
    """A missing baseline is refused with the option that writes one."""
    with pytest.raises(BaselineError, match="--write-baseline"):
        baseline.read(tmp_path / "none.yaml", behaviours.load())
