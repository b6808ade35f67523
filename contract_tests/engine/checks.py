"""Checks of exchanges: each compares an answer with the expected one and raises the difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.engine.exchange import Exchange

SHOWN = 400  # characters of a body in a report
JSON = "application/json"
TWICE = range(2)  # what is asked for again is answered the same


class Mismatch(AssertionError):
    """An answer that differs from the one that is required.

    Attributes:
        exchange: the exchange that has the answer; None if several differ together.
        body: the body that is required, if that is what differs; else None.
        members: the members that the answer must have with these values, if one of them differs; else None.
    """

    def __init__(
        self,
        expected: str,
        actual: str,
        exchange: Exchange | None = None,
        body: str | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"expected {expected}; actual {actual}")
        self.expected = expected
        self.actual = actual
        self.exchange = exchange
        self.body = body
        self.members = members


def expect(exchange: Exchange, status: int, text: str, content_type: str = JSON, expected: str = "") -> None:
    """The answer has this status, this content type, and exactly this body.

    Raises:
        Mismatch: it has not.
    """
    wanted = expected or f"{status} {shorten(text)}"
    if exchange.answer is None:
        raise Mismatch(wanted, f"no answer: {exchange.failure}", exchange)
    if exchange.status != status:
        raise Mismatch(wanted, f"{exchange.status} {shorten(exchange.text)}", exchange)
    sent = exchange.header("Content-Type")
    if sent != content_type:
        raise Mismatch(f"Content-Type: {content_type}", f"Content-Type: {sent or 'none'}", exchange)
    body = text.encode("utf-8", "surrogatepass")
    if exchange.answer.body != body:
        mask = exchange.auth.masked  # before a part is shown, which may begin within a secret
        raise Mismatch(wanted, difference(mask(text), mask(exchange.text)), exchange, text)


def expect_json(exchange: Exchange, status: int, value: Any) -> None:
    """The answer is this value in Go's compact form, members in this order, and a newline."""
    expect(exchange, status, json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


def expect_redirect(exchange: Exchange, location: str) -> None:
    """The answer sends the client to another path, with no body and no content type."""
    expect(exchange, 301, "", "", f"301 to {location}")
    if exchange.header("Location") != location:
        raise Mismatch(f"301 to {location}", f"301 to {exchange.header('Location')}", exchange)


def expect_no_header(exchange: Exchange, name: str) -> None:
    """The answer has no such header."""
    if exchange.header(name):
        raise Mismatch(f"no header {name}", f"{name}: {exchange.header(name)}", exchange)


def difference(expected: str, actual: str) -> str:
    """The difference between two bodies, member by member if both are JSON objects."""
    try:
        wanted, answered = json.loads(expected), json.loads(actual)
    except (ValueError, RecursionError):
        return shorten(repr(actual))
    if isinstance(wanted, dict) and isinstance(answered, dict):
        lines = _members(wanted, answered, "")
        if lines:
            return "; ".join(lines[:6]) + (f"; and {len(lines) - 6} more" if len(lines) > 6 else "")
    if wanted == answered:
        at = next((i for i, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), -1)
        at = min(len(expected), len(actual)) if at < 0 else at
        around = slice(max(0, at - 20), at + 40)
        return f"the same JSON in another text: {actual[around]!r}, not {expected[around]!r}"
    return shorten(actual)


def first_difference(wanted: Mapping[str, Any], document: Mapping[str, Any], *, others: bool = False) -> str:
    """The first member that a document lacks or has with another value; "" if it has all that are wanted.

    With `others` also the first member that only the document has.
    """
    return next(iter(_members(wanted, document, "", others=others)), "")


def _members(
    wanted: Mapping[str, Any], document: Mapping[str, Any], path: str, *, others: bool = True
) -> list[str]:
    """A line for each member that differs; also for a member that only the document has, if `others`."""
    lines = []
    for name in [*wanted, *(n for n in document if others and n not in wanted)]:
        here = f"{path}/{name}"
        if name not in document:
            lines.append(f"{here} is missing, not {shorten(json.dumps(wanted[name]), 60)}")
        elif name not in wanted:
            lines.append(f"{here} is {shorten(json.dumps(document[name]), 60)}, not absent")
        elif isinstance(wanted[name], dict) and isinstance(document[name], dict):
            lines += _members(wanted[name], document[name], here, others=others)
        elif wanted[name] != document[name] or type(wanted[name]) is not type(document[name]):
            values = [shorten(json.dumps(side[name]), 60) for side in (document, wanted)]
            lines.append(f"{here} is {values[0]}, not {values[1]}")
    return lines


def shorten(text: str, length: int = SHOWN) -> str:
    """A text in one line, cut."""
    line = text.strip().replace("\n", "\\n")
    return line if len(line) <= length else f"{line[:length]}... ({len(line)} characters)"
