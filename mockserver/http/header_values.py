"""Values in the headers of a request: cookies, and those of headers that are repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_BLANK = " \t"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[ !#-:<-\[\]-~]*")


def cookies(text: str) -> Iterator[tuple[str, str]]:
    """The names and values of the cookies in a header; what is no cookie is passed over.

    Source: net/http/cookie.go, readCookies of Go 1.24.
    """
    for part in text.split(";"):
        name, _, value = part.strip(_BLANK).partition("=")
        name = name.strip(_BLANK)
        value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
        if _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            yield name, value


def as_text(value: str) -> str:
    """The text of a value, whose characters are bytes; a lone surrogate stands for one that is not UTF-8."""
    return value.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def repeated(headers: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The further values of each repeated header by its lower-case name."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return {name: tuple(own[1:]) for name, own in values.items() if len(own) > 1}
