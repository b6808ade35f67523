"""JSON whose values are passed on as their texts, as Go's json.RawMessage does; only white space is left out.

All functions take the text of one valid JSON value.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]|[^\s"\[\]{},:]+')
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def compact(text: str) -> str:
    """The value without white space, with Go's escapes in strings (indent.go, appendCompact of Go 1.24)."""
    return "".join(_TOKEN.findall(text)).translate(_ESCAPED)


def elements(text: str) -> list[str]:
    """The texts of the elements of an array, compact."""
    return _parts(compact(text))


def members(text: str) -> dict[str, str]:
    """The compact texts of the members of an object by their quoted names; of equal ones the last counts."""
    result = {}
    for part in _parts(compact(text)):
        name = _TOKEN.match(part)
        assert name is not None
        result[name[0]] = part[name.end() + 1 :]
    return result


def _parts(text: str) -> list[str]:
    """The texts between the commas of the outermost value."""
    parts, depth, start = [], 0, 1
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "," and depth == 1:
            parts.append(text[start : token.start()])
            start = token.end()
    return [*parts, text[start:-1]] if text[start:-1] else parts
