"""Verdicts, and the report that holds them, as the terminal shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from contract_tests.report import findings as of_findings
from contract_tests.report.conformance.implementation import Implementation
from contract_tests.report.coverage import Coverage
from contract_tests.report.findings import Finding, first_of
from contract_tests.report.outcomes import Outcome, outcome_of
from contract_tests.report.printable import Printable

LEVELS = ("core", "extended", "setup")
OF_SEVERAL = {"any": "any operation", "all": "all requests"}  # what stands in the place of an operation
CURL_LINES = 8  # of a failure's history that the terminal shows


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
        level: the level of the behaviour: core, extended or setup.
        is_left_out: True if it is not applicable because the user's settings leave it out.
        flaky: how often it failed, if the run was repeated and it did not fail each time; else "".
        seconds: the time of the answers to its tests, without the reloads that tests share.
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
    level: str = "core"
    is_left_out: bool = False
    flaky: str = ""
    seconds: float = 0.0

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


def outcome(verdicts: Iterable[Verdict], *, stale: int = 0) -> Outcome:
    """The verdict that behaviours give together, with the number of baseline entries that are out of date."""
    verdicts = list(verdicts)
    counts = Counter(verdict.status for verdict in verdicts)
    judged = len(verdicts) - counts[Status.NOT_APPLICABLE]
    return outcome_of(
        judged,
        judged + sum(verdict.is_left_out for verdict in verdicts),
        failed=counts[Status.FAILED],
        errors=counts[Status.ERROR],
        accepted=counts[Status.ACCEPTED],
        stale=stale,
    )


@dataclass(frozen=True)
class Report(Printable):
    """All verdicts of a run, one for each behaviour.

    Attributes:
        service: the name of the service that was judged: "gateway".
        gateway: the version it was judged as.
        version_source: how that version was found out.
        profile: the part of the suite that was run: full, quick or read-only.
        profile_note: a line that says what the profile leaves out; "" if nothing.
        leftovers: the targets of what could not be removed.
        stale: lines that say what is wrong with the baseline.
        gone: True if the service stopped answering before the end.
        not_offered: groups of operations that the service lacks as a whole, by the beginning of their paths.
        connection_notes: lines that say how the service was reached, if not in the plain way.
        findings: the failures by their causes, root causes first.
        observations: lines about what nobody asked for and is worth telling, such as slow answers.
        coverage: what the run has seen of the contract; None if nobody asked for it.
        command: the command that made the report, without secrets; "" if it was not a command of ours.
        implementation: whose product was judged; None if nobody said.
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
    findings: tuple[Finding, ...] = ()
    observations: tuple[str, ...] = ()
    coverage: Coverage | None = None
    command: str = ""
    implementation: Implementation | None = None

    def of(self, status: Status) -> list[Verdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.status is status]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the behaviours in alphabetical order, those of any or all operations last."""
        names = {verdict.operation for verdict in self.verdicts}
        return tuple(sorted(names, key=lambda name: (name in OF_SEVERAL, name)))

    @property
    def not_offered_note(self) -> str:
        """A line that names the groups of operations that are not offered; "" if all are."""
        names = ", ".join(self.not_offered)
        return f"not judged, for the {self.service} has nothing of the kind: {names}" if names else ""

    @property
    def in_doubt(self) -> dict[str, str]:
        """The behaviours that could not be judged, as a line shows them, by the reason."""
        names: dict[str, list[str]] = {}
        for verdict in self.of(Status.ERROR):
            names.setdefault(verdict.reason, []).append(verdict.behaviour)
        return {reason: first_of(group) for reason, group in names.items()}

    @property
    def conforms(self) -> bool:
        """True if no behaviour failed, none was left in doubt, and the baseline is true."""
        return not (self.of(Status.FAILED) or self.of(Status.ERROR) or self.stale)

    @property
    def outcome(self) -> Outcome:
        """The verdict on the service."""
        return outcome(self.verdicts, stale=len(self.stale))

    @property
    def levels(self) -> dict[str, Outcome]:
        """The verdict on each level."""
        return {
            level: outcome([verdict for verdict in self.verdicts if verdict.level == level])
            for level in LEVELS
        }


def by_behaviour(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """One verdict for each behaviour: the worst of its tests, with the time of all of them."""
    order = list(Status)
    worst: dict[str, Verdict] = {}
    seconds: Counter[str] = Counter()
    for verdict in verdicts:
        seconds[verdict.behaviour] += verdict.seconds  # type: ignore[assignment]  # typed for whole numbers
        before = worst.get(verdict.behaviour)
        if before is None or order.index(verdict.status) > order.index(before.status):
            worst[verdict.behaviour] = verdict
    return tuple(replace(verdict, seconds=round(seconds[name], 6)) for name, verdict in worst.items())


def merged(rounds: Sequence[Mapping[str, Verdict]]) -> dict[str, Verdict]:
    """The verdicts of a repeated run by test: the worst of each, told as flaky if another round passed."""
    order = list(Status)
    worst: dict[str, Verdict] = {}
    for name in dict.fromkeys(name for one in rounds for name in one):
        of_test = [one[name] for one in rounds if name in one]
        verdict = max(of_test, key=lambda verdict: order.index(verdict.status))
        bad = sum(other.status is verdict.status for other in of_test)
        if verdict.status in (Status.FAILED, Status.ERROR) and bad < len(of_test):
            verdict = replace(verdict, flaky=f"{verdict.status.value} in {bad} of {len(of_test)} runs")
        worst[name] = verdict
    return worst


def levels_of(report: Report) -> dict[str, dict[str, Any]]:
    """The verdict on each level, as reports hold it."""
    return {
        level: {
            "status": verdict.status.value,
            "verdict": verdict.sentence,
            "judged": verdict.judged,
            "applicable": verdict.applicable,
        }
        for level, verdict in report.levels.items()
    }


def as_terminal(report: Report) -> str:
    """The report for a reader: failures first, then counts and the verdict."""
    lines = of_findings.as_text(report.findings)
    for reason, names in report.in_doubt.items():
        lines += [f"error  {names}", f"  could not be judged: {reason}", ""]
    lines += [f"observed  {v.behaviour}: {v.reason}" for v in report.of(Status.OBSERVED)]
    lines += [f"accepted  {v.behaviour}: {v.reason}" for v in report.of(Status.ACCEPTED)]
    lines += [f"flaky  {v.behaviour}: {v.flaky}" for v in report.verdicts if v.flaky]
    lines += [f"baseline  {text}" for text in report.stale]
    lines += report.observations
    if report.leftovers:
        lines += [f"could not remove: {', '.join(report.leftovers)}", ""]
    counts = [
        f"{len(report.of(status))} {status.value}"
        for status in reversed(Status)
        if status not in (Status.ACCEPTED, Status.OBSERVED) or report.of(status)
    ]
    lines += [note for note in (report.not_offered_note, report.profile_note) if note]
    lines += report.connection_notes
    lines += [report.coverage.summary] if report.coverage else []
    lines.append(f"{report.url}  {report.service} {report.gateway} ({report.version_source})")
    lines.append("; ".join(f"{level} {verdict.sentence}" for level, verdict in report.levels.items()))
    lines.append(
        f"{report.outcome.sentence}: {', '.join(counts)}; {report.reloads} reloads, {report.seconds:.1f} s"
    )
    return "\n".join(lines) + "\n"
