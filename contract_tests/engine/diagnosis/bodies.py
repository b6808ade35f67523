"""Causes in bodies that something on the way has changed, by those that are required."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import LEAST, MOST, WIDER, Cause, Evidence, share
from contract_tests.engine.diagnosis.requests import traits
from contract_tests.engine.diagnosis.rewritings import rewriting
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.engine.failure import Failure

AS_KNOWN = 2  # failures that show a way in which servers rewrite values, which chance hardly does
OF_ONE_TEXT = ("Texts begin with", "Texts end with", "Texts are cut off")  # which may be one text alone
VALUE = 60  # characters of a value in a sentence
_WITH_POINT = "Integers are answered with a decimal point, as 5.0 for 5"
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
        what: the values that are changed, in a word, if it is all of a kind.
        member: the name of a member that has lost its value; "" for another change.
    """

    kind: str
    sentence: str
    what: str = ""
    member: str = ""


def bodies(evidence: Evidence) -> Iterator[Cause]:
    """A change of bodies that most failures about a body show, the most frequent one first."""
    changes = changes_by_failure(evidence)
    if not changes:
        return
    counts = Counter(change for of_failure in changes.values() for change in of_failure)
    of_one_value = {count for change, count in counts.items() if change.kind == "value-changed"}
    kept = _kept_kinds(evidence.failures)
    retyped = max((counts[c] for c in counts if c.kind == "type-changed" and c.what not in kept), default=0)
    for change, count in counts.most_common():
        if count in of_one_value and (
            change.kind == "value-fixed" or change.sentence.startswith(OF_ONE_TEXT)
        ):
            continue  # the required value is the same too
        if change.kind == "type-changed" and change.what in kept:
            continue  # other values of that kind came as they are
        if change.kind == "member-retyped" and count <= retyped:
            continue  # all values of that kind are told
        least = AS_KNOWN if change.kind == "text-changed" else LEAST
        if count < least or share(count, len(changes)) < MOST:
            return
        if count < LEAST and any(traits(evidence)):
            return
        explains = _shows(change, changes)
        showing = [failure for failure in evidence.failures if explains(failure)]
        if any(_is_wider(cause, showing, evidence.failures) for cause in traits(evidence)):
            return
        when = ", each after an update" if all(map(_has_update, showing)) else ""
        summary = f"{change.sentence} ({count} of {len(changes)} answers whose body differs{when})."
        yield Cause(change.kind, evidence.masked(summary), explains)


def changes_by_failure(evidence: Evidence) -> dict[int, frozenset[Change]]:
    """The changes of each failure about a body, by the identity of the failure."""
    return {
        id(failure): changes
        for failure in evidence.failures
        if failure.at is not None and (changes := _changes_at(failure, failure.at)) is not None
    }


def _is_wider(cause: Cause, showing: Sequence[Failure], failures: Sequence[Failure]) -> bool:
    """True if a cause explains all that shows a change, and much more."""
    explained = sum(map(cause.explains, failures))
    return all(map(cause.explains, showing)) and explained >= WIDER * len(showing)


def _has_update(failure: Failure) -> bool:
    """True if something was updated before the answer of a failure."""
    return any(exchange.method == "PUT" and exchange.status == 200 for exchange in failure.exchanges)


def _changes_at(failure: Failure, exchange: Exchange) -> frozenset[Change] | None:
    """The changes of a failure about a body; None for another failure, as one about another error."""
    if failure.status_expected not in (0, exchange.status):
        return None
    if failure.body is not None:
        return changes_of(failure.body, exchange)
    return None if failure.members is None else changes_of_members(failure.members, exchange)


def changes_of_members(required: Mapping[str, Any], exchange: Exchange) -> frozenset[Change]:
    """The changes of some members of a body, which may have others too."""
    wanted = dict(required)
    if not isinstance(exchange.json, dict):
        return frozenset() if exchange.json is None else frozenset(_of_values(wanted, exchange.json, ""))
    answered = _of_names(wanted, exchange.document)
    return frozenset(_of_values(wanted, answered, ""))


