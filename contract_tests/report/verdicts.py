"""Verdicts, and the report that is made of them: for the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from contract_tests.engine.preflight import Found
from contract_tests.engine.profile import TOLD

CURL_LINES = 8  # of a failure's history that the terminal shows
ERROR_NAMES = 5  # of behaviours that could not be judged for one reason


class Status(Enum):
    """How a behaviour came out, mildest first."""

    NOT_APPLICABLE = "not applicable"
    PASSED = "passed"
    ACCEPTED = "accepted"
    ERROR = "error"
    FAILED = "failed"


@dataclass(frozen=True)
class Trace:
    """An exchange as reports show it: bodies cut, the secret gone."""

    method: str
    target: str
    sent: str
    status: int
    answered: str


@dataclass(frozen=True)
class Verdict:
    """One behaviour, or one test of it.

    Attributes:
        reason: why it is not applicable or could not be judged.
        expected, actual: what a failure is about.
        hint: what else may be its cause.
        curl: the exchanges that led to a failure, as lines to paste.
        exchanges: the last of what was asked and answered.
    """

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
        """As the terminal shows a failure or an error."""
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
class Report:
    """All verdicts of a run, one for each behaviour.

    Attributes:
        gateway: the version it was judged as.
        version_source: how that version was found out.
        profile: what of the suite was run: full, or read-only.
        leftovers: ids that could not be removed.
        stale: what is wrong with the baseline, in words.
        gone: whether the gateway stopped answering before the end.
        not_offered: beginnings of the paths of which it has no operation at all.
    """

    url: str
    gateway: str
    version_source: str
    suite: str
    date: str
    seconds: float
    reloads: int
    verdicts: tuple[Verdict, ...]
    profile: str = "full"
    leftovers: tuple[str, ...] = ()
    gone: bool = False
    not_offered: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    def of(self, status: Status) -> list[Verdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.status is status]

    @property
    def lacking(self) -> str:
        """What was not judged because nothing of it is there, in words; "" where all is."""
        names = ", ".join(self.not_offered)
        return f"not judged, for the gateway has nothing of the kind: {names}" if names else ""

    @property
    def conforms(self) -> bool:
        """Whether no behaviour failed, none was left in doubt, and the baseline is true."""
        return not (self.of(Status.FAILED) or self.of(Status.ERROR) or self.stale)


def told(report: Report, found: Found) -> Report:
    """The report with the version as it was found out."""
    return replace(report, gateway=str(found.version), version_source=found.source)


def by_behaviour(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """One verdict for each behaviour: the worst of its tests."""
    order = list(Status)
    worst: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = worst.get(verdict.behaviour)
        if known is None or order.index(verdict.status) > order.index(known.status):
            worst[verdict.behaviour] = verdict
    return tuple(worst.values())


def as_json(report: Report) -> str:
    """The report as JSON."""
    document = asdict(report)
    document["conforms"] = report.conforms
    document["counts"] = {status.value: len(report.of(status)) for status in Status}
    for verdict in document["verdicts"]:
        verdict["status"] = verdict["status"].value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


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
    for name in ("leftovers", "not_offered", "stale"):
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
    lines += [f"accepted  {v.behaviour}: {v.reason}" for v in report.of(Status.ACCEPTED)]
    lines += [f"baseline  {text}" for text in report.stale]
    if report.leftovers:
        lines += [f"could not remove: {', '.join(report.leftovers)}", ""]
    counts = [
        f"{len(report.of(status))} {status.value}"
        for status in reversed(Status)
        if status is not Status.ACCEPTED or report.of(status)
    ]
    lines += [report.lacking] if report.lacking else []
    if report.profile == "quick":
        lines.append(TOLD)
    lines.append(f"{report.url}  gateway {report.gateway} ({report.version_source})")
    ending = "conforms" if report.conforms else "does not conform"
    lines.append(f"{ending}: {', '.join(counts)}; {report.reloads} reloads, {report.seconds:.1f} s")
    return "\n".join(lines) + "\n"
