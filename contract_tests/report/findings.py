"""Findings: failures of one cause, told once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from contract_tests.report.printable import Printable

SHOWN = 10  # findings that the terminal shows
NAMES = 5  # of behaviours or operations in a line
CURL_LINES = 8  # of a reproduction that the terminal shows


@dataclass(frozen=True)
class Finding(Printable):
    """The failures of one cause, with one of them as the example.

    Attributes:
        cause: the kind of the cause, for programs: "keeps-nothing".
        summary: what is wrong, in a sentence.
        behaviours: the ids of the behaviours that fail by it.
        operations: the operations of these behaviours.
        statement, source: the requirement of the example.
        expected, actual: the difference of the example.
        hint: another possible cause.
        curl: the exchanges that lead to the example, as lines to paste.
    """

    cause: str
    summary: str
    behaviours: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    statement: str = ""
    source: str = ""
    expected: str = ""
    actual: str = ""
    hint: str = ""
    curl: tuple[str, ...] = ()

    @classmethod
    def of_document(cls, raw: dict[str, Any]) -> Self:
        """The finding that a JSON report holds."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
        }
        return cls(**values)

    @property
    def touched(self) -> str:
        """How much the cause touches: "12 behaviours of 3 operations"; "" if it has no behaviours."""
        if not self.behaviours:
            return ""
        return f"{_counted(self.behaviours, 'behaviour')} of {_counted(self.operations, 'operation')}"

    def as_text(self) -> str:
        """The lines that the terminal shows."""
        touched = f"{self.touched}: {first_of(self.behaviours)}"
        requirement = f"{self.statement}  [{self.source}]" if self.statement else ""
        rows = {
            "touches": touched if self.behaviours else "",
            "requirement": requirement,
            "expected": self.expected,
            "actual": self.actual,
            "hint": self.hint,
        }
        lines = [self.summary, *(f"  {label:11}  {text}" for label, text in rows.items() if text)]
        shown = self.curl[-CURL_LINES:]
        reproduction = (
            [f"# after {len(self.curl) - len(shown)} earlier requests"] if len(shown) < len(self.curl) else []
        )
        for place, line in enumerate([*reproduction, *shown]):
            lines.append(f"  {'' if place else 'reproduce':11}  {line}")
        return "\n".join(lines)

    def without(self, accepted: Collection[str]) -> Self | None:
        """The finding without behaviours whose failure is accepted; None if none is left."""
        left = tuple(name for name in self.behaviours if name not in accepted)
        if self.behaviours and not left:
            return None
        return replace(self, behaviours=left)


def _counted(things: Collection[str], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def first_of(names: Sequence[str]) -> str:
    """The first names, as many as a line shows, and the number of the others."""
    more = len(names) - NAMES
    return ", ".join(names[:NAMES]) + (f" and {more} more" if more > 0 else "")
