"""The report as one HTML page that needs no other file and asks no other server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contract_tests.report.verdicts import LEVELS, OF_SEVERAL, Report, Status, Verdict
from mockserver.contract.addresses import segments

ORDER = (  # of statuses, the worst first
    Status.FAILED, Status.ERROR, Status.ACCEPTED, Status.OBSERVED, Status.PASSED, Status.NOT_APPLICABLE,
)  # fmt: skip
FOLDED = (Status.PASSED, Status.NOT_APPLICABLE)
PROFILES = {
    "full": "all behaviours of the suite",
    "quick": "no slow checks, and one case of each test",
    "read-only": "nothing is written, so that behaviours of writes are left out",
}
WIDTH = 1000  # of the picture, in its own units


@dataclass(frozen=True)
class Bar:
    """A part of the picture: the behaviours with one status."""

    status: Status
    count: int
    x: float
    width: float


@dataclass(frozen=True)
class Group:
    """The behaviours of one operation, the worst first.

    Attributes:
        shown: those to look at.
        folded: those that passed or are not applicable.
    """

    operation: str
    shown: tuple[Verdict, ...]
    folded: tuple[Verdict, ...]

    @property
    def name(self) -> str:
        """The operation in a heading."""
        return OF_SEVERAL.get(self.operation, self.operation)

    @property
    def cells(self) -> dict[str, str]:
        """The number of behaviours of each level by their statuses, in words."""
        every = (*self.shown, *self.folded)
        return {level: counted(verdict for verdict in every if verdict.level == level) for level in LEVELS}


def as_html(report: Report) -> str:
    """The page: the verdict, findings, a table by operation and level, and each behaviour."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, for it takes its time

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = [_group(report, operation) for operation in report.operations]
    return environment.get_template("report.html").render(
        report=report,
        title=f"{report.service.capitalize()} {report.gateway} {report.outcome.sentence}",
        notes=_notes(report),
        date=in_words(report.date),
        profile=PROFILES.get(report.profile, ""),
        bars=bars(report),
        width=WIDTH,
        groups=sorted(groups, key=lambda group: not group.shown),
        levels=LEVELS,
        counts={status: len(report.of(status)) for status in ORDER},
        segments=segments,
        counted=counted,
    )


def bars(report: Report) -> list[Bar]:
    """The parts of the picture, from left to right."""
    total, x, parts = len(report.verdicts), 0.0, []
    for status in ORDER:
        if count := len(report.of(status)):
            width = WIDTH * count / total
            parts.append(Bar(status, count, round(x, 2), round(width, 2)))
            x += width
    return parts


def counted(verdicts: Iterable[Verdict]) -> str:
    """Verdicts in words by their statuses: "1 failed, 12 passed"; "" if there are none."""
    statuses = [verdict.status for verdict in verdicts]
    return ", ".join(f"{count} {status.value}" for status in ORDER if (count := statuses.count(status)))


def in_words(date: str) -> str:
    """A date and time in UTC in words: "28 November 2026, 09:30 UTC"."""
    moment = datetime.fromisoformat(date)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _notes(report: Report) -> list[str]:
    """What the reader must know of the run beside the verdicts."""
    notes = (report.not_offered_note, report.profile_note, *report.connection_notes, *report.observations)
    return [*filter(None, notes), *report.stale]


def _group(report: Report, operation: str) -> Group:
    verdicts = [verdict for verdict in report.verdicts if verdict.operation == operation]
    verdicts.sort(key=lambda verdict: ORDER.index(verdict.status))
    return Group(
        operation,
        tuple(verdict for verdict in verdicts if verdict.status not in FOLDED),
        tuple(verdict for verdict in verdicts if verdict.status in FOLDED),
    )
