"""Expectations about requests: what counts, what is said if they are not met, and violations."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver import MockDashboard, MockGateway

GOLD = {"id": "gold", "rate": 5, "tags": ["a", "b"], "partitions": {"acl": True}}


@pytest.fixture(name="published")
def _published(gateway: MockGateway) -> MockGateway:
    """A gateway that got two policies and a request for one of them."""
    gateway.client.post("/tyk/policies", json=GOLD)
    gateway.client.post("/tyk/policies", json={"id": "silver", "rate": 6})
    gateway.client.get("/tyk/policies/gold")
    return gateway


MET: list[dict[str, Any]] = [
    {},
    {"times": 2},
    {"times": 1, "json": {"rate": 5}},
    {"times": 1, "json": {"tags": ["a", "b"], "partitions": {"acl": True}}},
    {"times": 1, "policy_id": "silver"},
    {"times": 2, "status": 200},
    {"times": 0, "status": 0},
    {"times": 0, "json": {"rate": 7}},
]


@pytest.mark.parametrize("expected", MET, ids=str)
def test_a_request_that_was_made_is_found(published: MockGateway, expected: dict[str, Any]) -> None:
    """An expectation counts the requests of an operation, and their entries are returned."""
    entries = published.assert_requested("addPolicy", **expected)
    assert len(entries) == expected.get("times", 2)
    assert all(entry.operation == "addPolicy" for entry in entries)


UNMET: list[tuple[dict[str, Any], list[str]]] = [
    ({"times": 1}, ["addPolicy: expected once, but requested twice", "request: POST /tyk/policies -> 200"]),
    ({"times": 3}, ["expected 3 times, but requested twice"]),
    (
        {"json": {"rate": 7}},
        [
            'addPolicy with body {"rate": 7}: expected at least once, but requested never',
            "near: POST /tyk/policies -> 200 addPolicy", "/rate is 5, not 7", "/rate is 6, not 7",
        ],
    ),
    ({"json": {"per": 1}}, ["/per is missing, not 1"]),
    ({"json": {"tags": ["a"]}}, ['/tags is ["a", "b"], not ["a"]', '/tags is missing, not ["a"]']),
    ({"json": {"tags": ["a", "c"]}}, ['/tags/1 is "b", not "c"']),
    ({"json": {"partitions": {"acl": 1}}}, ["/partitions/acl is true, not 1"]),
    ({"json": [1]}, ["/ is {"]),
    ({"policy_id": "bronze"}, ["the policy is 'gold', not 'bronze'"]),
    ({"status": 503}, ["addPolicy with status 503: ", "the status is 200, not 503"]),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "parts"), UNMET, ids=str)
def test_a_request_that_was_not_made_shows_what_came_near(
    published: MockGateway, expected: dict[str, Any], parts: list[str]
) -> None:
    """The message has the expectation, the counts, and the differences of each request that comes near."""
    with pytest.raises(AssertionError) as failure:
        published.assert_requested("addPolicy", **expected)
    for part in parts:
        assert part in str(failure.value)


def test_an_operation_that_was_not_asked_for_shows_the_journal(published: MockGateway) -> None:
    """If there was no request for an operation, the message has the others."""
    with pytest.raises(AssertionError) as failure:
        published.assert_requested("reload")
    assert str(failure.value).splitlines() == [
        "reload: expected at least once, but requested never",
        "  the journal has 3 other requests:",
        "    POST /tyk/policies -> 200 addPolicy",
        "    POST /tyk/policies -> 200 addPolicy",
        "    GET /tyk/policies/gold -> 404 getPolicy (Policy not found)",
    ]


def test_a_body_that_is_no_json_differs(gateway: MockGateway) -> None:
    """A request whose body is no JSON comes near, and the message says so."""
    gateway.client.post("/tyk/policies", content=b"{")
    with pytest.raises(AssertionError, match="the body is not valid JSON"):
        gateway.assert_requested("addPolicy", json={"id": "gold"})


def test_an_unknown_operation_is_refused(gateway: MockGateway, dashboard: MockDashboard) -> None:
    """An operation that the service has not is refused with the nearest one."""
    with pytest.raises(
        ValueError, match=re.escape("there is no operation 'addpolicy', the nearest is 'addPolicy'")
    ):
        gateway.assert_requested("addpolicy")
    with pytest.raises(ValueError, match="the nearest is 'searchPolicies'"):
        dashboard.assert_requested("searchPolicy")


def test_violations_fail_a_check(gateway: MockGateway) -> None:
    """A check passes while nothing violates the specification, and has a line for each violation."""
    gateway.check()
    gateway.client.post("/tyk/policies", json=GOLD)
    gateway.fault("addPolicy", status=503)
    gateway.client.post("/tyk/policies", json=GOLD)
    gateway.check()
    gateway.client.get("/tyk/plans")
    with pytest.raises(AssertionError) as failure:
        gateway.check()
    assert str(failure.value).splitlines() == [
        "requests or replies violate the specification:",
        "  GET /tyk/plans -> 404: GET /tyk/plans reached no operation of the spec",
    ]


def test_a_misspelt_path_is_told_with_the_nearest_operation(gateway: MockGateway) -> None:
    """A request that reaches no operation names the nearest one."""
    gateway.client.get("/tyk/polices")
    text = "GET /tyk/polices reached no operation of the spec, the nearest is GET /tyk/policies"
    assert gateway.journal[0].violations == [text]
