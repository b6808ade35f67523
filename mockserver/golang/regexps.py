"""Go's regular expressions, translated to Python's `re`.

Lookaround, backreferences, possessive and repeated operators are refused, as Go refuses them. Syntax that
differs is translated, except flags in the middle of an expression, which are refused.

Source: regexp/syntax/parse.go of Go 1.24.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LARGEST_COUNT = 1000
_PARTS = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|(?P<escape>\\.?)"
    r"|(?P<characters>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])"
    r"|(?P<group>\(\?(?:P?<(?P<name>\w+)>|(?P<flags>[imsU]*)(?P<end>[:)]))?)"
    r"|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)(?P<again>[*+?]|\{\d+(?:,\d*)?\})?"
    r"|(?P<brace>\{(?=,))|(?P<start>\^)|(?P<dollar>\$)",
    re.DOTALL,
)
_IN_CLASS = re.compile(r"\[:(\^?)(\w+):\]|\\.|[\[&|~]", re.DOTALL)
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t\ ",
    "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": r"\ -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r\ ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ESCAPES = {r"\z": r"\Z"}
_NOT_GO = re.compile(r"\\[1-9EGNRTUXYZceghijkloquy\u0080-\U0010ffff]|\\")


def search(expression: str, text: str) -> bool:
    """True if the expression matches anywhere in the text.

    Raises:
        re.error: Go does not compile the expression.
    """
    return _compiled(expression).search(text) is not None


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> re.Pattern[str]:
    keeps_dollar = re.search(r"\(\?[isU]*m", expression) is not None

    def rewritten(match: re.Match[str]) -> str:
        part = match[0]
        match match.lastgroup:
            case "escape" if _NOT_GO.fullmatch(part):
                raise re.error(f"{part} is not an escape sequence of Go")
            case "escape":
                return _ESCAPES.get(part, part)
            case "characters":
                return "[" + _IN_CLASS.sub(_rewritten_in_class, part[1:])
            case "repeat" | "again":
                _check_repeat(match)
            case "brace":
                return r"\{"
            case "quoted":
                return re.escape(match["quoted"])
            case "start" | "dollar":  # Go lets an anchor be repeated
                return f"(?:{part})" if keeps_dollar or part == "^" else r"(?:\Z)"
            case _:
                return _rewritten_group(match)
        return part

    return re.compile(_PARTS.sub(rewritten, expression), re.ASCII)


def _rewritten_in_class(match: re.Match[str]) -> str:
    if match[2] is None:
        return match[0] if match[0].startswith("\\") else "\\" + match[0]
    if match[1] or match[2] not in _POSIX:
        raise re.error(f"{match[0]} is not a supported character class")
    return _POSIX[match[2]]


def _check_repeat(match: re.Match[str]) -> None:
    if match["again"]:
        raise re.error(f"{match[0]} repeats a repetition operator")
    if any(int(count) > _LARGEST_COUNT for count in re.findall(r"\d+", match["repeat"])):
        raise re.error(f"{match[0]} exceeds 1000 repetitions")


def _rewritten_group(match: re.Match[str]) -> str:
    if match["name"]:
        return "("
    if not match["end"]:
        raise re.error("Go has no such group syntax")
    flags = match["flags"].replace("U", "")  # lazy and greedy operators match the same texts
    return f"(?{flags}{match['end']}" if flags or match["end"] == ":" else ""
