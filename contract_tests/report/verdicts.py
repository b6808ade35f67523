"""Verdicts, and the report that holds them: for the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mockserver.console.terminal import printable

CURL_LINES = 8  # of a failure's history that the terminal shows
ERROR_NAMES = 5  # of behaviours that could not be judged for one reason


class Status(Enum):
    """The status of a verdict, mildest first.

    Observed is what differs from a row whose evidence is too thin to fail anyone.
    """

    NOT_APPLICABLE = "not applicable"
    PASSED = "passed"
    OBSERVED = "observed"
    ACCEPTED = "accepted"
    ERROR = "error"
    FAILED = "failed"


class Printable:
    """A record whose texts any format can hold: characters that are not printable appear as escapes."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, str):
                object.__setattr__(self, name, printable(value))
            elif isinstance(value, tuple):
                texts = tuple(printable(item) if isinstance(item, str) else item for item in value)
                object.__setattr__(self, name, texts)


@dataclass(frozen=True)
class Trace(Printable):
    """An exchange as reports show it: with cut bodies, and without the secret."""

    method: str
    target: str
    sent: str
    status: int
    answered: str


@dataclass(frozen=True)
class Verdict(Printable):
    """The verdict of one behaviour, or of one test of it.

    Attributes:
        service: the name of the service: "gateway".
        reason: why it is not applicable or could not be judged.
        expected, actual: the difference that a failure is about.
        hint: another possible cause of a failure.
        curl: the exchanges that led to a failure, as lines to paste.
        exchanges: the last exchanges of the test.
    """

    service: str
    behaviour: str
    operation: str
    statement: str
    source: str
    test: str
    status: Status
    reason: str = ""
    expected: str = ""
    actual: str = ""
    hint: str = ""
    curl: tuple[str, ...] = ()
    exchanges: tuple[Trace, ...] = ()

    def as_text(self) -> str:
        """The lines that the terminal shows of a failure or an error."""
        lines = [
            f"{self.operation}  {self.behaviour}",
            f"  requirement  {self.statement}  [{self.source}]",
        ]
        if self.status is Status.FAILED:
            lines += [f"  expected     {self.expected}", f"  actual       {self.actual}"]
            lines += [f"  hint         {self.hint}"] if self.hint else []
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
class Report(Printable):
    """All verdicts of a run, one for each behaviour.

    Attributes:
        service: the name of the service that was judged: "gateway".
        gateway: the version it was judged as.
        version_source: how that version was found out.
        profile: the part of the suite that was run: full, quick or read-only.
        profile_note: a line that says what the profile leaves out; "" if nothing.
        leftovers: ids that could not be removed.
        stale: lines that say what is wrong with the baseline.
        gone: True if the service stopped answering before the end.
        not_offered: groups of operations that the service lacks as a whole, by the beginning of their paths.
        connection_notes: lines that say how the service was reached, if not in the plain way.
    """

    service: str
    url: str
    gateway: str
    version_source: str
    suite: str
    date: str
    seconds: float
    reloads: int
    verdicts: tuple[Verdict, ...]
    profile: str = "full"
    profile_note: str = ""
    leftovers: tuple[str, ...] = ()
    gone: bool = False
    not_offered: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    connection_notes: tuple[str, ...] = ()

    def of(self, status: Status) -> list[Verdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.status is status]

    @property
    def not_offered_note(self) -> str:
        """A line that names the groups of operations that are not offered; "" if all are."""
        names = ", ".join(self.not_offered)
        return f"not judged, for the {self.service} has nothing of the kind: {names}" if names else ""

    @property
    def conforms(self) -> bool:
        """True if no behaviour failed, none was left in doubt, and the baseline is true."""
        return not (self.of(Status.FAILED) or self.of(Status.ERROR) or self.stale)


def by_behaviour(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """One verdict for each behaviour: the worst of its tests."""
    order = list(Status)
    worst: dict[str, Verdict] = {}
    for verdict in verdicts:
        before = worst.get(verdict.behaviour)
        if before is None or order.index(verdict.status) > order.index(before.status):
            worst[verdict.behaviour] = verdict
    return tuple(worst.values())


def as_json(report: Report, indent: int | None = 2) -> str:
    """The report as JSON; None as the indent gives one line."""
    document = {
        **vars(report),
        "verdicts": [
            {**vars(verdict), "status": verdict.status.value, "exchanges": list(map(vars, verdict.exchanges))}
            for verdict in report.verdicts
        ],
        "conforms": report.conforms,
        "counts": {status.value: len(report.of(status)) for status in Status},
    }
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """A report that `as_json` wrote."""
    document: dict[str, Any] = json.loads(text)
    del document["conforms"], document["counts"]
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
    for name in ("leftovers", "not_offered", "stale", "connection_notes"):
        document[name] = tuple(document[name])
    return Report(verdicts=tuple(verdicts), **document)


def as_terminal(report: Report) -> str:
    """The report for a reader: failures first, then counts and the verdict."""
    lines = []
    failed = report.of(Status.FAILED)
    for operation in dict.fromkeys(verdict.operation for verdict in failed):
        for verdict in failed:
            lines += [verdict.as_text(), ""] if verdict.operation == operation else []
    errors = report.of(Status.ERROR)
    for reason in dict.fromkeys(verdict.reason for verdict in errors):
        names = [verdict.behaviour for verdict in errors if verdict.reason == reason]
        shown = ", ".join(names[:ERROR_NAMES])
        more = f" and {len(names) - ERROR_NAMES} more" if len(names) > ERROR_NAMES else ""
        lines += [f"error  {shown}{more}", f"  could not be judged: {reason}", ""]
    lines += [f"observed  {v.behaviour}: {v.reason}" for v in report.of(Status.OBSERVED)]
    lines += [f"accepted  {v.behaviour}: {v.reason}" for v in report.of(Status.ACCEPTED)]
    lines += [f"baseline  {text}" for text in report.stale]
    if report.leftovers:
        lines += [f"could not remove: {', '.join(report.leftovers)}", ""]
    counts = [
        f"{len(report.of(status))} {status.value}"
        for status in reversed(Status)
        if status not in (Status.ACCEPTED, Status.OBSERVED) or report.of(status)
    ]
    lines += [note for note in (report.not_offered_note, report.profile_note) if note]
    lines += report.connection_notes
    lines.append(f"{report.url}  {report.service} {report.gateway} ({report.version_source})")
    ending = "conforms" if report.conforms else "does not conform"
    lines.append(f"{ending}: {', '.join(counts)}; {report.reloads} reloads, {report.seconds:.1f} s")
    return "\n".join(lines) + "\n"
