"""The report for GitHub Actions: annotations, the summary of a step, and lines that are no commands."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.report import formats, github
from contract_tests.report.findings import Finding
from contract_tests.report.output_file import OutputError
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.console.workflow_commands import annotation

HOSTILE = "##[error]x ::set-output name=status::conforms </pre><img src=x> `|` *a* %0A\r\n\n# title"


def verdict(name: str, status: Status, **members: str) -> Verdict:
    """A verdict of an operation."""
    return Verdict("gateway", name, "addPolicy", "A sentence.", "x.go:1", "test", status, **members)


def report(*verdicts: Verdict, **members: tuple[str, ...]) -> Report:
    """A report of these verdicts, in which each failure is a finding."""
    findings = tuple(
        Finding(
            "behaviour", f"{one.behaviour} fails", (one.behaviour,), (one.operation,), one.statement, one.source,
            one.expected, one.actual,
        )
        for one in verdicts if one.status is Status.FAILED
    )  # fmt: skip
    values = Report(
        service="gateway", url="http://g", gateway="5.12.0", version_source="asked", suite="0.1", date="2026-01-01",
        seconds=1.5, reloads=3, verdicts=verdicts, findings=findings,
    )  # fmt: skip
    return replace(values, **members)


def failures(count: int) -> list[Verdict]:
    """So many failures."""
    return [verdict(f"row-{number}", Status.FAILED, expected="200", actual="500") for number in range(count)]


@example(HOSTILE)
@given(st.text())
def test_a_command_is_one_line_that_reads_back(text: str) -> None:
    """The text of a command has no line break, and its properties no separator; both read back as they were."""
    line = annotation("error", text, title=text)
    match = re.fullmatch(r"::error title=([^:,\r\n]*)::([^\r\n]*)", line)
    assert match is not None
    for value in match.groups():
        assert re.sub(r"%(25|0D|0A|3A|2C)", lambda found: chr(int(found[1], 16)), value) == text


def test_the_verdict_comes_first() -> None:
    """The first annotation is the verdict: a notice if the service conforms, else an error before the failures."""
    (line,) = github.as_annotations(report(verdict("a", Status.PASSED), verdict("b", Status.OBSERVED)))
    assert line == "::notice title=tyk-contract::conforms: 1 observed, 1 passed; http://g"
    first, second = github.as_annotations(report(*failures(1)))
    assert first == "::error title=tyk-contract::does not conform: 1 failed; http://g"
    title = "1 behaviour of 1 operation"
    text = "row-0 fails%0Arequirement: A sentence.%0Aexpected: 200%0Aactual: 500"
    assert second == f"::error title={title}::{text}"


@pytest.mark.parametrize(("count", "last"), [(9, "row-8"), (10, "and 2 more"), (73, "and 65 more")])
def test_there_are_at_most_ten_annotations(count: int, last: str) -> None:
    """GitHub shows ten annotations of a step, so the tenth tells how many failures are not shown."""
    lines = github.as_annotations(report(*failures(count)))
    assert len(lines) == 10
    assert last in lines[-1]


def test_all_that_speaks_against_a_service_is_annotated() -> None:
    """What could not be judged is one annotation for each reason, and an old baseline entry is one."""
    doubts = [verdict(name, Status.ERROR, reason="no answer") for name in ("a", "b")]
    lines = github.as_annotations(report(*doubts, stale=("old: remove it",)))
    assert lines[1:] == [
        "::error title=could not be judged::a, b: no answer",
        "::error title=baseline::old: remove it",
    ]


def test_the_summary_has_all_failures_and_no_markup_of_others() -> None:
    """The summary begins with the verdict, and a text of the service is text in it, whatever it holds."""
    failed = verdict("row", Status.FAILED, expected="200", actual=HOSTILE)
    accepted = verdict("known", Status.ACCEPTED, reason=HOSTILE)
    text = github.as_summary(report(failed, accepted, leftovers=("left-1",)))
    assert text.startswith("## Gateway 5.12.0 does not conform: 1 failed, 1 accepted\n")
    assert "left-1" in text
    assert "<img" not in text
    blocks = text.strip().split("\n\n")
    assert all(re.match(r"#{2,3} |<p>.*</p>$|<details>", block) for block in blocks)
    finding, details = [block for block in blocks if block.startswith("<details>")]
    assert "row fails" in finding
    assert failed.as_text() in unescape(details)


def test_a_long_summary_is_cut_and_says_so() -> None:
    """A summary that GitHub would refuse for its size has the first failures, and the number of the others."""
    many = [verdict(f"row-{number}", Status.FAILED, expected="é" * 3000, actual="") for number in range(400)]
    text = github.as_summary(report(*many))
    assert len(text.encode()) < 2**20
    findings, behaviours = text.split("### Failed behaviours (400)")
    assert 10 < findings.count("<details>") < 400
    assert f"and {400 - findings.count('<details>')} more, which the other reports have" in findings
    assert "and 400 more" in behaviours


def test_the_summary_is_added_to_that_of_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind `github` prints the annotations between stopped commands, and adds to the file of the step."""
    file = tmp_path / "summary"
    file.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    values = report(*failures(1))
    formats.write(values, Path("github"))
    assert file.read_text() == "earlier\n" + github.as_summary(values)
    resume, *annotations, stop = capsys.readouterr().out.splitlines()
    assert annotations == github.as_annotations(values)
    assert stop == f"::stop-commands::{resume.strip(':')}"


def test_a_summary_that_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A summary that cannot be written is told with the name of the variable."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match="GITHUB_STEP_SUMMARY"):
        github.publish(report())


def test_an_error_becomes_an_annotation_and_leaves_commands_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error is annotated, and after it no line is a command, for its message is printed then."""

    def run() -> None:
        with github.commands_stopped(lambda error: f"tyk-contract: {error}"):
            raise ValueError(HOSTILE)

    with pytest.raises(ValueError, match="set-output"):
        run()
    first, resume, error, last = capsys.readouterr().out.splitlines()
    assert first == last == f"::stop-commands::{resume.strip(':')}"
    assert error.startswith("::error title=no verdict::tyk-contract: ##[error]x")
