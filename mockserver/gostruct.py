"""Go values from a schema: what decoding into a struct gives, and what encoding it writes.

A schema with `properties` is a struct, with `additionalProperties` a map, `nullable` on a struct
makes it a pointer. Decoded values are plain: dict, list, str, int, float, bool, None; a struct has
all its members, zero ones included. Rules are those of encoding/json, decode.go and encode.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mockserver.gojson import Escaped, Number, Object

_INT64 = range(-(2**63), 2**63)
_KINDS: dict[type, str] = {Object: "an object", list: "an array", bool: "a bool"}
_FOLDED = str.maketrans("ſ\u212a", "sk")  # the only other letters that fold to ASCII ones


@dataclass
class Problems:
    """What did not fit. Go notes a wrong type and goes on; a failing UnmarshalJSON stops it."""

    found: list[str] = field(default_factory=list)
    stopped: bool = False

    def note(self, wanted: str, node: Any) -> None:
        """Note that `node` is not the `wanted` type."""
        shown = node if isinstance(node, Number) else _KINDS.get(type(node), repr(node))
        self.found.append(f"{shown} is no {wanted}")


class GoType:
    """A type: its zero value, how a node is decoded into it, what is written of it."""

    zero: Any = None

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        """Return the value after decoding `node` over `current`."""
        raise NotImplementedError

    def output(self, value: Any) -> Any:
        """Return what `gojson.write` is to write."""
        return value

    def fresh(self) -> Any:
        """A zero value of its own."""
        return self.zero

    def is_zero(self, value: Any) -> bool:
        """Whether `omitzero` leaves it out."""
        return bool(value == self.zero)

    def is_empty(self, value: Any) -> bool:
        """Whether `omitempty` leaves it out."""
        return not value


class String(GoType):
    """A string."""

    zero = ""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, str) and not isinstance(node, Number):
            return str(node)
        if node is not None:
            problems.note("string", node)
        return current


class Bool(GoType):
    """A bool; no other type is taken for one."""

    zero = False

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, bool):
            return node
        if node is not None:
            problems.note("bool", node)
        return current


class Int64(GoType):
    """An int64: digits only, so `1.0` and `1e3` do not fit."""

    zero = 0

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Number) and re.fullmatch(r"-?[0-9]{1,19}", node):
            value = int(node)
            if value in _INT64:
                return value
        if node is not None:
            problems.note("int64", node)
        return current


class Float64(GoType):
    """A float64; a number too large for it does not fit."""

    zero = 0.0

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Number):
            value = float(node)
            if abs(value) != float("inf"):
                return value
        if node is not None:
            problems.note("float64", node)
        return current


class ObjectId(GoType):
    """Twelve bytes, written as 24 lower-case hex digits or as "" (mgo bson.ObjectId)."""

    zero = ""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Object):
            oid = [value for name, value in node if fold(name) == "$oid"]
            node = oid[-1] if oid else node
        if node is None or node == "":
            return ""
        plain = isinstance(node, str) and not isinstance(node, (Escaped, Number))
        if plain and re.fullmatch("[0-9a-fA-F]{24}", node):
            return str(node).lower()
        problems.note("object id", node)
        problems.stopped = True
        return ""


class AnyValue(GoType):
    """interface{}: any JSON, numbers as float64, members sorted."""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        result: list[Any] = []
        todo: list[tuple[Any, Callable[[Any], None]]] = [(node, result.append)]
        while todo:
            node, put = todo.pop()
            if isinstance(node, Object):
                members = dict(node)
                plain = dict.fromkeys(sorted(members))
                todo.extend((members[name], partial(plain.__setitem__, name)) for name in plain)
                if len(node) > len(members):  # what is replaced must fit all the same
                    todo.extend((value, _forget) for name, value in node if value is not members[name])
                put(plain)
            elif isinstance(node, list):
                items: list[Any] = [None] * len(node)
                todo.extend((item, partial(items.__setitem__, i)) for i, item in enumerate(node))
                put(items)
            elif isinstance(node, Number):
                put(FLOAT64.decode(node, None, problems))
            else:
                put(str(node) if isinstance(node, str) else node)
        return result[0]


def _forget(_: Any) -> None:
    """Take a value that nothing keeps."""


class _Spare(list[Any]):
    """A slice's elements, and those cut off it that its memory still holds."""

    spare: list[Any]


