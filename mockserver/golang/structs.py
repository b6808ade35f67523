"""Composite Go types (slice, map, struct) and their construction from an OpenAPI schema.

A schema with `properties` is a struct, one with `additionalProperties` a map; `nullable` makes a struct a
pointer. Decoded values are plain dicts and lists. The dict of a struct has all members, zero ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import is_not, ne, not_
from typing import Any

from mockserver.golang.json_reader import Object
from mockserver.golang.scalars import (
    ANY,
    BOOL,
    FLOAT64,
    INT64,
    OBJECT_ID,
    STRING,
    TIME,
    GoType,
    Problems,
    fold,
)

_NAMED = {"object-id": OBJECT_ID, "time": TIME}
_SCALARS = {"string": STRING, "boolean": BOOL, "integer": INT64, "number": FLOAT64}


class _Spare(list[Any]):
    """The elements of a slice, and the earlier elements in the rest of its capacity."""

    spare: list[Any]


@dataclass
class Slice(GoType):
    """A slice; null is nil. A second array is decoded over the elements of the first."""

    element: GoType

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None
        if not isinstance(node, list) or isinstance(node, Object):
            problems.note("an array", node)
            return current
        if not node:
            return []
        earlier = [*(current or []), *getattr(current, "spare", [])]
        items = _Spare(current or [])
        for i, item in enumerate(node):
            if i == len(items):
                items.append(earlier[i] if i < len(earlier) else self.element.fresh())
            items[i] = self.element.decode(item, items[i], problems)
            if problems.stopped:
                return items
        items.spare = earlier[len(node) :]
        del items[len(node) :]
        return items

    def output(self, value: Any) -> Any:
        return None if value is None else [self.element.output(item) for item in value]


@dataclass
class Map(GoType):
    """A map; null is nil. A second object is merged into the first; the value of an equal key is replaced."""

    element: GoType

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None
        if not isinstance(node, Object):
            problems.note("an object", node)
            return current
        items = dict(current or {})
        note_count = len(problems.notes)
        for name, item in node:
            value = self.element.decode(item, self.element.fresh(), problems)
            if len(problems.notes) != note_count:
                problems.place(note_count, name)
                note_count = len(problems.notes)
            if problems.stopped:
                break
            items[str(name)] = value
        return items

    def output(self, value: Any) -> Any:
        if value is None:
            return None
        return {name: self.element.output(value[name]) for name in sorted(value)}


@dataclass
class Pointer(GoType):
    """A pointer to a type that is no struct; null is nil."""

    target: GoType

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None
        value = self.target.decode(node, None, problems)
        return self.target.fresh() if value is None else value

    def output(self, value: Any) -> Any:
        return None if value is None else self.target.output(value)

    def is_empty(self, value: Any) -> bool:
        return value is None


@dataclass(frozen=True)
class Field:
    """A member of a struct.

    Attributes:
        omit: "zero" for `omitzero`, "empty" for `omitempty`, "" for neither.
    """

    name: str
    type: GoType
    omit: str = ""

    @property
    def omission(self) -> Callable[[Any], bool] | None:
        """True, given a value of the member, if the encoded struct leaves it out; None if it never does."""
        if not self.omit:
            return None
        if self.omit == "zero":
            return self.type.is_zero
        return not_ if type(self.type).is_empty is GoType.is_empty else self.type.is_empty


@dataclass
class Struct(GoType):
    """A struct, or a pointer to one. Any value but null makes a nil pointer point to a zero struct first.

    Attributes:
        deciding, emptying: names of the members that make the struct zero for `omitzero`, if each of
            `deciding` is zero and each of `emptying` is empty.
        pointer: True if the value may be nil.
    """

    fields: list[Field]
    deciding: list[str]
    emptying: list[str]
    pointer: bool = False

    def __post_init__(self) -> None:
        self.by_name = {member.name: member for member in self.fields}
        self.by_fold = {fold(member.name): member for member in reversed(self.fields)}
        self._zeros = {member.name: member.type.zero for member in self.fields}
        self._own_zeros = [  # of types whose zero value must not be shared
            (member.name, member.type.fresh)
            for member in self.fields
            if type(member.type).fresh is not GoType.fresh
        ]
        self._tests_of_zero = [(name, _test_of(self.by_name[name].type)) for name in self.deciding]
        self._tests_of_zero += [(name, bool) for name in self.emptying]
        self._encoders = [  # with None for a function that every value passes unchanged
            (member.name, member.omission, _encoder(member.type)) for member in self.fields
        ]

    def fresh(self) -> Any:
        return None if self.pointer else self._zero_members()

    def _zero_members(self) -> dict[str, Any]:
        members = self._zeros.copy()
        for name, fresh in self._own_zeros:
            members[name] = fresh()
        return members

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None if self.pointer else current
        value = self._zero_members() if current is None else current  # even if the node is not an object
        if not isinstance(node, Object):
            problems.note("an object", node)
            return value
        by_name, notes = self.by_name, problems.notes
        note_count = len(notes)
        for name, item in node:
            member = by_name.get(name) or self.by_fold.get(fold(name))
            if member is not None:
                key = member.name
                value[key] = member.type.decode(item, value[key], problems)
                if len(notes) != note_count:
                    problems.place(note_count, key)
                    note_count = len(notes)
                    if problems.stopped:
                        break
        return value

    def output(self, value: Any) -> Any:
        if value is None:
            return None
        document = {}
        for name, omits, output in self._encoders:
            item = value[name]
            if omits is None or not omits(item):
                document[name] = item if output is None else output(item)
        return document

    def is_zero(self, value: Any) -> bool:
        if value is None:
            return True
        for name, is_set in self._tests_of_zero:  # noqa: SIM110  a generator takes twice as long
            if is_set(value[name]):
                return False
        return True

    def is_empty(self, value: Any) -> bool:
        return value is None  # omitempty never leaves a struct out


def _encoder(kind: GoType) -> Callable[[Any], Any] | None:
    return None if type(kind).output is GoType.output else kind.output


def go_type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> GoType:
    """The Go type of a schema; `schemas` has the schemas that its `$ref`s name."""
    if "$ref" in schema:
        return go_type(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("x-go") in _NAMED:
        return _NAMED[schema["x-go"]]
    kind = schema.get("type")
    if kind == "array":
        return Slice(go_type(schema["items"], schemas))
    if kind != "object":
        return _SCALARS[kind] if kind else ANY
    if "properties" not in schema:
        return Map(go_type(schema["additionalProperties"], schemas))
    fields = [
        Field(name, go_type(member, schemas), _omission(member))
        for name, member in schema["properties"].items()
    ]
    emptying = schema.get("x-empty", [])
    deciding = schema.get("x-zero", [] if emptying else list(schema["properties"]))
    return Struct(fields, deciding, emptying, pointer=schema.get("nullable", False))


def _test_of(kind: GoType) -> Callable[[Any], bool]:
    """True, given a value of a member, if it makes its struct not zero, as any pointer but nil does."""
    if isinstance(kind, Struct) and kind.pointer:
        return partial(is_not, None)
    if type(kind).is_zero is GoType.is_zero:
        return partial(ne, kind.zero)
    return lambda value: not kind.is_zero(value)


def _omission(member: Mapping[str, Any]) -> str:
    rules = member.get("x-omit", [])
    return rules[0]["rule"] if rules else ""
