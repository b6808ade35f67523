"""The writer of a stream of gobs: values of given types into bytes, each type described once."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.golang.rpc.errors import GobError
from mockserver.golang.rpc.gob_types import (
    DESCRIPTION,
    FIRST_ID,
    REGISTERED,
    Basic,
    Map,
    Named,
    Slice,
    Struct,
    Type,
)

_LARGEST = 1 << 64


class GobWriter:
    """Writes the values of one stream.

    Go describes a type that first comes inside an interface in the midst of the value. This writer sends all
    descriptions before the value, which Go's reader takes too.

    Args:
        types: the types of interfaces' values by the name that both sides have registered.
    """

    def __init__(self, types: Mapping[str, Type] | None = None) -> None:
        self._types = {**REGISTERED, **(types or {})}
        self._numbers: dict[Type, int] = {}
        self._descriptions = bytearray()

    def write(self, kind: Type, value: Any) -> bytes:
        """The bytes of a value, after the descriptions of its types that the stream does not have yet.

        Raises:
            GobError: the value does not fit the type, or a name is not registered.
        """
        known = dict(self._numbers)
        try:
            body = _int(self._number(kind)) + self._top(kind, value)
        except GobError:
            self._numbers = known  # what was described here is never sent
            self._descriptions.clear()
            raise
        output = bytes(self._descriptions) + _delimited(body)
        self._descriptions.clear()
        return output

    def _top(self, kind: Type, value: Any) -> bytes:
        """A value of a message or an interface, where what is no struct follows a zero."""
        return (b"" if isinstance(kind, Struct) else b"\0") + self._value(kind, value)

    def _number(self, kind: Type) -> int:
        """The number of a type, which is described if it is new."""
        if isinstance(kind, Basic):
            return int(kind)
        if kind not in self._numbers:
            number = self._numbers[kind] = FIRST_ID + len(self._numbers)
            description = self._value(DESCRIPTION, self._description(kind, number))
            self._descriptions += _delimited(_int(-number) + description)
        return self._numbers[kind]

    def _description(self, kind: Type, number: int) -> dict[str, Any]:
        match kind:
            case Slice(name, element):
                common = {"Name": name, "Id": number}
                return {"SliceT": {"CommonType": common, "Elem": self._number(element)}}
            case Map(name, key, element):
                common = {"Name": name, "Id": number}
                numbers = {"Key": self._number(key), "Elem": self._number(element)}
                return {"MapT": {"CommonType": common, **numbers}}
            case Struct(name, members):
                common = {"Name": name, "Id": number}
                fields = [{"Name": member, "Id": self._number(kind)} for member, kind in members]
                return {"StructT": {"CommonType": common, "Field": fields}}
            case _:
                raise GobError(f"{kind} cannot be written; give the type itself")

    def _value(self, kind: Type, value: Any) -> bytes:
        match kind:
            case Basic.INTERFACE if value is None or isinstance(value, Named):
                return self._interface(value)
            case Basic() if type(value) is _PYTHON.get(kind):
                return _WRITERS[kind](value)
            case Slice() if isinstance(value, list):
                return _uint(len(value)) + b"".join(self._value(kind.element, item) for item in value)
            case Map() if isinstance(value, dict):
                pairs = (
                    self._value(kind.key, key) + self._value(kind.element, item)
                    for key, item in value.items()
                )
                return _uint(len(value)) + b"".join(pairs)
            case Struct() if isinstance(value, dict):
                return self._struct(kind, value)
            case _:
                raise GobError(f"{value!r} is not a value of the type {getattr(kind, 'name', kind)}")

    def _interface(self, value: Named | None) -> bytes:
        if value is None:
            return _uint(0)
        kind = self._types.get(value.name)
        if kind is None:
            raise GobError(f"no type is registered as {value.name!r}; give it to the writer")
        name = value.name.encode()
        number = self._number(kind)
        return _uint(len(name)) + name + _int(number) + _delimited(self._top(kind, value.value))

    def _struct(self, kind: Struct, value: dict[str, Any]) -> bytes:
        names = [name for name, _ in kind.members]
        if unknown := sorted(set(value) - set(names)):
            raise GobError(f"{kind.name} has no member {unknown[0]!r}; its members are {', '.join(names)}")
        output = bytearray()
        last = -1
        for index, (name, member) in enumerate(kind.members):
            item = value.get(name)
            if item is None or _is_zero(member, item):
                continue
            output += _uint(index - last) + self._value(member, item)
            last = index
        return bytes(output) + b"\0"


def _is_zero(kind: Type, value: Any) -> bool:
    """Tell whether a member is left out; an empty map or struct is sent, as Go does."""
    return isinstance(kind, Basic | Slice) and not value and str(value) != "-0.0"


def _uint(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes([value])
    if not 0 <= value < _LARGEST:
        raise GobError(f"{value} is not an unsigned integer of 64 bits")
    digits = value.to_bytes((value.bit_length() + 7) // 8)
    return bytes([256 - len(digits)]) + digits


def _int(value: int) -> bytes:
    if not -_LARGEST // 2 <= value < _LARGEST // 2:
        raise GobError(f"{value} is not an integer of 64 bits")
    return _uint(~value << 1 | 1 if value < 0 else value << 1)


def _delimited(body: bytes) -> bytes:
    return _uint(len(body)) + body


def _utf8(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise GobError(f"a text has half a surrogate pair: {text[error.start]!a}") from error


_PYTHON = {
    Basic.BOOL: bool,
    Basic.INT: int,
    Basic.UINT: int,
    Basic.FLOAT: float,
    Basic.BYTES: bytes,
    Basic.STRING: str,
}
_WRITERS: dict[Basic, Callable[[Any], bytes]] = {
    Basic.BOOL: _uint,
    Basic.INT: _int,
    Basic.UINT: _uint,
    Basic.FLOAT: lambda value: _uint(int.from_bytes(struct.pack("<d", value))),
    Basic.BYTES: _delimited,
    Basic.STRING: lambda value: _delimited(_utf8(value)),
}
