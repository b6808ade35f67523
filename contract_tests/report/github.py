"""The report for GitHub Actions: annotations of the job, and a summary in Markdown for the page of the run.

What a service answered may look like a workflow command, so commands are stopped while it is printed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from itertools import accumulate
from pathlib import Path

from contract_tests.report.output_file import OutputError
from contract_tests.report.verdicts import Report, Status
from mockserver.console.terminal import show
from mockserver.console.workflow_commands import annotation, resume, stop

KIND = "github"  # in the place of a file's name
ANNOTATIONS = 10  # of one kind that GitHub shows of a step
SUMMARY = "GITHUB_STEP_SUMMARY"  # the variable with the file that a step adds its summary to
SUMMARY_BYTES = 500_000  # of its items; GitHub takes 1 MiB of a step, the lines around them included
TITLE = "tyk-contract"
_TOKEN = secrets.token_hex(16)  # what a service cannot know, and so cannot start commands again


def publish(report: Report) -> None:
    """Print the annotations, and add the summary to the page of the run.

    Raises:
        OutputError: the summary cannot be written.
    """
    _annotate(as_annotations(report))
    if not (name := os.environ.get(SUMMARY)):
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(as_summary(report))
    except OSError as error:
        raise OutputError(f"{SUMMARY}: {name} cannot be written: {error.strerror}") from error


@contextmanager
def commands_stopped(describe: Callable[[Exception], str]) -> Iterator[None]:
    """Let GitHub take no line for a command that is printed meanwhile, but for those of `publish`.

    After an error, which becomes an annotation in the words of `describe`, no later line of the step is a
    command either: the message of the error is yet to be printed.
    """
    show(stop(_TOKEN))
    try:
        yield
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        _annotate([annotation("error", describe(error), title="no verdict")])
        raise
    show(resume(_TOKEN))


def _annotate(lines: list[str]) -> None:
    show(resume(_TOKEN), *lines, stop(_TOKEN))


def as_annotations(report: Report) -> list[str]:
    """The verdict as an annotation, then what speaks against the service, as far as GitHub shows it."""
    kind = "notice" if report.conforms else "error"
    problems = list(_problems(report))
    shown = problems if len(problems) < ANNOTATIONS else problems[: ANNOTATIONS - 2]
    lines = [
        annotation(kind, f"{report.outcome.sentence}: {_counts(report)}; {report.url}", title=TITLE),
        *(annotation("error", text, title=title) for title, text in shown),
    ]
    if more := len(problems) - len(shown):
        lines.append(annotation("error", f"and {more} more; the summary of the run has them", title=TITLE))
    return lines


def _problems(report: Report) -> Iterator[tuple[str, str]]:
    """What keeps the service from conforming, each with a title."""
    for finding in report.findings:
        rows = {"requirement": finding.statement, "expected": finding.expected, "actual": finding.actual}
        lines = [finding.summary, *(f"{name}: {text}" for name, text in rows.items() if text)]
        yield finding.touched or TITLE, "\n".join(lines)
    for reason, names in report.in_doubt.items():
        yield "could not be judged", f"{names}: {reason}"
    for text in report.stale:
        yield "baseline", text


def as_summary(report: Report) -> str:
    """The verdict, its counts and the findings as Markdown, in which all texts of others are plain text."""
    version = f"{report.service.capitalize()} {report.gateway}"
    judged = f"{report.url}, judged as {report.gateway} ({report.version_source}) on {report.date}"
    suite = f"tyk-contract {report.suite}, profile {report.profile}"
    notes = [
        "; ".join(f"{level} {outcome.sentence}" for level, outcome in report.levels.items()),
        f"{judged} by {suite}; {report.reloads} reloads, {report.seconds:.1f} s",
        *report.connection_notes,
        report.not_offered_note,
        report.profile_note,
        *report.observations,
        f"could not remove: {', '.join(report.leftovers)}" if report.leftovers else "",
    ]
    head = f"## {version} {report.outcome.sentence}: {_counts(report)}"
    blocks = [head, *(_item(note) for note in notes if note)]
    left = SUMMARY_BYTES
    for title, items in _sections(report).items():
        sizes = list(accumulate(len(item.encode()) for item in items))
        fitting = [item for item, size in zip(items, sizes, strict=True) if size <= left]
        left -= sum(len(item.encode()) for item in fitting)
        blocks += [f"### {title} ({len(items)})", *fitting] if items else []
        if more := len(items) - len(fitting):
            blocks.append(f"and {more} more, which the other reports have")
    return "\n\n".join(blocks) + "\n"


def _sections(report: Report) -> dict[str, list[str]]:
    """The items of the summary by their headings."""
    accepted, observed = (
        [f"{verdict.behaviour}: {verdict.reason}" for verdict in report.of(status)]
        for status in (Status.ACCEPTED, Status.OBSERVED)
    )
    lines = {
        "Not judged": [f"{names}: {reason}" for reason, names in report.in_doubt.items()],
        "Baseline": report.stale,
        "Flaky": [f"{verdict.behaviour}: {verdict.flaky}" for verdict in report.verdicts if verdict.flaky],
        "Accepted": accepted,
        "Observed": observed,
    }
    failed = [(f"{verdict.operation} {verdict.behaviour}", verdict) for verdict in report.of(Status.FAILED)]
    return {
        "Findings": [_details(finding.summary, finding.as_text()) for finding in report.findings],
        **{title: list(map(_item, texts)) for title, texts in lines.items()},
        "Failed behaviours": [_details(name, verdict.as_text()) for name, verdict in failed],
    }


def _details(head: str, text: str) -> str:
    return f"<details><summary>{escape(head)}</summary><pre>{escape(text)}</pre></details>"


def _item(text: str) -> str:
    """A paragraph as a block of HTML, in which Markdown has no meaning."""
    return f"<p>{escape(text)}</p>"


def _counts(report: Report) -> str:
    return ", ".join(
        f"{len(report.of(status))} {status.value}" for status in reversed(Status) if report.of(status)
    )
