"""Checks of the Tyk Gateway's answers: success and error messages, policies, and lists of policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.engine.checks import JSON, Mismatch, expect, expect_json, shorten
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.gateway.client import Gateway

FORBIDDEN_MESSAGE = "Attempted administrative access with invalid or missing key!"
PAGE_NOT_FOUND = "404 page not found\n"


def expect_ok(exchange: Exchange, message: str = "") -> None:
    """Expect 200 with the status `ok` and this message."""
    expect_json(exchange, 200, {"status": "ok", "message": message})


def expect_error(exchange: Exchange, status: int, message: str) -> None:
    """Expect this status with an error message; the answer to HEAD has no body."""
    if exchange.method == "HEAD":
        expect(exchange, status, "")
    else:
        expect_json(exchange, status, {"status": "error", "message": message})


def expect_forbidden(exchange: Exchange) -> None:
    """Expect the refusal of a wrong or missing secret."""
    expect_error(exchange, 403, FORBIDDEN_MESSAGE)


def expect_malformed(exchange: Exchange) -> None:
    """Expect the refusal of a body that Go cannot decode."""
    expect_error(exchange, 400, "Request malformed")


def expect_written(exchange: Exchange, key: str, action: str) -> None:
    """Expect the answer to a successful write."""
    expect_json(exchange, 200, {"key": key, "status": "ok", "action": action})


def expect_page_not_found(exchange: Exchange) -> None:
    """Expect the plain-text 404 of an unknown path."""
    expect(exchange, 404, PAGE_NOT_FOUND, "text/plain; charset=utf-8")
    if exchange.header("X-Content-Type-Options") != "nosniff":
        actual = exchange.header("X-Content-Type-Options") or "none"
        raise Mismatch("X-Content-Type-Options: nosniff", f"that header is {actual}", exchange)


def expect_policy(exchange: Exchange, gateway: Gateway, policy: Mapping[str, Any]) -> None:
    """Expect this policy, encoded as by a gateway of this version."""
    expect(
        exchange,
        200,
        as_read(gateway, policy) + "\n",
        expected=f"200 with policy {policy.get('id')}",
    )


def as_read(gateway: Gateway, policy: Mapping[str, Any]) -> str:
    """The text of a policy in an answer, for the policy of a request."""
    decoded, reasons = gateway.codec.decode_leniently(json.dumps(policy).encode())
    assert not reasons, reasons
    return gateway.codec.encode(decoded)


def listed(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The policies of a list, by id.

    Raises:
        Mismatch: the answer is not an array of policies, or has a policy twice.
    """
    text = exchange.text
    items = json_of(text)
    if exchange.status != 200 or not isinstance(items, list):
        raise Mismatch("200 with an array", f"{exchange.status} {shorten(text)}", exchange)
    if (exchange.header("Content-Type"), text[-2:]) != (JSON, "]\n"):
        end = exchange.auth.masked(text)[-9:]
        actual = f"Content-Type: {exchange.header('Content-Type') or 'none'}, ending in {end!r}"
        raise Mismatch(f"Content-Type: {JSON}, ending in ']\\n'", actual, exchange)
    policies: dict[str, dict[str, Any]] = {}
    keys = set()
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise Mismatch("an array of policies", f"an item {shorten(json.dumps(item))}", exchange)
        key = (item["id"], str(item.get("org_id")))
        if key in keys:
            raise Mismatch("each policy once", f"{item['id']} twice", exchange)
        keys.add(key)
        policies[item["id"]] = item
    return policies


def steady(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The policies of a list by id, with only the names of their access rights.

    Sessions may change the other members of access rights.

    Raises:
        Mismatch: as `listed` does.
    """
    return {
        name: {**item, "access_rights": list(item.get("access_rights") or ())}
        for name, item in listed(exchange).items()
    }


def seconds_in(exchange: Exchange, name: str) -> int:
    """The whole seconds in a member of an answer, which may be a number or digits in a string.

    Raises:
        Mismatch: the member is missing, or something else.
    """
    value = exchange.document.get(name)
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 20):
        return int(value)
    raise Mismatch(f"{name} in whole seconds", f"{name} is {shorten(repr(value), 60)}", exchange)
