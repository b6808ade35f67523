"""Silent changes: what a decoder of Go drops, folds or rounds in a document without a word."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from mockserver.console.suggestions import hint
from mockserver.golang.json_reader import Number, Object, format_float
from mockserver.golang.scalars import ANY, FLOAT64, OBJECT_ID, SHOWN, TIME, GoType, Problems, fold
from mockserver.golang.structs import Map, Slice, Struct

MOST = 20  # changes that are told of one document

Reason = Callable[[str], str]  # why a member, given by its name, is unknown; "" if there is no reason


def silent_changes(
    node: Any, kind: GoType, reason: Reason = lambda _: "", also_read: Container[str] = ()
) -> list[str]:
    """The changes that decoding a JSON node as a Go type makes in silence, a line each, at most `MOST`.

    `also_read` has the names of members that the service reads beside those of the type.
    """
    lines = _Walk(reason, also_read).changes(node, kind, ())
    return list(islice(lines, MOST))


@dataclass(frozen=True)
class _Walk:
    """The walk through a document beside its type."""

    reason: Reason
    also_read: Container[str]

    def changes(self, node: Any, kind: GoType, path: tuple[str, ...]) -> Iterator[str]:
        """The changes in a node, and below it."""
        if isinstance(kind, Struct) and isinstance(node, Object):
            yield from self._of_members(node, kind, path)
        elif isinstance(kind, Map) and isinstance(node, Object):
            for name, item in node:
                yield from self.changes(item, kind.element, (*path, str(name)[:SHOWN]))
        elif isinstance(kind, Slice) and isinstance(node, list):
            for index, item in enumerate(node):
                yield from self.changes(item, kind.element, (*path, str(index)))
        elif kind is ANY:
            for place, item in _numbers(node, path):
                if text := _of_value(item, FLOAT64):
                    yield f"{'/'.join(place)}: {text}"
        elif text := _of_value(node, kind):
            yield f"{'/'.join(path)}: {text}"

    def _of_members(self, node: Object, kind: Struct, path: tuple[str, ...]) -> Iterator[str]:
        given: set[str] = set()
        for name, item in node:
            place = "/".join((*path, str(name)[:SHOWN]))
            member = kind.by_name.get(name) or kind.by_fold.get(fold(name))
            if member is None:
                if name not in self.also_read:
                    yield f"{place}: {self._unknown(str(name), kind)}"
                continue
            if member.name in given:
                yield f"{place}: {member.name} is given twice; the later value counts"
            elif member.name != name:
                yield f"{place}: is read as {member.name}"
            given.add(member.name)
            yield from self.changes(item, member.type, (*path, member.name))

    def _unknown(self, name: str, kind: Struct) -> str:
        if because := self.reason(name):
            return f"{because}; it is dropped"
        return f"an unknown member{hint(name[:SHOWN], kind.by_name)}; it is dropped"


def _numbers(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Number]]:
    """The numbers in a value of any form, each with its place; the value may be nested deeply."""
    todo = [(path, node)]
    while todo:
        place, item = todo.pop()
        if isinstance(item, Number):
            yield place, item
        elif isinstance(item, Object):
            todo.extend(((*place, str(name)[:SHOWN]), child) for name, child in reversed(item))
        elif isinstance(item, list):
            todo.extend(((*place, str(index)), child) for index, child in reversed([*enumerate(item)]))


def _of_value(node: Any, kind: GoType) -> str:
    """What becomes of a value in silence; "" if it stays as it is, or is refused."""
    if kind is FLOAT64 and isinstance(node, Number):
        value = FLOAT64.decode(node, None, Problems())
        is_same = value is None or Decimal(node) == Decimal(repr(value))
        return "" if is_same else f"{str(node)[:SHOWN]} is rounded to {format_float(value)}"
    if kind in (OBJECT_ID, TIME) and isinstance(node, str):
        problems = Problems()
        text = kind.decode(node, kind.zero, problems)
        return "" if problems.messages or text == node else f"{str(node)[:SHOWN]} is kept as {text}"
    return ""