def _of_names(wanted: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """The members whose names are wanted, but for case and underscores, and so on within them."""
    names = _folded(name for name in wanted if name not in answered)
    return {
        name: _of_names(wanted[name], value)
        if isinstance(value, dict) and isinstance(wanted.get(name), dict)
        else value
        for name, value in answered.items()
        if name in wanted or _fold(name) in names
    }


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
        told = (
            "end without a line break"
            if not text.endswith("\n")
            else "end with CR and LF, not with LF alone"
            if text.endswith("\r\n")
            else "have other space around them"
        )
        return Change("reformatted", f"Bodies {told}")
    if json.dumps(json_of(text), separators=(",", ":"), ensure_ascii=False) == required.strip():
        return Change("reformatted", "JSON is written again, with other white space or escapes")
    if list(_names(json_of(text))) != list(_names(value)):
        return Change("reformatted", "JSON is written again, with its members in another order")
    numbers = list(_of_values(value, json_of(text), ""))
    return (
        numbers[0]
        if numbers
        else Change("reformatted", "JSON is written again, with other escapes or numbers")
    )


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
    if name and _is_emptied(wanted, answered):
        yield Change("value-emptied", f"{name} is answered without what is in it", member=name)
    elif isinstance(wanted, dict) and isinstance(answered, dict):
        yield from _of_objects(wanted, answered)
    elif isinstance(wanted, list) and isinstance(answered, list) and len(wanted) == len(answered):
        for one, other in zip(wanted, answered, strict=True):
            yield from _of_values(one, other, name)
    elif isinstance(wanted, int) and isinstance(answered, float) and wanted == answered:
        yield Change("reformatted", _WITH_POINT)
    elif wanted != answered or isinstance(wanted, bool) is not isinstance(answered, bool):
        kinds = _kind(wanted), _kind(answered)
        if kinds[0] != kinds[1]:
            what = _what(wanted)
            yield Change("type-changed", f"{what} are answered as {_plural(kinds[1]).lower()}", what)
            if name:
                yield Change("member-retyped", f"The member {name!r} is {kinds[1]}, not {kinds[0]}")
        elif rewritten := rewriting(wanted, answered):
            yield Change("text-changed", rewritten)
            yield from _of_one(name, wanted, answered) if rewritten.startswith(OF_ONE_TEXT) else ()
        else:
            yield from _of_one(name, wanted, answered)
            member = name if not answered else ""
            yield Change(
                "value-fixed", f"{name or 'A body'} is {_cut(answered)} whatever is required", member=member
            )


def _of_one(name: str, wanted: Any, answered: Any) -> Iterator[Change]:
    """The change of one value to another one."""
    yield Change("value-changed", f"{name or 'A body'} is {_cut(answered)}, not {_cut(wanted)}")


def _is_emptied(wanted: Any, answered: Any) -> bool:
    """True if a list, an object or a text is answered as an empty one, or an object with its values unset."""
    if not wanted or type(wanted) is not type(answered):
        return False
    is_unset = isinstance(wanted, dict) and any(wanted.values()) and not any(answered.values())
    return is_unset or answered in ([], {}, "")


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
        lost = member if wanted[member] else ""
        yield Change("member-dropped", f"The member {member!r} is missing in objects", member=lost)
    for member in wanted.keys() & answered.keys():
        yield from _of_values(wanted[member], answered[member], member)


def _folded(names: Iterable[str]) -> set[str]:
    return {_fold(name) for name in names}


def _fold(name: str) -> str:
    return name.replace("_", "").lower()


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a value")


def _what(value: Any) -> str:
    """The values of one kind, in a word: "Empty lists"."""
    empty = "Empty " if isinstance(value, (list, dict, str)) and not value else ""
    return f"{empty}{_plural(_kind(value))}".capitalize()


def _kept_kinds(failures: Iterable[Failure]) -> set[str]:
    """The kinds of values that some members of required bodies were answered with, as was required."""
    return {
        kind
        for failure in failures
        if failure.body is not None and failure.at is not None
        for kind in _kept(json_of(failure.body), failure.at.json)
    }


def _kept(wanted: Any, answered: Any) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(answered, dict):
        for member in wanted.keys() & answered.keys():
            if _what(wanted[member]) == _what(answered[member]):
                yield _what(wanted[member])
            yield from _kept(wanted[member], answered[member])
    elif isinstance(wanted, list) and isinstance(answered, list):
        for one, other in zip(wanted, answered, strict=False):
            yield from _kept(one, other)


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
    return shorten(value if value and isinstance(value, str) else json.dumps(value), VALUE)


class _shows:  # noqa: N801  a predicate
    """True for a failure whose body shows a change."""

    def __init__(self, change: Change, changes: dict[int, frozenset[Change]]) -> None:
        self._change = change
        self._changes = changes

    def __call__(self, failure: Failure) -> bool:
        return self._change in self._changes.get(id(failure), ())
