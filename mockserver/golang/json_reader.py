"""JSON exactly as Go's encoding/json reads it; `json_writer` has the other direction.

A parsed document is a tree of nodes: `Object`, list, str, `Number`, True, False, None.
The nodes preserve all that Go's decoder uses later: the order and the duplicates of members, the
text of numbers, and the use of escapes in strings (`Escaped`).
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from mockserver.golang.json_writer import format_float, quote, write

__all__ = [
    "WHITE_SPACE",
    "Escaped",
    "JSONSyntaxError",
    "Number",
    "Object",
    "format_float",
    "quote",
    "read",
    "text_of",
    "write",
]

WHITE_SPACE = " \t\r\n"  # between the tokens of JSON
MAX_DEPTH = 10000  # encoding/json/scanner.go, maxNestingDepth

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# Possessive repetitions (*+) are those that need no memory for each of their parts.
_PLAIN = r'[^"\\\x00-\x1f]*'
_STRING = re.compile(rf'"({_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*+)"')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff]")
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _replace_byte(error: UnicodeError) -> tuple[str, int]:
    """Replace each byte that is not UTF-8 by U+FFFD, as utf8.DecodeRune does."""
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd", error.start + 1


codecs.register_error("go-json", _replace_byte)


class JSONSyntaxError(ValueError):
    """Input without a complete JSON value at its start; `position` is the character where reading ended."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} at character {position}")
        self.reason = reason
        self.position = position


class Number(str):
    """A number, as its text in the document."""

    __slots__ = ()


class Escaped(str):
    """A string that has at least one escape in the document; the value is unescaped."""

    __slots__ = ()


class Object(list[tuple[str, Any]]):
    """The members of an object as (name, node) pairs, in their order, duplicates included."""

    __slots__ = ()


def read(data: bytes) -> tuple[Any, str]:
    """Read the first JSON value; return its node and the text after it.

    Raises:
        JSONSyntaxError: the value is incomplete, or nested deeper than `MAX_DEPTH`.
    """
    if (ordinary := _read_ordinary(data)) is not None:
        return ordinary
    text = data.decode("utf-8", "go-json")
    node, end = _value(text)
    return node, text[end:]


def text_of(node: Any) -> str:
    """The text of a node, without white space; numbers stay as they were written."""
    if isinstance(node, Object):
        return "{" + ",".join(f"{quote(name)}:{text_of(value)}" for name, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(text_of, node)) + "]"
    return str(node) if isinstance(node, Number) else write(node)


def _read_ordinary(data: bytes) -> tuple[Any, str] | None:
    """The result of Python's C parser for a plain object or array; None if the reader below has to decide.

    The C parser is five times as fast. Escapes, invalid UTF-8, scalars, deep nesting and all that it refuses
    are left to the reader below; a test compares the nodes of the two.
    """
    if b"\\" in data:
        return None
    try:
        text = data.decode()
        start = _skip(text, 0)
        if text[start : start + 1] not in ("{", "["):
            return None
        node, end = _ORDINARY.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return None if _is_too_deep(data, node) else (node, text[end:])


def _is_too_deep(data: bytes, node: Any) -> bool:
    """True if a value is nested deeper than `MAX_DEPTH`, which Python reads if it may recurse so far."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    level, depth = [node], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        inner = ((child for _, child in parent) if isinstance(parent, Object) else parent for parent in level)
        level = [child for children in inner for child in children if isinstance(child, list)]
    return depth > MAX_DEPTH


def _refuse_constant(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity, which JSON does not have


_ORDINARY = json.JSONDecoder(
    object_pairs_hook=Object, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant
)


def _value(text: str) -> tuple[Any, int]:
    """Read one value; return its node and the position after it.

    The stack is explicit, for a document may be 10,000 levels deep.
    """
    open_nodes: list[list[Any]] = []
    names: list[str] = []
    position = _skip(text, 0)
    while True:
        character = text[position : position + 1]
        node: Any
        if character in ("{", "["):
            node = Object() if character == "{" else []
            if len(open_nodes) == MAX_DEPTH:
                raise JSONSyntaxError("exceeded max depth", position)
            open_nodes.append(node)
            position = _skip(text, position + 1)
            if text[position : position + 1] != ("}" if character == "{" else "]"):
                if character == "{":
                    position = _name(text, position, names)
                continue
            open_nodes.pop()
            position += 1
        else:
            node, position = _scalar(text, position, character)
        while open_nodes:
            parent = open_nodes[-1]
            is_object = type(parent) is Object
            parent.append((names.pop(), node) if is_object else node)
            position = _skip(text, position)
            character = text[position : position + 1]
            if character == ",":
                position = _skip(text, position + 1)
                if is_object:
                    position = _name(text, position, names)
                break
            if character != ("}" if is_object else "]"):
                raise JSONSyntaxError(
                    f"expected a comma or a {'brace' if is_object else 'bracket'}", position
                )
            position += 1
            node = open_nodes.pop()
        else:
            return node, position


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _name(text: str, position: int, names: list[str]) -> int:
    """Read the name of a member and the colon; return the position of its value."""
    match = _STRING.match(text, position)
    if match is None:
        raise JSONSyntaxError("expected the name of a member", position)
    names.append(_unquote(match[1]))
    position = _skip(text, match.end())
    if text[position : position + 1] != ":":
        raise JSONSyntaxError("expected a colon", position)
    return _skip(text, position + 1)


def _scalar(text: str, position: int, character: str) -> tuple[Any, int]:
    if character == '"':
        match = _STRING.match(text, position)
        if match is not None:
            return _unquote(match[1]), match.end()
    elif match := _NUMBER.match(text, position):
        return Number(match[0]), match.end()
    else:
        for literal, value in _LITERALS.items():
            if text.startswith(literal, position):
                return value, position + len(literal)
    raise JSONSyntaxError("expected a JSON value", position)


def _unquote(inner: str) -> str:
    if "\\" not in inner:
        return inner
    plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SHORT[m[2]], inner)
    return Escaped(_SURROGATES.sub(_pair, plain))


def _pair(match: re.Match[str]) -> str:
    """Join a surrogate pair; replace a lone surrogate by U+FFFD (decode.go, unquoteBytes)."""
    if match[1] is None:
        return "\ufffd"
    return chr(0x10000 + ((ord(match[1]) - 0xD800) << 10) + (ord(match[2]) - 0xDC00))
