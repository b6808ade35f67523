"""Verdict functions: compare an exchange with what a gateway must answer, and say the difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.engine.target import Target

SHOWN = 400  # characters of a body in a report
FORBIDDEN_MESSAGE = "Attempted administrative access with invalid or missing key!"
PAGE_NOT_FOUND = "404 page not found\n"
JSON = "application/json"
TWICE = range(2)  # what is asked for again is answered the same


class Mismatch(AssertionError):
    """An answer that is not what a gateway must answer."""

    def __init__(self, expected: str, actual: str, exchange: Exchange | None = None) -> None:
        super().__init__(f"expected {expected}; actual {actual}")
        self.expected = expected
        self.actual = actual
        self.exchange = exchange


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
        raise Mismatch(wanted, difference(text, exchange.text), exchange)


def expect_json(exchange: Exchange, status: int, value: Any) -> None:
    """The answer is this value in Go's compact form, members in this order, and a newline."""
    expect(exchange, status, json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


def expect_ok(exchange: Exchange, message: str = "") -> None:
    """The answer is the gateway's yes."""
    expect_json(exchange, 200, {"status": "ok", "message": message})


def expect_error(exchange: Exchange, status: int, message: str) -> None:
    """The answer is the gateway's no, with this message."""
    if exchange.method == "HEAD":
        expect(exchange, status, "")
    else:
        expect_json(exchange, status, {"status": "error", "message": message})


def expect_forbidden(exchange: Exchange) -> None:
    """The answer is the refusal of a wrong or missing secret."""
    expect_error(exchange, 403, FORBIDDEN_MESSAGE)


def expect_malformed(exchange: Exchange) -> None:
    """The answer is the refusal of a body that Go does not decode."""
    expect_error(exchange, 400, "Request malformed")


def expect_written(exchange: Exchange, key: str, action: str) -> None:
    """The answer is that of a write that went well."""
    expect_json(exchange, 200, {"key": key, "status": "ok", "action": action})


def expect_page_not_found(exchange: Exchange) -> None:
    """The answer is the text of a path that nothing is known of."""
    expect(exchange, 404, PAGE_NOT_FOUND, "text/plain; charset=utf-8")
    if exchange.header("X-Content-Type-Options") != "nosniff":
        actual = exchange.header("X-Content-Type-Options") or "none"
        raise Mismatch("X-Content-Type-Options: nosniff", f"that header is {actual}", exchange)


def expect_redirect(exchange: Exchange, location: str) -> None:
    """The answer sends the client to another path, with no body and no content type."""
    expect(exchange, 301, "", "", f"301 to {location}")
    if exchange.header("Location") != location:
        raise Mismatch(f"301 to {location}", f"301 to {exchange.header('Location')}", exchange)


def expect_no_header(exchange: Exchange, name: str) -> None:
    """The answer has no such header."""
    if exchange.header(name):
        raise Mismatch(f"no header {name}", f"{name}: {exchange.header(name)}", exchange)


def expect_policy(exchange: Exchange, target: Target, policy: Mapping[str, Any]) -> None:
    """The answer is this policy, as a gateway of this version writes it."""
    expect(
        exchange,
        200,
        as_read(target, policy) + "\n",
        expected=f"200 with policy {policy.get('id')}",
    )


def as_read(target: Target, policy: Mapping[str, Any]) -> str:
    """What a GET shows of a policy that was sent so."""
    decoded, reasons = target.codec.decode_leniently(json.dumps(policy).encode())
    assert not reasons, reasons
    return target.codec.encode(decoded)


def listed(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The policies of a list by id.

    Raises:
        Mismatch: the answer is no array of policies, or has one id twice.
    """
    text = exchange.text
    items = json_of(text)
    if exchange.status != 200 or not isinstance(items, list):
        raise Mismatch("200 with an array", f"{exchange.status} {shorten(text)}", exchange)
    if (exchange.header("Content-Type"), text[-2:]) != (JSON, "]\n"):
        actual = f"Content-Type: {exchange.header('Content-Type') or 'none'}, ending in {text[-9:]!r}"
        raise Mismatch(f"Content-Type: {JSON}, ending in ']\\n'", actual, exchange)
    found: dict[str, dict[str, Any]] = {}
    seen = set()
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise Mismatch("an array of policies", f"an item {shorten(json.dumps(item))}", exchange)
        key = (item["id"], str(item.get("org_id")))
        if key in seen:
            raise Mismatch("each policy once", f"{item['id']} twice", exchange)
        seen.add(key)
        found[item["id"]] = item
    return found


def difference(expected: str, actual: str) -> str:
    """How a body differs, member by member where both are JSON objects."""
    try:
        wanted, found = json.loads(expected), json.loads(actual)
    except (ValueError, RecursionError):
        return shorten(repr(actual))
    if isinstance(wanted, dict) and isinstance(found, dict):
        lines = _members(wanted, found, "")
        if lines:
            return "; ".join(lines[:6]) + (f"; and {len(lines) - 6} more" if len(lines) > 6 else "")
    if wanted == found:
        at = next((i for i, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), -1)
        at = min(len(expected), len(actual)) if at < 0 else at
        around = slice(max(0, at - 20), at + 40)
        return f"the same JSON in another text: {actual[around]!r}, not {expected[around]!r}"
    return shorten(actual)


def steady(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The policies of a list by id, of their rights the names alone, for sessions may change the rest.

    Raises:
        Mismatch: as `listed` does.
    """
    return {
        name: {**item, "access_rights": list(item.get("access_rights") or ())}
        for name, item in listed(exchange).items()
    }


def lacking(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The first member of a document that another one lacks, or has otherwise; "" where it has them all."""
    return next(iter(_members(wanted, found, "", others=False)), "")


def _members(
    wanted: Mapping[str, Any], found: Mapping[str, Any], path: str, *, others: bool = True
) -> list[str]:
    """A line for each member that differs; with `others` for those too that are found alone."""
    lines = []
    for name in [*wanted, *(n for n in found if others and n not in wanted)]:
        here = f"{path}/{name}"
        if name not in found:
            lines.append(f"{here} is missing, not {shorten(json.dumps(wanted[name]), 60)}")
        elif name not in wanted:
            lines.append(f"{here} is {shorten(json.dumps(found[name]), 60)}, not absent")
        elif isinstance(wanted[name], dict) and isinstance(found[name], dict):
            lines += _members(wanted[name], found[name], here, others=others)
        elif wanted[name] != found[name] or type(wanted[name]) is not type(found[name]):
            values = [shorten(json.dumps(side[name]), 60) for side in (found, wanted)]
            lines.append(f"{here} is {values[0]}, not {values[1]}")
    return lines


def shorten(text: str, length: int = SHOWN) -> str:
    """A text in one line, cut."""
    line = text.strip().replace("\n", "\\n")
    return line if len(line) <= length else f"{line[:length]}... ({len(line)} characters)"
