"""The tokens of Go's text/scanner, and quoted texts as `strconv.Unquote` reads them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<blank>\s+ | //[^\n]* | /\*.*?\*/)
    | [^\W\d]\w*
    | 0[xX][0-9a-fA-F]+ | \d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+
    | "(?:[^"\\\n]++|\\.)*+"? | '(?:[^'\\\n]++|\\.)*+'? | `[^`]*`?
    | .""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(
    r'"(?:[^"\\\n]++|\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*+"'
)
_ESCAPE = re.compile(r"\\(?:x(..)|([0-7]{3})|u(.{4})|U(.{8})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def tokens(text: str) -> Iterator[str]:
    """The tokens of a text, without blanks and comments."""
    return (match[0] for match in _TOKEN.finditer(text) if match["blank"] is None)


def unquoted(text: str) -> str:
    """The text between double quotes, with its escapes read.

    Raises:
        ValueError: Go does not unquote it; an escape of a surrogate, or beyond the last character, is none.
    """
    if not _QUOTED.fullmatch(text):
        raise ValueError(f"{text!r} is not a quoted text of Go")
    return _ESCAPE.sub(_character, text[1:-1])


def _character(match: re.Match[str]) -> str:
    byte, octal, short, long, letter = match.groups()
    if letter:
        return _LETTERS.get(letter, letter)
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8)]).decode("utf-8", "surrogateescape")
    code = int(short or long, 16)
    if code > sys.maxunicode or 0xD800 <= code < 0xE000:
        raise ValueError(f"{match[0]} is no character of Go")
    return chr(code)
