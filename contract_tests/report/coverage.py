"""Coverage: which of the answers and members that a contract declares a run has seen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from contract_tests.report.printable import Printable

NAMED = 12  # operations that a line names


@dataclass(frozen=True)
class StatusCoverage(Printable):
    """The answers of one operation with one status.

    Attributes:
        operation: the operationId: "addPolicy".
        label: method and path: "POST /tyk/policies".
        answers: the number of answers in the run.
        behaviours: the ids of the behaviours whose tests had such an answer.
        versions: the release lines whose contract declares it: ("5.12", "5.13").
        is_declared: True if the contract of the version that was judged declares it.
    """

    operation: str
    label: str
    status: int
    answers: int
    behaviours: tuple[str, ...]
    versions: tuple[str, ...]
    is_declared: bool


@dataclass(frozen=True)
class MemberCoverage(Printable):
    """A member of a schema, as requests and answers of the run had it.

    Attributes:
        member: the schema and the name: "Policy.rate".
        answered: the number of answers with it; None if no answer of the version declares it.
        sent: the number of requests with it; None if no request of the version declares it.
        versions, is_declared: as those of a status.
    """

    member: str
    answered: int | None
    sent: int | None
    versions: tuple[str, ...]
    is_declared: bool


@dataclass(frozen=True)
class Coverage(Printable):
    """What a run has seen of the contract of one version.

    Attributes:
        statuses: a row for each status of each operation, of all versions, and for each that was answered.
        members: a row for each member, likewise.
        content_types: answers with a content type that is not declared: "getPolicy 200 text/plain".
        groups: the groups of operations that answered requests: "/tyk/keys".
        idle: the judged behaviours whose tests sent no request, for they read the answers of the others.
    """

    statuses: tuple[StatusCoverage, ...]
    members: tuple[MemberCoverage, ...]
    content_types: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def declared(self) -> list[StatusCoverage]:
        """The statuses that the contract of the version declares; the percentage counts these."""
        return [row for row in self.statuses if row.is_declared]

    @property
    def missing(self) -> list[StatusCoverage]:
        """The declared statuses that were never answered; after a full run, what no behaviour reaches."""
        return [row for row in self.declared if not row.answers]

    @property
    def undeclared(self) -> list[str]:
        """What was answered and is not declared: statuses, members and content types."""
        statuses = [
            f"{row.operation} {row.status}" for row in self.statuses if not row.is_declared and row.answers
        ]
        members = [row.member for row in self.members if not row.is_declared and row.answered]
        return [*statuses, *self.content_types, *members]

    @property
    def percent(self) -> float:
        """The share of the declared statuses that were answered, in percent, rounded down to a tenth."""
        count = len(self.declared)
        return math.floor(1000 * (count - len(self.missing)) / count) / 10 if count else 100.0

    @property
    def summary(self) -> str:
        """The line that the terminal shows."""
        operations = {row.operation for row in self.declared}
        members = [row for row in self.members if row.is_declared]
        seen = sum(bool(row.answered or row.sent) for row in members)
        answered = len(self.declared) - len(self.missing)
        return (
            f"coverage {self.percent:g} %: {answered} of {len(self.declared)} statuses of {len(operations)} "
            f"operations were answered, {seen} of {len(members)} members seen, "
            f"{len(self.undeclared) or 'nothing'} not declared"
        )

    def shortfall(self, percent: float) -> str:
        """The sentence that names what is missing, if that is too much; else ""."""
        count = len(self.declared)
        if 100 * (count - len(self.missing)) >= percent * count:
            return ""
        names = _by_operation(self.missing)
        more = f"; and of {len(names) - NAMED} more operations" if len(names) > NAMED else ""
        return (
            f"the coverage is {self.percent:g} %, below --min-coverage {percent:g}; never answered: "
            f"{'; '.join(names[:NAMED])}{more}"
        )

    def as_document(self) -> dict[str, Any]:
        """The coverage as reports in JSON hold it, with what follows from the rows."""
        return {
            "percent": self.percent,
            "declared": len(self.declared),
            "answered": len(self.declared) - len(self.missing),
            "missing": [f"{row.operation} {row.status}" for row in self.missing],
            "undeclared": self.undeclared,
            **asdict(self),
        }

    @classmethod
    def of_document(cls, raw: dict[str, Any]) -> Self:
        """The coverage that `as_document` wrote."""
        return cls(
            statuses=tuple(
                StatusCoverage(
                    **{**row, "behaviours": tuple(row["behaviours"]), "versions": tuple(row["versions"])}
                )
                for row in raw["statuses"]
            ),
            members=tuple(
                MemberCoverage(**{**row, "versions": tuple(row["versions"])}) for row in raw["members"]
            ),
            content_types=tuple(raw["content_types"]),
            groups=tuple(raw["groups"]),
            idle=tuple(raw["idle"]),
        )

    def table(self) -> list[tuple[str, ...]]:
        """The rows of a table by operation, below a row of headings."""
        rows: list[tuple[str, ...]] = [
            ("operation", "answered", "never answered", "not declared", "behaviours")
        ]
        for label in dict.fromkeys(row.label for row in self.statuses):
            of_operation = [row for row in self.statuses if row.label == label]
            answered = [
                f"{row.status} ({row.answers})" for row in of_operation if row.is_declared and row.answers
            ]
            never = [str(row.status) for row in of_operation if row.is_declared and not row.answers]
            beyond = [
                f"{row.status} ({row.answers})" for row in of_operation if not row.is_declared and row.answers
            ]
            behaviours = {name for row in of_operation for name in row.behaviours}
            if answered or never or beyond:
                rows.append((label, *map(", ".join, (answered, never, beyond)), str(len(behaviours))))
        return rows


def _by_operation(rows: Iterable[StatusCoverage]) -> list[str]:
    """The statuses of each operation: "addPolicy 400, 500"."""
    statuses: dict[str, list[str]] = {}
    for row in rows:
        statuses.setdefault(row.operation, []).append(str(row.status))
    return [f"{operation} {', '.join(texts)}" for operation, texts in statuses.items()]
