"""Requests that the portal refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from portals import add_api, credential, everything, plan, portal, product, refused

from mockserver import MockDashboard
from mockserver.http.client import Client


@pytest.fixture(name="dashboard")
def _dashboard(portal_dashboard: MockDashboard) -> MockDashboard:
    return portal_dashboard


REFUSED = {
    "unknown member": ("products", {"nam": "x"}, 400, "there is no member 'nam'; give name, description"),
    "no name": ("plans", {}, 400, "the body lacks 'name', a text"),
    "blank name": ("plans", {"name": " "}, 400, "name: ' ' is not a text"),
    "no APIs": ("products", {"name": "x"}, 400, "the body lacks 'apis', a list of texts, the ids of APIs"),
    "unknown API": ("products", {"name": "x", "apis": ["gone"]}, 400, "there is no API 'gone'; GET /api/apis"),
    "MCP proxy": ("products", {"name": "x", "apis": ["tools"]}, 400, "the API 'tools' is an MCP proxy"),
    "two ways": (
        "products", {"name": "x", "apis": ["orders", "open"]}, 400,
        "the APIs 'orders' (authToken) and 'open' (keyless) differ in authentication; make a product of each",
    ),
    "rate as text": ("plans", {"name": "x", "rate": "5"}, 400, "rate: '5' is not a positive number, or -1"),
    "rate zero": ("plans", {"name": "x", "rate": 0, "per": 1}, 400, "rate: 0 is not a positive number"),
    "rate true": ("plans", {"name": "x", "rate": True}, 400, "rate: True is not a positive number"),
    "rate alone": ("plans", {"name": "x", "rate": 5}, 400, "rate 5 and per -1 must both be positive, or both"),
    "quota too long": ("plans", {"name": "x", "quota_max": 1 << 63}, 400, "quota_max: 9223372036854775808 is"),
    "name in use": (
        "plans", {"name": "Orders"}, 400,
        "the Dashboard refuses the policy 'Orders': This policy name has already been used.",
    ),
    "unknown product": (
        "credentials", {"alias": "a", "products": ["no"], "plan": "Gold"}, 404,
        "there is no product 'no'; GET /_mock/portal/products lists them",
    ),
    "unknown plan": (
        "credentials", {"alias": "a", "products": ["Orders"], "plan": "no"}, 404,
        "there is no plan 'no'; GET /_mock/portal/plans lists them",
    ),
    "no product": (
        "credentials", {"alias": "a", "products": [], "plan": "Gold"}, 400,
        "products: [] is not a list of ids or names, at least one",
    ),
    "keyless product": (
        "credentials", {"alias": "a", "products": ["Open"], "plan": "Gold"}, 400,
        "the product 'Open' asks for keyless; credentials of this portal are keys, for APIs with authToken",
    ),
    "key in use": (
        "credentials", {"alias": "a", "key": "mine", "products": ["Orders"], "plan": "Gold"}, 409,
        "the gateway has a key 'mine' already; choose another, or leave it out",
    ),
    "long name": ("products", {"name": ["x" * 999]}, 400, "name: ['xxxxxxxxxxxx...xxxxxxxxxxxxx'] is not a text"),
    "lone surrogate": ("products", {"name": "\ud800"}, 400, "name: '\\ud800' is not a text"),
    "negative expiry": ("plans", {"name": "x", "key_expires_in": -1}, 400, "key_expires_in: -1 is not an integer"),
    "tags as text": ("synchronise", {"tags": "x"}, 400, "tags: 'x' is not a list of texts"),
    "a list": ("products", [], 400, "the body must be a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "message"), REFUSED.values(), ids=list(REFUSED))
def test_a_wrong_request_is_refused_with_the_next_step(
    dashboard: MockDashboard, path: str, body: Any, status: int, message: str
) -> None:
    """A request that the portal refuses changes nothing, and its message names the value and the next step."""
    add_api(dashboard, "tools", application_protocol="mcp")
    add_api(dashboard, "open", use_standard_auth=False, use_keyless=True)
    product(dashboard), product(dashboard, "Open"), plan(dashboard)
    credential(dashboard, "Orders", key="mine")
    before = everything(dashboard)
    actual, text = refused(dashboard, "POST", path, body)
    assert (actual, text[: len(message)]) == (status, message)
    assert everything(dashboard) == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("noun", ["product", "plan", "credential"])
def test_what_is_not_there_is_404(dashboard: MockDashboard, noun: str, method: str) -> None:
    """A product, plan or credential that is not there is named in a 404."""
    body = {} if method == "PATCH" else None
    message = f"there is no {noun} 'gone'; GET /_mock/portal/{noun}s lists them"
    assert refused(dashboard, method, f"{noun}s/gone", body) == (404, message)


def test_an_ambiguous_name_is_refused(dashboard: MockDashboard) -> None:
    """Of two credentials with one alias, neither is meant, and the message has the ids of both."""
    product(dashboard), plan(dashboard)
    ids = [credential(dashboard, "Orders")["id"] for _ in range(2)]
    status, message = refused(dashboard, "DELETE", "credentials/app")
    assert (status, message) == (409, f"2 credentials have the name 'app'; give an id: {', '.join(ids)}")
    portal(dashboard, "DELETE", f"credentials/{ids[0]}")
    assert [item["id"] for item in portal(dashboard, "GET", "credentials")] == ids[1:]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0); give a JSON object"),
        (b"\xff", "the body is not JSON: "),
        (b"[" * 100_000, "the body is nested too deeply; give a JSON object"),
    ],
    ids=["none", "bytes", "deep"],
)
def test_a_body_that_is_no_json_is_refused(dashboard: MockDashboard, body: bytes, reason: str) -> None:
    """A body that is no JSON, or nested too deeply, is refused with the next step."""
    with Client(dashboard.url) as client:
        answer = client.send("POST", "/_mock/portal/products", [], body)
    assert answer.status == 400
    assert json.loads(answer.body)["message"].startswith(reason)
