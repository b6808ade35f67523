"""The formats of a comparison: for a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from mockserver.cli.comparison.difference import Comparison, Difference

LONGEST = 300  # characters of what a side has
SHOWN = 3  # operations of a difference by name


def as_text(comparison: Comparison) -> str:
    """The sides, what to know first, and a paragraph for each difference."""
    lines = [
        f"{name}  {side.name}  {side.service} {side.version}"
        for name, side in (("A", comparison.a), ("B", comparison.b))
    ]
    lines += [f"note  {note}" for note in comparison.notes]
    for difference in comparison.differences:
        lines += ["", f"{difference.kind}  {difference.subject}{_counts(difference)}"]
        lines += [f"  matters to  {'; '.join(difference.audiences)}"] if difference.audiences else []
        lines += [f"  seen in     {_operations(difference)}"] if difference.operations else []
        lines += [f"  A           {_cut(difference.a)}", f"  B           {_cut(difference.b)}"]
        lines += [f"  reproduce   {difference.example}"] if difference.example else []
    lines += [f"warning  {warning}" for warning in comparison.warnings]
    return "\n".join([*lines, "", comparison.sentence]) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """The sides, what to know first, and a table of the differences."""
    a, b = comparison.a, comparison.b
    lines = [
        f"# {comparison.sentence.capitalize()}",
        "",
        f"- A: `{a.name}`, {a.service} {a.version}",
        f"- B: `{b.name}`, {b.service} {b.version}",
        *(f"- {_cell(note)}" for note in comparison.notes),
        *(f"- warning: {_cell(warning)}" for warning in comparison.warnings),
    ]
    if comparison.differences:
        lines += ["", "| difference | A | B | seen in | matters to |", "| --- | --- | --- | --- | --- |"]
    for difference in comparison.differences:
        cells = (
            f"{difference.kind} {_code(difference.subject)}{_cell(_counts(difference))}",
            _code(_cut(difference.a)),
            _code(_cut(difference.b)),
            _cell(_operations(difference)),
            _cell("; ".join(difference.audiences)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON."""
    return json.dumps(comparison.as_dict(), indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Comparison], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _counts(difference: Difference) -> str:
    parts = [f"{difference.count} times"] if difference.count > 1 else []
    parts += [f"{difference.followed} more differ after it"] if difference.followed else []
    return f"  ({', '.join(parts)})" if parts else ""


def _operations(difference: Difference) -> str:
    names, more = difference.operations[:SHOWN], len(difference.operations) - SHOWN
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`" if text else ""
