"""Markdown of a page that is made: a head, tables, and texts that mean themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mockserver.cli.catalogue_formats import plain


def page(title: str, introduction: str, *blocks: Iterable[str]) -> str:
    """A page of a title, a paragraph and blocks of lines."""
    lines = [f"# {title}", "", introduction, ""]
    for block in blocks:
        lines += [*block, ""]
    return "\n".join(lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; the cells are Markdown."""
    lines = ["", f"| {' | '.join(heads)} |", "| " + "--- | " * len(heads)]
    lines += [f"| {' | '.join(' '.join(cell.split()) for cell in row)} |" for row in rows]
    return [*lines, ""]


def code(text: object) -> str:
    """A text as code in a line, which may stand in a table."""
    escaped = str(text).replace("|", "&#124;").replace("<", "&lt;").replace("`", "&#96;")
    return f"<code>{escaped}</code>" if escaped else ""


def first_sentence(docstring: str | None) -> str:
    """The first paragraph of a docstring in one line, as Markdown that means itself."""
    return plain(" ".join((docstring or "").partition("\n\n")[0].split()))
