"""Basic Go types: strings, bools, numbers, object ids, times, and interface{}.

A decoded value is a str, an int, a float or a bool; that of `AnyValue` is any JSON value. The rules are those
of encoding/json, decode.go and encode.go.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from mockserver.golang.json_reader import Escaped, Number, Object
from mockserver.golang.json_writer import Literal

_INT64 = range(-(2**63), 2**63)
_KINDS: dict[type, str] = {Object: "it is an object", list: "it is an array", bool: "it is a boolean"}
_INTEGER = re.compile("-?[0-9]{1,19}")
SHOWN = 40  # characters of a wrong value in a message
MOST_NOTES = 100  # of one document, which may have a million wrong values
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FOLDED = str.maketrans("\u017f\u212a", "sk")  # the only letters outside ASCII that fold to ASCII letters


def fold(name: str) -> str:
    """The form of a member's name that Go compares if no name is equal (fold.go, foldName)."""
    return name.translate(_FOLDED).lower() if not name.isascii() else name.lower()


@dataclass
class Problems:
    """The members of a wrong type in a document.

    Go continues after such a member, but a failing UnmarshalJSON stops the decoding.

    Attributes:
        notes: the path from the top of the document and the message of each wrong member; of the first
            `MOST_NOTES`, and of the one that stopped the decoding.
        stopped: True if the rest of the document is not decoded.
    """

    notes: list[tuple[list[str], str]] = field(default_factory=list)
    stopped: bool = False

    @property
    def messages(self) -> list[str]:
        """A line for each member of a wrong type: `rate: "5" is a string, must be a number of 64 bits`."""
        return [f"{'/'.join(path)}: {text}" if path else text for path, text in self.notes]

    def stop(self, expected: str, node: Any) -> None:
        """Note a node of a wrong type that stops the decoding."""
        self.stopped = True
        self.note(expected, node)

    def note(self, expected: str, node: Any) -> None:
        """Add a note of a node of a wrong type; its path is completed by `place`."""
        if len(self.notes) >= MOST_NOTES and not self.stopped:
            return
        kind = _KINDS.get(type(node))  # without its text, which may be too long to show and too deep for repr
        if kind is None:
            text = str(node)[:SHOWN]
            kind = f"{text} is a number" if isinstance(node, Number) else f'"{text}" is a string'
        self.notes.append(([], f"{kind}, must be {expected}"))

    def place(self, start: int, name: object) -> None:
        """Put the name of a member before the path of each note from the index `start` on."""
        for path, _ in self.notes[start:]:
            path.insert(0, str(name))


class GoType(ABC):
    """A Go type: its zero value, decoding and encoding."""

    zero: Any = None

    @abstractmethod
    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        """Decode a JSON node over the current value, and return the new value."""

    def output(self, value: Any) -> Any:
        """The value that `json_writer.write` writes."""
        return value

    def fresh(self) -> Any:
        """A zero value that shares nothing with other values."""
        return self.zero

    def is_zero(self, value: Any) -> bool:
        """True if `omitzero` leaves the value out."""
        return bool(value == self.zero)

    def is_empty(self, value: Any) -> bool:
        """True if `omitempty` leaves the value out."""
        return not value


class String(GoType):
    """A string."""

    zero = ""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, str) and not isinstance(node, Number):
            return str(node)
        if node is not None:
            problems.note("a string", node)
        return current


class Bool(GoType):
    """A bool; values of other types are refused."""

    zero = False

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, bool):
            return node
        if node is not None:
            problems.note("true or false", node)
        return current


class Int64(GoType):
    """An int64, written in digits only: `1.0` and `1e3` are refused."""

    zero = 0

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Number) and _INTEGER.fullmatch(node):
            value = int(node)
            if value in _INT64:
                return value
        if node is not None:
            problems.note("a whole number of 64 bits", node)
        return current


class UInt64(GoType):
    """A uint64, written in digits only."""

    zero = 0

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Number) and node.isdecimal() and int(node) < 2**64:
            return int(node)
        if node is not None:
            problems.note("a whole number of 64 bits from 0 on", node)
        return current


