"""Findings, and the documents that they are reported of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.gateway.lint import rules
from mockserver.gateway.lint.rules import Kind, Level
from mockserver.gateway.lint.source import Source, Steps, steps_to


class Edit(NamedTuple):
    """A change of a text: the characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        rule: the id of the rule.
        file: the path of the file.
        line, column: where, both from 1.
        subject: the document that it is about, such as "policy gold"; "" for the file.
        member: the path of the member, such as "access_rights/orders/limit/rate"; "" for the document.
        message: what is there.
        effect: what a gateway of the version does.
        remedy: the next step.
        edits: the changes of --fix; none if the remedy is not mechanical.
    """

    rule: str
    level: Level
    file: str
    line: int
    column: int
    subject: str
    member: str
    message: str
    effect: str
    remedy: str
    edits: tuple[Edit, ...] = field(default=(), repr=False)

    @property
    def sentence(self) -> str:
        """What is there, what a gateway does, and the remedy."""
        names = ", ".join(filter(None, (self.subject, self.member)))
        told = f"{self.message}; {self.effect}; {self.remedy}"
        return f"{names}: {told}" if names else told

    def __str__(self) -> str:
        """The finding in one line, which begins with its place: "policies.json:3:7: warning: ..."."""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.level.label}: {self.sentence} [{self.rule}]"

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON, without its edits."""
        names = ("rule", "file", "line", "column", "subject", "member", "message", "effect", "remedy")
        return {"level": self.level.label, **{name: getattr(self, name) for name in names}}


class Findings:
    """The findings of one run, in the order in which they were made.

    Attributes:
        behaviours: the behaviours of the version.
        version: the version in messages.
    """

    def __init__(self, behaviours: frozenset[str], version: str) -> None:
        self.behaviours = behaviours
        self.version = version
        self._rules = rules.load()
        self._items: list[Finding] = []

    def take(self) -> list[Finding]:
        """The findings since the last call."""
        items, self._items = self._items, []
        return items

    def add(
        self,
        rule_id: str,
        source: Source,
        kind: Kind,
        position: int,
        message: str,
        *,
        subject: str = "",
        member: str = "",
        edits: tuple[Edit, ...] = (),
        values: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Add a finding at a character of a file; `values` fill the fields of the effect and the remedy."""
        rule = self._rules[rule_id]
        effect = rule.effect(kind, self.behaviours)
        line, column = source.line_and_column(position)
        filled = {"version": self.version, **values}
        self._items.append(
            Finding(
                rule.id,
                rule.level if effect.level is None else effect.level,
                source.name,
                line,
                column,
                subject,
                member,
                message,
                effect.text.format_map(filled),
                rule.remedy.format_map(filled),
                edits,
            )
        )


@dataclass(frozen=True)
class Document:
    """A document in a file: a policy, a session, an API definition or a configuration.

    Attributes:
        findings: where its findings go.
        source: the file.
        kind: the kind of the file.
        node: the node of the document.
        steps: the steps from the top of the file to it.
        subject: its name in messages.
    """

    findings: Findings
    source: Source
    kind: Kind
    node: Any
    steps: Steps
    subject: str

    def report(self, rule_id: str, path: Sequence[str], message: str, **values: object) -> None:
        """Report a finding of the member with a path of names, or of its nearest parent if it is absent."""
        place = self.source.place(self.steps + steps_to(self.node, path))
        self.findings.add(
            rule_id, self.source, self.kind, place.name, message,
            subject=self.subject, member="/".join(path), values=values,
        )  # fmt: skip

    def report_at(
        self, rule_id: str, steps: Steps, member: str, message: str, *, edit: str | None = None,
        at_name: bool = True, **values: object,
    ) -> None:  # fmt: skip
        """Report a finding at the steps to a member; `edit` is the text that its name or value should be."""
        place = self.source.place(self.steps + steps)
        edits: tuple[Edit, ...] = ()
        if edit is not None:
            start, end = (
                (place.name, _end_of_name(self.source, place.name)) if at_name else (place.start, place.end)
            )
            edits = (Edit(start, end, edit),)
        position = place.name if at_name else place.start
        self.findings.add(
            rule_id, self.source, self.kind, position, message,
            subject=self.subject, member=member, edits=edits, values=values,
        )  # fmt: skip

    def has(self, name: str) -> bool:
        """True if the document has a member that Go reads for a name."""
        return bool(steps_to(self.node, (name,)))


def _end_of_name(source: Source, start: int) -> int:
    """The character after the name of a member; names in escapes are not edited."""
    return source.text.index('"', start + 1) + 1
