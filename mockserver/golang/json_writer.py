"""JSON exactly as Go's encoding/json writes it (encode.go)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

SHORT = 64  # characters of a name that is cached
_UNSAFE = re.compile('["\\\\<>&\x00-\x1f\u2028\u2029\ud800-\udfff]')
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


class Literal(str):
    """A text of JSON that is written as it is, such as a number that Go does not read."""

    __slots__ = ()


def quote(text: str) -> str:
    """A string as Go writes it: <, >, &, U+2028 and U+2029 are escaped too.

    A surrogate represents a byte that is not UTF-8 (surrogateescape); Go writes U+FFFD for it.
    """
    return f'"{_UNSAFE.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


def format_float(value: float) -> str:
    """A float64 as Go writes it: with the fewest digits, and with an exponent below 1e-6 and from 1e21 on."""
    if value == 0:
        return "-0" if str(value)[0] == "-" else "0"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    integer, _, fraction = mantissa.partition(".")
    digits = (integer + ("" if fraction == "0" else fraction)).lstrip("0")
    point = len(integer) + int(exponent or 0)  # digits before the decimal point
    if integer == "0":
        point -= len(fraction) - len(fraction.lstrip("0")) + 1
    digits = digits.rstrip("0")
    if not 1e-6 <= abs(value) < 1e21:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{point - 1:+03d}".replace("e-0", "e-")
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return sign + digits.ljust(point, "0")
    return f"{sign}{digits[:point]}.{digits[point:]}"


def write(value: Any, indent: str = "") -> str:
    """Encode a tree of dict, list, str, int, float, bool and None; members keep the order of the dict.

    With `indent`, each member is on a separate line, as json.MarshalIndent writes it.
    """
    try:
        return _encode(value, indent, "\n")
    except RecursionError:
        return _encode_deep(value, indent)


def array(texts: Iterable[str]) -> str:
    """Encode an array of items that are encoded."""
    return f"[{','.join(texts)}]"


def _encode(value: Any, indent: str, margin: str) -> str:
    """Encode a value by recursion; `margin` is the line break and the indent of the line that it is on."""
    write_leaf = _LEAVES.get(type(value))
    if write_leaf is not None:
        return write_leaf(value)
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner, space = (margin + indent, " ") if indent else ("", "")
        members = []
        for name, item in value.items():
            quoted = _quote_short(name) if len(name) <= SHORT else quote(name)
            write_leaf = _LEAVES.get(type(item))
            text = _encode(item, indent, inner) if write_leaf is None else write_leaf(item)
            members.append(f"{quoted}:{space}{text}")
        return "{" + inner + f",{inner}".join(members) + (margin if indent else "") + "}"
    if isinstance(value, list):
        if not value:
            return "[]"
        inner = margin + indent if indent else ""
        items = [_encode(item, indent, inner) for item in value]
        return "[" + inner + f",{inner}".join(items) + (margin if indent else "") + "]"
    return _leaf(value)


def _encode_deep(value: Any, indent: str) -> str:
    """Encode a value that is nested too deep for recursion."""
    parts: list[str] = []
    levels: list[Iterator[Any]] = []
    closers: list[str] = []
    current = value
    while True:
        if isinstance(current, (dict, list)) and current:
            is_object = isinstance(current, dict)
            parts.append("{" if is_object else "[")
            closers.append("}" if is_object else "]")
            levels.append(iter(current.items() if isinstance(current, dict) else current))
            separator = ""
        else:
            parts.append(_leaf(current))
            separator = ","
        while levels:
            following: Any = next(levels[-1], _END)
            if following is not _END:
                parts.append(separator)
                if indent:
                    parts.append("\n" + indent * len(levels))
                if closers[-1] == "}":
                    name, following = following
                    parts.append(quote(name) + (": " if indent else ":"))
                current = following
                break
            levels.pop()
            if indent:
                parts.append("\n" + indent * len(levels))
            parts.append(closers.pop())
            separator = ","
        else:
            return "".join(parts)


_END = object()


@lru_cache(4096)
def _quote_short(name: str) -> str:
    """Quote the short name of a member: most belong to structs and recur."""
    return quote(name)


def _text(value: str) -> str:
    return f'"{value}"' if _UNSAFE.search(value) is None else quote(value)


_LEAVES: dict[type, Callable[[Any], str]] = {  # by the exact type of a value without members
    str: _text,
    bool: {True: "true", False: "false"}.__getitem__,
    int: str,
    float: format_float,
    type(None): {None: "null"}.__getitem__,
    Literal: str,
}


def _leaf(value: Any) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    if value is True or value is False:
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, int):
        return str(value)
    return "{}" if isinstance(value, dict) else "[]"
