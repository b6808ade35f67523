"""Causes in the form of answers: bodies and headers that something on the way has changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import Cause, Evidence, share
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.engine.failure import Failure

MOST = 0.5  # share of answers that a change is in, to be one of all answers
LEAST = 3  # failures that show one change
VALUE = 60  # characters of a value in a sentence
_JSON = "application/json"
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True)
class Change:
    """A change between a body that is required and the one that came.

    Attributes:
        kind: a word for programs.
        sentence: what is changed.
    """

    kind: str
    sentence: str


def encodings(evidence: Evidence) -> Iterator[Cause]:
    """A compression that no request asked for."""
    yield from _in_answers(
        evidence,
        "compressed",
        lambda exchange: exchange.header("Content-Encoding"),
        "Answers are compressed (Content-Encoding: {}), although no request accepts that",
        of_json=False,
    )


def pages(evidence: Evidence) -> Iterator[Cause]:
    """Pages in HTML where the service answers in another form."""
    pages = [
        exchange
        for exchanges in evidence.by_operation.values()
        for exchange in exchanges
        if _is_page(exchange) and not evidence.declares(exchange, "text/html")
    ]
    if len(pages) >= LEAST:
        texts = ", ".join(map(str, sorted({exchange.status for exchange in pages})[:6]))
        what = "Errors" if min(exchange.status for exchange in pages) >= 400 else "Requests"
        yield Cause(
            "html",
            f"{what} are answered with HTML pages, as of a server in front of the {evidence.name}: "
            f"{len(pages)} answers with status {texts}.",
            lambda failure: any(map(_is_page, failure.involved)),
        )


def lists(evidence: Evidence) -> Iterator[Cause]:
    """Lists that are cut at a number of items."""
    for operation, exchanges in evidence.by_operation.items():
        values = [value for exchange in exchanges if isinstance(value := exchange.json, list)]
        longest = max(map(len, values), default=0)
        count = sum(len(value) == longest for value in values)
        if longest > 1 and count >= LEAST and share(count, len(values)) >= MOST:
            yield Cause(
                "list-cut",
                f"Lists are cut: {operation.label} never answers more than {longest} items, "
                f"{count} of {len(values)} times just as many.",
                _concerns(evidence, operation.id),
            )


def content_types(evidence: Evidence) -> Iterator[Cause]:
    """A content type of JSON answers that is another one throughout."""
    yield from _in_answers(
        evidence,
        "content-type",
        lambda exchange: (
            ""
            if exchange.header("Content-Type") == _JSON or _is_page(exchange)
            else exchange.header("Content-Type") or "none"
        ),
        f"The Content-Type of JSON answers is {{}}, not {_JSON}",
    )


def bodies(evidence: Evidence) -> Iterator[Cause]:
    """A change of bodies that most failures about a body show, the most frequent one first."""
    changes = {
        id(failure): changes_of(failure.body, failure.at)
        for failure in evidence.failures
        if failure.body is not None and failure.at is not None
    }
    if not changes:
        return
    counts = Counter(change for of_failure in changes.values() for change in of_failure)
    for change, count in counts.most_common():
        if count < LEAST or share(count, len(changes)) < MOST:
            return
        summary = f"{change.sentence} ({count} of {len(changes)} answers whose body differs)."
        yield Cause(change.kind, evidence.masked(summary), _shows(change, changes))


def changes_of(required: str, exchange: Exchange) -> frozenset[Change]:
    """The changes of a body, each told without what is of this answer alone."""
    wanted, answered = json_of(required), exchange.json
    if wanted is None:
        return frozenset()
    if not exchange.text.strip():
        return frozenset({Change("body", "Bodies are empty")})
    if answered is None:
        return frozenset({Change("body", f"Bodies are not JSON, as {_cut(exchange.text)}")})
    if wanted == answered:
        return frozenset({_of_text(required, exchange.text, wanted)})
    return frozenset(_of_values(wanted, answered, ""))


def _of_text(required: str, text: str, value: Any) -> Change:
    """How the same JSON is written otherwise."""
    if text.strip() == required.strip():
        told = "end without a line break" if not text.endswith("\n") else "have other space around them"
        return Change("reformatted", f"Bodies {told}")
    if json.dumps(json_of(text), separators=(",", ":"), ensure_ascii=False) == required.strip():
        return Change("reformatted", "JSON is written again, with other white space or escapes")
    if list(_names(json_of(text))) != list(_names(value)):
        return Change("reformatted", "JSON is written again, with its members in another order")
    return Change("reformatted", "JSON is written again, with other escapes or numbers")


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _names(member)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _of_values(wanted: Any, answered: Any, name: str) -> Iterator[Change]:
    """The changes within a value; `name` is the member that has it."""
    if isinstance(wanted, dict) and isinstance(answered, dict):
        yield from _of_objects(wanted, answered)
    elif isinstance(wanted, list) and isinstance(answered, list) and len(wanted) == len(answered):
        for one, other in zip(wanted, answered, strict=True):
            yield from _of_values(one, other, name)
    elif wanted != answered or isinstance(wanted, bool) is not isinstance(answered, bool):
        kinds = _kind(wanted), _kind(answered)
        if kinds[0] != kinds[1]:
            yield Change("type-changed", f"{_plural(kinds[0])} are answered as {_plural(kinds[1]).lower()}")
        else:
            yield Change("value-changed", f"{name or 'A body'} is {_cut(answered)}, not {_cut(wanted)}")


def _of_objects(wanted: dict[str, Any], answered: dict[str, Any]) -> Iterator[Change]:
    """The changes between two objects and within their members."""
    if _folded(answered.keys() - wanted.keys()) & _folded(wanted.keys() - answered.keys()):
        yield Change("members-renamed", "Members have other names, but for case and underscores the same")
        return
    for member in answered.keys() - wanted.keys():
        yield Change("member-added", f"A member {member!r} is added to objects")
    missing = wanted.keys() - answered.keys()
    if missing and not any(wanted[member] for member in missing):
        yield Change("members-dropped", 'Members without a value (null, 0, "", false, [] or {}) are left out')
    for member in missing:
        yield Change("member-dropped", f"The member {member!r} is missing in objects")
    for member in wanted.keys() & answered.keys():
        yield from _of_values(wanted[member], answered[member], member)


def _folded(names: Iterable[str]) -> set[str]:
    return {name.replace("_", "").lower() for name in names}


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a value")


def _plural(kind: str) -> str:
    words = {
        "a number": "Numbers",
        "a text": "Texts",
        "a list": "Lists",
        "an object": "Objects",
        "null": "Nulls",
    }
    return words.get(kind, "Booleans")


def _cut(value: Any) -> str:
    return shorten(value if isinstance(value, str) else json.dumps(value), VALUE)


class _shows:  # noqa: N801  a predicate
    """True for a failure whose body shows a change."""

    def __init__(self, change: Change, changes: dict[int, frozenset[Change]]) -> None:
        self._change = change
        self._changes = changes

    def __call__(self, failure: Failure) -> bool:
        return self._change in self._changes.get(id(failure), ())


def _is_page(exchange: Exchange) -> bool:
    return exchange.header("Content-Type").startswith("text/html")


def _concerns(evidence: Evidence, operation_id: str) -> Callable[[Failure], bool]:
    """True for a failure whose exchanges have one with an operation."""

    def concerns(failure: Failure) -> bool:
        reached = (evidence.operations.get(id(exchange)) for exchange in failure.involved)
        return any(operation is not None and operation.id == operation_id for operation in reached)

    return concerns


def _in_answers(
    evidence: Evidence, kind: str, trait_of: Callable[[Exchange], str], sentence: str, *, of_json: bool = True
) -> Iterator[Cause]:
    """A trait of most answers of the operations, with the value that most of them have."""
    answers = [
        exchange
        for exchanges in evidence.by_operation.values()
        for exchange in exchanges
        if exchange.answer is not None
        and exchange.answer.stored
        and (not of_json or evidence.declares(exchange, _JSON))
    ]
    traits = [(exchange, trait) for exchange in answers if (trait := trait_of(exchange))]
    if len(traits) < LEAST or share(len(traits), len(answers)) < MOST:
        return
    value, count = Counter(trait for _, trait in traits).most_common(1)[0]
    shown = shorten(evidence.masked(value), VALUE)
    summary = f"{sentence.format(shown)} ({count} of {len(answers)} answers)."
    yield Cause(
        kind, summary, lambda failure: any(trait_of(exchange) == value for exchange in failure.involved)
    )