@dataclass
class Slice(GoType):
    """A slice: null is nil. A second array decodes over the elements of the first."""

    element: GoType

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None
        if not isinstance(node, list) or isinstance(node, Object):
            problems.note("array", node)
            return current
        if not node:
            return []
        old = [*(current or []), *getattr(current, "spare", [])]
        items = _Spare(current or [])
        for i, item in enumerate(node):
            if i == len(items):
                items.append(old[i] if i < len(old) else self.element.fresh())
            items[i] = self.element.decode(item, items[i], problems)
            if problems.stopped:
                return items
        items.spare = old[len(node) :]
        del items[len(node) :]
        return items

    def output(self, value: Any) -> Any:
        return None if value is None else [self.element.output(item) for item in value]


@dataclass
class Map(GoType):
    """A map: null is nil. Two objects are merged; an equal key is replaced whole."""

    element: GoType

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None
        if not isinstance(node, Object):
            problems.note("object", node)
            return current
        items = dict(current or {})
        for name, item in node:
            value = self.element.decode(item, self.element.fresh(), problems)
            if problems.stopped:
                break
            items[str(name)] = value
        return items

    def output(self, value: Any) -> Any:
        if value is None:
            return None
        return {name: self.element.output(value[name]) for name in sorted(value)}


@dataclass(frozen=True)
class Field:
    """A member of a struct; `omit` is "", "zero" or "empty"."""

    name: str
    type: GoType
    omit: str = ""

    def omits(self, value: Any) -> bool:
        """Whether this value is left out of what is written."""
        if not self.omit:
            return False
        return self.type.is_zero(value) if self.omit == "zero" else self.type.is_empty(value)


@dataclass
class Struct(GoType):
    """A struct. `deciding` members alone say whether it is zero; a pointer may be nil."""

    fields: list[Field]
    deciding: list[str]
    pointer: bool = False

    def __post_init__(self) -> None:
        self.by_name = {each.name: each for each in self.fields}
        self.by_fold = {fold(each.name): each for each in reversed(self.fields)}

    def fresh(self) -> Any:
        return None if self.pointer else {each.name: each.type.fresh() for each in self.fields}

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return None if self.pointer else current
        if not isinstance(node, Object):
            problems.note("object", node)
            return current
        value = current
        if value is None:
            value = {each.name: each.type.fresh() for each in self.fields}
        for name, item in node:
            known = self.by_name.get(name) or self.by_fold.get(fold(name))
            if known is not None:
                value[known.name] = known.type.decode(item, value[known.name], problems)
                if problems.stopped:
                    break
        return value

    def output(self, value: Any) -> Any:
        if value is None:
            return None
        return {
            each.name: each.type.output(value[each.name])
            for each in self.fields
            if not each.omits(value[each.name])
        }

    def is_zero(self, value: Any) -> bool:
        return value is None or all(
            self.by_name[name].type.is_zero(value[name]) for name in self.deciding
        )

    def is_empty(self, value: Any) -> bool:
        return value is None  # omitempty never leaves a struct out


STRING, BOOL, INT64, FLOAT64 = String(), Bool(), Int64(), Float64()
OBJECT_ID, ANY = ObjectId(), AnyValue()
_SCALARS = {"string": STRING, "boolean": BOOL, "integer": INT64, "number": FLOAT64}


def fold(name: str) -> str:
    """A member's name as Go compares it when no name is equal (fold.go, foldName)."""
    return name.translate(_FOLDED).lower() if not name.isascii() else name.lower()


def go_type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> GoType:
    """The type that a schema of one version describes; `schemas` holds what it refers to."""
    if "$ref" in schema:
        return go_type(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("x-go") == "object-id":
        return OBJECT_ID
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
    deciding = schema.get("x-zero", list(schema["properties"]))
    return Struct(fields, deciding, pointer=schema.get("nullable", False))


def _omission(member: Mapping[str, Any]) -> str:
    rules = member.get("x-omit", [])
    return rules[0]["rule"] if rules else ""