def wrapped(number: int) -> int:
    """The int64 of a sum of int64s in Go, which goes on at the lowest one behind the highest."""
    return (number - _INT64.start) % (1 << 64) + _INT64.start


def to_int64(value: float) -> int:
    """The int64 of a float64 in Go on amd64: without the fraction; beyond the range the lowest int64."""
    return int(value) if -(2.0**63) <= value < 2.0**63 else _INT64.start


class Float64(GoType):
    """A float64; a number beyond its range is refused."""

    zero = 0.0

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Number):
            value = float(node)
            if abs(value) != float("inf"):
                return value
        if node is not None:
            problems.note("a number of 64 bits", node)
        return current


class ObjectId(GoType):
    """A database id of twelve bytes, written as 24 lower-case hex digits or as "" (mgo bson.ObjectId)."""

    zero = ""

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if isinstance(node, Object):
            ids = [value for name, value in node if fold(name) == "$oid"]
            node = ids[-1] if ids else node
        if node is None or node == "":
            return ""
        plain = isinstance(node, str) and not isinstance(node, (Escaped, Number))
        if plain and re.fullmatch("[0-9a-fA-F]{24}", node):
            return str(node).lower()
        problems.stop("24 hex digits", node)
        return ""


class Time(GoType):
    """A time.Time as its RFC 3339 text; other texts are refused."""

    zero = "0001-01-01T00:00:00Z"

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        if node is None:
            return current
        plain = isinstance(node, str) and not isinstance(node, (Escaped, Number))
        match = _TIME.fullmatch(node) if plain else None
        if match is None or not _is_time(match):
            problems.stop("an RFC 3339 time", node)
            return current
        fraction = match[2][:10].rstrip("0").rstrip(".") if match[2] else ""
        return match[1] + fraction + ("Z" if match[3][1:] == "00:00" else match[3])


def _is_time(match: re.Match[str]) -> bool:
    try:
        datetime.fromisoformat(match[1].replace("0000-", "0004-", 1))
    except ValueError:
        return False
    return match[3] == "Z" or (match[3][1:3] <= "23" and match[3][4:] <= "59")


class AnyValue(GoType):
    """An interface{}: any JSON value, with numbers as float64 and sorted members."""

    def _names(self, members: Mapping[str, Any]) -> list[str]:
        return sorted(members)

    def _number(self, node: Number, problems: Problems) -> Any:
        return FLOAT64.decode(node, None, problems)

    def decode(self, node: Any, current: Any, problems: Problems) -> Any:
        result: list[Any] = []
        todo: list[tuple[Any, Callable[[Any], None]]] = [(node, result.append)]
        while todo:
            node, put = todo.pop()
            if isinstance(node, Object):
                members = dict(node)
                plain = dict.fromkeys(self._names(members))
                todo.extend((members[name], partial(plain.__setitem__, name)) for name in plain)
                if len(node) > len(members):  # a value that a later one replaces is checked too
                    todo.extend((value, _discard) for name, value in node if value is not members[name])
                put(plain)
            elif isinstance(node, list):
                items: list[Any] = [None] * len(node)
                todo.extend((item, partial(items.__setitem__, i)) for i, item in enumerate(node))
                put(items)
            elif isinstance(node, Number):
                put(self._number(node, problems))
            else:
                put(str(node) if isinstance(node, str) else node)
        return result[0]


class RawValue(AnyValue):
    """A json.RawMessage: any JSON value, with its members in their order and its numbers as they are sent."""

    def _names(self, members: Mapping[str, Any]) -> list[str]:
        return list(members)

    def _number(self, node: Number, problems: Problems) -> Any:
        return Literal(node)


def _discard(_: Any) -> None:
    """Do nothing with a decoded value."""


STRING, BOOL, INT64, UINT64, FLOAT64 = String(), Bool(), Int64(), UInt64(), Float64()
OBJECT_ID, TIME, ANY, RAW = ObjectId(), Time(), AnyValue(), RawValue()
