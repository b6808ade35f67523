"""The messages of encoding/json for text that is no JSON, and for values of a wrong type."""

from __future__ import annotations

import re
from typing import Any

from mockserver.golang.json_reader import JSONSyntaxError, Number, Object

END = "unexpected end of JSON input"
_LITERALS = ("true", "false", "null")
_WHERE = {
    "expected the name of a member": "looking for beginning of object key string",
    "expected a colon": "after object key",
    "expected a comma or a brace": "after object key:value pair",
    "expected a comma or a bracket": "after array element",
}  # by the reason of `json_reader`
_PLAIN = re.compile(r'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_HEXADECIMAL = re.compile(r"\\u[0-9a-fA-F]{0,3}")
_SHOWN = {
    "'": "\\'",
    "\\": "\\\\",
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
}


def syntax_message(text: str, error: JSONSyntaxError) -> str:
    """The message of json.Unmarshal for a text that `json_reader` refuses (encoding/json, scanner.go)."""
    if error.reason == "exceeded max depth":
        return error.reason
    position = error.position
    if position >= len(text):
        return END
    if where := _WHERE.get(error.reason):
        return _invalid(text, position, where)
    return _value_message(text, position)


def trailing_message(rest: str) -> str:
    """The message for what follows a value, without the white space before it."""
    return _invalid(rest, 0, "after top-level value")


def type_message(node: Any, struct: str, member: str, expected: str) -> str:
    """The message for a node of another type than a member of a struct, or the struct if it is ""."""
    kinds = {Object: "object", list: "array", bool: "bool", Number: "number"}
    kind = kinds.get(type(node), "string")
    target = f"struct field {struct}.{member}" if member else "value"
    return f"json: cannot unmarshal {kind} into Go {target} of type {expected}"


def _value_message(text: str, position: int) -> str:
    """The message for a value; the scanner reads a space at the end, which is a sign of a string alone."""
    first, text = text[position], text + " "
    for literal in _LITERALS:
        if literal[0] == first:
            read = text[position : position + len(literal)]
            length = next(i for i, sign in enumerate(literal) if read[i : i + 1] != sign)
            return _invalid(text, position + length, f"in literal {literal} (expecting '{literal[length]}')")
    if first == '"':
        match = _PLAIN.match(text, position + 1)
        assert match is not None
        return _string_message(text, match.end())
    if first == "-":
        return _invalid(text, position + 1, "in numeric literal")
    return _invalid(text, position, "looking for beginning of value")


def _string_message(text: str, position: int) -> str:
    """The message for a string whose first wrong character, or the backslash before it, is at a position."""
    if position >= len(text):
        return END
    if text[position] != "\\":
        return _invalid(text, position, "in string literal")
    if text[position + 1 : position + 2] != "u":
        return _invalid(text, position + 1, "in string escape code")
    match = _HEXADECIMAL.match(text, position)
    assert match is not None
    return _invalid(text, match.end(), r"in \u hexadecimal character escape")


def _invalid(text: str, position: int, where: str) -> str:
    if position >= len(text):
        return END
    return f"invalid character '{_shown(text[position])}' {where}"


def _shown(character: str) -> str:
    """The first byte of a character as Go quotes it, for the scanner reads bytes."""
    byte = chr(character.encode("utf-8", "surrogatepass")[0])
    if byte.isprintable() or byte in _SHOWN:
        return _SHOWN.get(byte, byte)
    return f"\\x{ord(byte):02x}" if byte.isascii() else f"\\u{ord(byte):04x}"
