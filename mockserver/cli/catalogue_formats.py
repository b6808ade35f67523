"""The catalogue of behaviours as text, Markdown, JSON, and one HTML page that asks no other server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from mockserver.cli.catalogue import Entry
from mockserver.contract import addresses
from mockserver.contract.behaviours import EVIDENCE

Catalogue = Mapping[str, Sequence[Entry]]  # the entries by the name of their service
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_INTRODUCTION = (
    "{} behaviours, which no schema can express, by the operation that shows them: *any* operation, or *all* "
    "requests of a run together. The id of a behaviour is its anchor on this page."
)
_NO_TEST = "none: the configuration cannot be set over HTTP, and recordings show it"


def as_text(catalogue: Catalogue) -> str:
    """Three lines for each behaviour."""
    lines = []
    for entry in _all(catalogue):
        row = entry.row
        spans = ", ".join(map(str, row.spans))
        head = f"{row.id}  ({row.operation}, {row.level}{'' if spans == 'all' else f', {spans}'})"
        lines += [head, f"    {row.statement}", f"    {entry.evidence}: {row.source}"]
    return "\n".join(lines) + "\n"


def as_json(catalogue: Catalogue) -> str:
    """A list of objects, one for each behaviour."""
    return json.dumps([_as_dict(entry) for entry in _all(catalogue)], indent=2, ensure_ascii=False) + "\n"


def _as_dict(entry: Entry) -> dict[str, Any]:
    row, example = entry.row, entry.example
    return {
        "service": row.service,
        "id": row.id,
        "operation": row.operation,
        "level": row.level,
        "statement": row.statement,
        "versions": [str(span) for span in row.spans],
        "evidence": row.evidence,
        "may_fail": row.may_fail,
        "source": row.source,
        "links": addresses.urls(row.source),
        "published": row.published,
        "tests": [{"name": test.name, "source": test.source} for test in entry.tests],
        "deviations": [deviation.id for deviation in entry.deviations],
        "example": example
        and {"place": example.place, "request": list(example.request), "answer": example.answer},
    }


def as_markdown(catalogue: Catalogue) -> str:
    """A page with a heading for each operation and each behaviour, whose anchor is its id."""
    lines = []
    for service, entries in catalogue.items():
        lines += [f"# Behaviours of the {service.capitalize()}", "", _INTRODUCTION.format(len(entries)), ""]
        for operation, group in by_operation(entries):
            lines += [f"## {operation}", ""]
            lines += [line for entry in group for line in _entry_lines(entry)]
    return "\n".join(lines).rstrip() + "\n"


def _entry_lines(entry: Entry) -> list[str]:
    row, example = entry.row, entry.example
    source = "".join(
        f"[{plain(part.text)}]({part.url})" if part.url else plain(part.text)
        for part in addresses.segments(row.source)
    )
    items = {
        "level": row.level,
        "versions": plain(entry.versions),
        "evidence": f"{plain(entry.evidence)}: {EVIDENCE[row.evidence]}",
        "source": source,
        "published": plain(row.published),
        "test": ", ".join(f"`{test.name}`" for test in entry.tests) or _NO_TEST,
        **{f"deviation {it.id}": plain(f"{it.published} {it.actual}") for it in entry.deviations},
    }
    lines = [f"### {row.id}", "", plain(row.statement), ""]
    lines += [f"- {name}: {text}" for name, text in items.items() if text]
    lines.append("")
    if example:
        exchange = "\n".join([*example.request, f"-> {example.answer}"])
        lines += _folded(f"Example of {example.place}", "text", exchange)
    for test in entry.tests:
        lines += _folded(test.name.partition("::")[2], "python", test.source)
    return lines


def _folded(summary: str, language: str, text: str) -> list[str]:
    """A block of code that is folded away."""
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall(r"`+", text) or [""]))
    return [
        '<details markdown="1">', f"<summary>{summary}</summary>", "",
        f"{fence}{language}", *text.splitlines(), fence, "", "</details>", "",
    ]  # fmt: skip


def plain(text: str) -> str:
    """A text in Markdown that means itself."""
    return _SPECIAL.sub(r"\\\1", text)


def as_html(catalogue: Catalogue) -> str:
    """One page with a filter, which needs no other file and asks no other server.

    The anchor of a behaviour is its id; on a page of several services, with the name of the service before
    it for all but the first.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    first = next(iter(catalogue), "")
    return environment.get_template("behaviours.html").render(
        catalogue={service: by_operation(entries) for service, entries in catalogue.items()},
        counts={service: len(entries) for service, entries in catalogue.items()},
        prefix={service: "" if service == first else f"{service}-" for service in catalogue},
        segments=addresses.segments,
        meanings=EVIDENCE,
        no_test=_NO_TEST,
    )


FORMATS: dict[str, Callable[[Catalogue], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
    "html": as_html,
}


def _all(catalogue: Catalogue) -> Iterable[Entry]:
    return (entry for entries in catalogue.values() for entry in entries)


def by_operation(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """The entries of each operation, in the order of the first of them."""
    order = list(dict.fromkeys(entry.row.operation for entry in entries))
    ordered = sorted(entries, key=lambda entry: order.index(entry.row.operation))
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda entry: entry.row.operation)]
