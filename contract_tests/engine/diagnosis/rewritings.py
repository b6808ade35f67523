"""Ways in which servers rewrite single values: each as the value that one makes of another."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

_SHORTEST_SHIFT, _LONGEST_SHIFT = timedelta(minutes=15), timedelta(hours=14)  # of a local time from UTC
SHORTEST = 4  # characters of a text that something may be added to; any text begins with nothing
_OF_TEXTS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Texts are answered in lower case", str.lower),
    ("Texts are answered in upper case", str.upper),
    ("Texts are answered without the space at their ends", str.strip),
    ("Texts are encoded twice, as UTF-8 that was read as Latin-1", lambda t: t.encode().decode("latin-1")),
    (
        "Texts are encoded twice, as UTF-8 that was read as Windows-1252",
        lambda text: text.encode().decode("cp1252"),
    ),
    (
        "Characters that are not ASCII are answered as question marks",
        lambda text: text.encode("ascii", "replace").decode(),
    ),
    (
        "Characters that are not ASCII are answered as replacement characters",
        lambda text: text.encode("ascii", "replace").decode().replace("?", "\ufffd"),
    ),
    (
        "Characters that are not ASCII are left out",
        lambda text: text.encode("ascii", "ignore").decode(),
    ),
    ("Texts are escaped for HTML", lambda text: html.escape(text, quote=True)),
    ("Texts are escaped for HTML", lambda text: html.escape(text, quote=False)),
    ("Characters are composed anew (Unicode NFC)", lambda text: unicodedata.normalize("NFC", text)),
    ("Characters are decomposed (Unicode NFD)", lambda text: unicodedata.normalize("NFD", text)),
)
_OF_NUMBERS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("Numbers are rounded to 53 bits, as JavaScript and some proxies keep them", float),
    ("Numbers are cut to integers", int),
    ("Numbers are rounded to integers", round),
    ("Numbers are cut to 32 bits", lambda n: (int(n) + 2**31) % 2**32 - 2**31),
)


def rewriting(wanted: Any, answered: Any) -> str:
    """What rewrites one value to another, as a sentence without its end; "" if no known way does."""
    if isinstance(wanted, str) and isinstance(answered, str):
        return (
            _first(_OF_TEXTS, wanted, answered) or _of_time(wanted, answered) or _addition(wanted, answered)
        )
    if _is_number(wanted) and _is_number(answered):
        return _first(_OF_NUMBERS, wanted, answered)
    return ""


def _of_time(wanted: str, answered: str) -> str:
    """What happens to a time in UTC that is answered as another one; "" if it is none."""
    if not (wanted.endswith("Z") and "T" in wanted and "T" in answered):
        return ""
    try:
        one, other = datetime.fromisoformat(wanted), datetime.fromisoformat(answered)
    except ValueError:
        return ""
    if other.tzinfo is not None and one == other:
        return "Times are answered in another time zone than UTC"
    shift = other.replace(tzinfo=UTC) - one
    if not _SHORTEST_SHIFT <= abs(shift) <= _LONGEST_SHIFT or shift % _SHORTEST_SHIFT:
        return ""
    told = "as UTC" if answered.endswith("Z") else "without a time zone"
    return f"Times are answered as local ones, and told {told}"


def _addition(wanted: str, answered: str) -> str:
    """What is added before or after a text, or the length that it is cut to."""
    if len(answered) >= SHORTEST and len(answered) < len(wanted) and wanted.startswith(answered):
        return f"Texts are cut off after {len(answered)} characters"
    if len(wanted) < SHORTEST or len(answered) <= len(wanted):
        return ""
    if answered.endswith(wanted):
        return f"Texts begin with {answered.removesuffix(wanted)!r}, which is added"
    if answered.startswith(wanted):
        return f"Texts end with {answered.removeprefix(wanted)!r}, which is added"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _first(table: Iterable[tuple[str, Callable[[Any], Any]]], wanted: Any, answered: Any) -> str:
    for sentence, rewrite in table:
        with suppress(ValueError, OverflowError):  # it cannot be rewritten so; UnicodeError is one
            if rewrite(wanted) == answered != wanted:
                return sentence
    return ""
