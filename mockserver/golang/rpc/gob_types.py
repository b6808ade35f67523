"""The types of gob, Go's own binary encoding, as far as remote calls need them.

Values in Python: a struct is a dict of its members, a map a dict, a slice a list, and an interface None or a
`Named` value. Go sends no member that has the zero value of its type, so a struct that was read lacks it.
Strings that are not UTF-8 have surrogates for the odd bytes (`surrogateescape`). Arrays, complex numbers and
types with encoders of their own are not supported, and are refused by name.

Source: the documentation of Go's package `encoding/gob`, and bytes recorded from its encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

FIRST_ID = 65  # of a type that a stream describes; lower ones are fixed


class Basic(IntEnum):
    """A type that no stream describes, by the number that stands for it."""

    BOOL = 1
    INT = 2
    UINT = 3
    FLOAT = 4
    BYTES = 5
    STRING = 6
    INTERFACE = 8


@dataclass(frozen=True)
class Slice:
    """A list of values of one type; `name` is its Go name, such as "[]string"."""

    name: str
    element: Type


@dataclass(frozen=True)
class Map:
    """Keys and elements of one type each."""

    name: str
    key: Type
    element: Type


@dataclass(frozen=True)
class Struct:
    """Members in order, each with its name and its type."""

    name: str
    members: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Described:
    """A type by the number that a stream has described it under, or will, for a type may contain itself."""

    number: int


Type = Basic | Slice | Map | Struct | Described


@dataclass(frozen=True)
class Named:
    """A value in an interface, with the name under which its type is registered, such as "string"."""

    name: str
    value: Any


REGISTERED: Mapping[str, Type] = {  # by Go itself
    "bool": Basic.BOOL,
    "int": Basic.INT,
    "int64": Basic.INT,
    "uint64": Basic.UINT,
    "float64": Basic.FLOAT,
    "string": Basic.STRING,
    "[]uint8": Basic.BYTES,
    "[]string": Slice("[]string", Basic.STRING),
}

_COMMON = Struct("CommonType", (("Name", Basic.STRING), ("Id", Basic.INT)))
_FIELD = Struct("fieldType", (("Name", Basic.STRING), ("Id", Basic.INT)))
_ENCODER = Struct("gobEncoderType", (("CommonType", _COMMON),))
DESCRIPTION = Struct(
    "wireType",
    (
        ("ArrayT", Struct("arrayType", (("CommonType", _COMMON), ("Elem", Basic.INT), ("Len", Basic.INT)))),
        ("SliceT", Struct("sliceType", (("CommonType", _COMMON), ("Elem", Basic.INT)))),
        ("StructT", Struct("structType", (("CommonType", _COMMON), ("Field", Slice("[]fieldType", _FIELD))))),
        ("MapT", Struct("mapType", (("CommonType", _COMMON), ("Key", Basic.INT), ("Elem", Basic.INT)))),
        ("GobEncoderT", _ENCODER),
        ("BinaryMarshalerT", _ENCODER),
        ("TextMarshalerT", _ENCODER),
    ),
)  # the type of the descriptions of types
