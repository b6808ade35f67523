"""Access rights of a policy: the members that a gateway stores and the members that it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import ENDPOINTS, FULL, LIMITS, MCP, ORDERS, REPEATED
from contract_tests.gateway.builders.sessions import preview
from contract_tests.gateway.checks import expect_policy
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.test_policy_fields import expect_members_refused, round_trip


def rights_round_trip(gateway: Gateway, rights: Any) -> Steps:
    """Send these access rights and expect them back as this version encodes them."""
    yield from round_trip(gateway, f'"access_rights":{json.dumps(rights)}', {"access_rights": rights})


@behaviour("access-rights-are-kept")
def test_full_access_rights_are_kept(gateway: Gateway) -> Steps:
    """Access rights with every member come back in full, and their lists unsorted and with duplicates."""
    yield from rights_round_trip(gateway, {ORDERS: FULL, "repeated": REPEATED})


@behaviour("access-rights-are-sorted")
def test_access_rights_of_several_apis_are_sorted(gateway: Gateway) -> Steps:
    """Access rights to many APIs come back sorted by API id, each with its own members."""
    rights = {f"api-{number}": {"api_id": str(number)} for number in range(120)}
    yield from rights_round_trip(gateway, rights)
    yield from rights_round_trip(gateway, {"z": {"api_id": "z"}, "a": {"versions": ["v"]}, "B": {}, "é": {}})


@pytest.mark.parametrize("limit", LIMITS, ids=json.dumps)
@behaviour("api-limit-is-kept")
def test_the_limit_of_an_api_is_kept(gateway: Gateway, limit: dict[str, Any]) -> Steps:
    """The limit of an access right comes back with the members that this version has."""
    yield from rights_round_trip(gateway, {"a": {"limit": limit}})


ENDPOINT_CASES = ["none", "empty", "no-methods", "empty-method", "zero-rate", "two-paths", "repeated"]
MCP_CASES = [
    "methods", "method-rules", "empty-method-rules", "primitives", "no-primitives", "rules", "empty-rules", "no-rules",
]  # fmt: skip
ZERO_MEMBERS = [
    {"versions": []}, {"versions": None}, {"allowed_urls": []}, {"allowed_urls": [{}]}, {"allowed_urls": [{"url": "/x", "methods": []}]},
    {"restricted_types": [{}]}, {"restricted_types": []}, {"allowed_types": []}, {"allowed_types": [{"name": "x"}]},
    {"field_access_rights": [{}]}, {"field_access_rights": [{"limits": {}}]}, {"field_access_rights": []},
    {"disable_introspection": False}, {"allowance_scope": ""}, {"api_id": "", "api_name": ""},
]  # fmt: skip


@pytest.mark.parametrize("rights", ZERO_MEMBERS, ids=json.dumps)
@behaviour("zero-members-of-rights")
def test_zero_members_of_access_rights(gateway: Gateway, rights: dict[str, Any]) -> Steps:
    """A zero or empty member of an access right comes back, or is left out, as in this version."""
    yield from rights_round_trip(gateway, {"a": rights})


@pytest.mark.parametrize("endpoints", ENDPOINTS, ids=ENDPOINT_CASES)
@behaviour("endpoints-are-kept")
def test_endpoints_are_kept(gateway: Gateway, endpoints: list[Any]) -> Steps:
    """The endpoints of an access right come back in their order, and each method has a limit."""
    yield from rights_round_trip(gateway, {"a": {"endpoints": endpoints}})


@pytest.mark.parametrize("rights", MCP, ids=MCP_CASES)
@behaviour("mcp-rights-are-kept")
def test_rights_of_mcp_proxies_are_kept(gateway: Gateway, rights: dict[str, Any]) -> Steps:
    """Access rights to methods, tools, resources and prompts come back in full, without empty ones."""
    yield from rights_round_trip(gateway, {gateway.new_id("-mcp"): rights})


WRONG_TYPES = [
    "[]", '"a"', '{"a":1}', '{"a":[]}', '{"a":{"api_id":1}}', '{"a":{"versions":"v"}}', '{"a":{"versions":[1]}}',
    '{"a":{"limit":[]}}', '{"a":{"limit":{"rate":"1"}}}', '{"a":{"limit":{"quota_max":1.0}}}', '{"a":{"limit":{"quota_max":1.5}}}',
    '{"a":{"allowed_urls":{}}}', '{"a":{"allowed_urls":["/a"]}}', '{"a":{"allowed_urls":[{"methods":"GET"}]}}',
    '{"a":{"disable_introspection":1}}', '{"a":{"endpoints":{}}}', '{"a":{"endpoints":[{"methods":[{"limit":1}]}]}}',
    '{"a":{"restricted_types":[{"fields":"x"}]}}', '{"a":{"field_access_rights":[{"limits":{"max_query_depth":"1"}}]}}',
    '{"a":{"limit":{"smoothing":true}}}', '{"a":{"allowance_scope":false}}',
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG_TYPES)
@behaviour("access-rights-are-typed")
def test_access_rights_of_a_wrong_type_are_refused(gateway: Gateway, text: str) -> None:
    """A policy with a member of a wrong type anywhere in its access rights is refused."""
    expect_members_refused(gateway, f'"access_rights":{text}')


@behaviour("sessions-change-what-they-share")
def test_a_policy_shows_what_sessions_came_to(gateway: Gateway) -> Steps:
    """A session of two policies joins their allowed types in the first one, until the next reload."""

    def types(*fields: str) -> dict[str, Any]:
        return {ORDERS: {"api_id": ORDERS, "allowed_types": [{"name": "T", "fields": list(fields)}]}}

    first, second = (gateway.create(access_rights=types(field)) for field in ("x", "y"))
    ids = [first["id"], second["id"]]
    yield RELOAD

    expect_policy(gateway.get(first["id"]), gateway, first)
    for _ in TWICE:
        preview(gateway, {"apply_policies": ids})
        joined = {**first, "access_rights": types("x", "y")}
        expect_policy(gateway.get(first["id"]), gateway, joined)
        expect_policy(gateway.get(second["id"]), gateway, second)
    yield RELOAD

    expect_policy(gateway.get(first["id"]), gateway, first)
