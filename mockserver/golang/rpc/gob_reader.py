"""The reader of a stream of gobs: bytes into values, within bounds that a hostile peer cannot exceed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mockserver.golang.rpc.errors import GobError
from mockserver.golang.rpc.gob_types import (
    DESCRIPTION,
    FIRST_ID,
    Basic,
    Described,
    Map,
    Named,
    Slice,
    Struct,
    Type,
)

_LOWEST_ID = FIRST_ID - 1  # that Go gives to a described type


@dataclass(frozen=True)
class Limits:
    """What one stream may make its reader hold.

    Attributes:
        bytes: of one value, with the descriptions of types before it.
        types: descriptions of a stream, each counted with its members.
        depth: how deep values may be nested.
        values: members, elements and keys in one value.
    """

    bytes: int = 32 << 20
    types: int = 4096
    depth: int = 50
    values: int = 100_000


class GobReader:
    """Reads the values of one stream.

    Args:
        read: returns exactly the given number of bytes of the stream, or raises.
    """

    def __init__(self, read: Callable[[int], bytes], limits: Limits | None = None) -> None:
        self._read = read
        self._limits = limits or Limits()
        self._types: dict[int, Type] = {}
        self._described = 0  # descriptions and their members
        self._message = b""
        self._at = 0
        self._bytes_left = 0
        self._values_left = 0

    def value(self) -> Any:
        """The next value; a value in an interface is `Named`.

        Raises:
            GobError: the stream is malformed, has an unsupported type, or exceeds a limit.
        """
        self._bytes_left = self._limits.bytes
        self._values_left = self._limits.values
        self._receive()
        output = self._top(self._type_sequence(inside=False), 0)
        if self._at != len(self._message):
            raise GobError(f"{len(self._message) - self._at} bytes follow a value in its message")
        self._message, self._at = b"", 0
        return output

    def _receive(self) -> None:
        """Read the next message, whose length is before it."""
        first = self._read(1)[0]
        length = first if first < 128 else int.from_bytes(self._read(_digits(first)))
        if not length:
            raise GobError("a message is empty")
        self._bytes_left -= length
        if self._bytes_left < 0:
            raise GobError(f"a value is longer than the limit of {self._limits.bytes} bytes")
        self._message, self._at = self._read(length), 0

    def _type_sequence(self, *, inside: bool) -> Type:
        """The type of the value that follows, after the descriptions of types that precede it.

        A description ends its message, or, inside an interface, is followed by the length of the rest.
        """
        while (number := self.integer()) < 0:
            self._describe(-number)
            if self._at == len(self._message):
                self._receive()
            elif inside:
                self.unsigned()
            else:
                raise GobError("bytes follow the description of a type in its message")
        return self._type_of(number)

    def _describe(self, number: int) -> None:
        if number < _LOWEST_ID or number in self._types:
            raise GobError(f"the type {number} is described again")
        description = self._struct(DESCRIPTION, 0)
        match description:
            case {"SliceT": {"CommonType": common, "Elem": element}}:
                kind: Type = Slice(common.get("Name", ""), _reference(element))
            case {"MapT": {"CommonType": common, "Key": key, "Elem": element}}:
                kind = Map(common.get("Name", ""), _reference(key), _reference(element))
            case {"StructT": {"CommonType": common, "Field": fields}}:
                members = tuple((field.get("Name", ""), _reference(field.get("Id", 0))) for field in fields)
                kind = Struct(common.get("Name", ""), members)
                self._described += len(members)
            case _:
                raise GobError(f"the type {number} is {tuple(description) or 'empty'}: not supported")
        self._described += 1
        if self._described > self._limits.types:
            raise GobError(f"a stream describes more than {self._limits.types} types and members")
        self._types[number] = kind

    def _type_of(self, number: int) -> Type:
        kind = _reference(number)
        if not isinstance(kind, Described):
            return kind
        if number not in self._types:
            raise GobError(f"the type {number} was not described, or is not supported")
        return self._types[number]

    def _top(self, kind: Type, depth: int) -> Any:
        """A value of a message or an interface, where what is no struct follows a zero."""
        if not isinstance(kind, Struct) and self.unsigned():
            raise GobError("a value that is no struct does not begin with a zero")
        return self._value(kind, depth)

    def _value(self, kind: Type, depth: int) -> Any:
        if depth > self._limits.depth:
            raise GobError(f"a value is nested deeper than {self._limits.depth} levels")
        if isinstance(kind, Described):
            kind = self._type_of(kind.number)
        match kind:
            case Basic():
                return self._interface(depth) if kind is Basic.INTERFACE else _READERS[kind](self)
            case Slice():
                return [self._value(kind.element, depth + 1) for _ in range(self._count())]
            case Map():
                return {
                    self._key(kind.key): self._value(kind.element, depth + 1) for _ in range(self._count())
                }
            case Struct():
                return self._struct(kind, depth)

    def _key(self, kind: Type) -> Any:
        if kind not in _READERS:
            raise GobError(f"a map has keys of the type {kind}: not supported")
        return _READERS[kind](self)

    def _interface(self, depth: int) -> Named | None:
        name = _READERS[Basic.STRING](self)
        if not name:
            return None
        kind = self._type_sequence(inside=True)
        self.unsigned()  # the length, by which a reader without the type skips the value
        self._count_values(1)
        return Named(name, self._top(kind, depth + 1))

    def _struct(self, kind: Struct, depth: int) -> dict[str, Any]:
        output = {}
        index = -1
        while step := self.unsigned():
            index += step
            if index >= len(kind.members):
                raise GobError(f"the struct {kind.name!r} has no member number {index}")
            self._count_values(1)
            name, member = kind.members[index]
            output[name] = self._value(member, depth + 1)
        return output

    def _count(self) -> int:
        """The number of elements that follow."""
        count = self.unsigned()
        self._count_values(count)
        return count

    def _count_values(self, count: int) -> None:
        self._values_left -= count
        if self._values_left < 0:
            raise GobError(f"a value has more than {self._limits.values} members and elements")

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._message):
            raise GobError(f"{length} bytes are promised, {len(self._message) - self._at} are left")
        output = self._message[self._at : end]
        self._at = end
        return output

    def counted(self) -> bytes:
        """The next bytes or the text of a string, after their length."""
        return self._take(self.unsigned())

    def unsigned(self) -> int:
        """The next unsigned integer."""
        first = self._take(1)[0]
        return first if first < 128 else int.from_bytes(self._take(_digits(first)))

    def integer(self) -> int:
        """The next signed integer, of which the lowest bit is the sign."""
        value = self.unsigned()
        return ~(value >> 1) if value & 1 else value >> 1


def _digits(first: int) -> int:
    """The number of bytes of an integer, of which the first byte is the negative."""
    if 256 - first > 8:
        raise GobError(f"an integer of {256 - first} bytes; at most 8 are allowed")
    return 256 - first


def _reference(number: int) -> Type:
    """A type by its number."""
    return Basic(number) if number in set(Basic) else Described(number)


_READERS: dict[Type, Callable[[GobReader], Any]] = {
    Basic.BOOL: lambda reader: bool(reader.unsigned()),
    Basic.INT: GobReader.integer,
    Basic.UINT: GobReader.unsigned,
    Basic.FLOAT: lambda reader: struct.unpack("<d", reader.unsigned().to_bytes(8))[0],
    Basic.BYTES: GobReader.counted,
    Basic.STRING: lambda reader: reader.counted().decode(errors="surrogateescape"),
}
