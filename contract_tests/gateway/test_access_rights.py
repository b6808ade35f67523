"""Access rights: the members that are kept, and the members that are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import ENDPOINTS, FULL, LIMITS, MCP, REPEATED
from contract_tests.gateway.builders.sessions import preview
from contract_tests.gateway.checks import expect_policy
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.test_policy_fields import refused, round_trip


def kept(gateway: Gateway, rights: Any) -> Steps:
    """Rights that are sent so come back as this version writes them."""
    sent = {"access_rights": rights}
    yield from round_trip(gateway, f'"access_rights":{json.dumps(rights)}', sent)


@behaviour("access-rights-are-kept")
def test_full_access_rights_are_kept(gateway: Gateway) -> Steps:
    """Access rights with every member come back whole, and lists in them as they are: unsorted, with doubles."""
    yield from kept(gateway, {"orders": FULL, "repeated": REPEATED})


@behaviour("access-rights-are-sorted")
def test_access_rights_of_several_apis_are_sorted(gateway: Gateway) -> Steps:
    """Rights of many APIs come back sorted by API id, each with its own members."""
    many = {f"api-{number}": {"api_id": str(number)} for number in range(120)}
    yield from kept(gateway, many)
    yield from kept(gateway, {"z": {"api_id": "z"}, "a": {"versions": ["v"]}, "B": {}, "é": {}})


@pytest.mark.parametrize("limit", LIMITS, ids=range(len(LIMITS)))
@behaviour("api-limit-is-kept")
def test_the_limit_of_an_api_is_kept(gateway: Gateway, limit: dict[str, Any]) -> Steps:
    """A limit comes back with the members that this version writes."""
    yield from kept(gateway, {"a": {"limit": limit}})


ZERO_MEMBERS = [
    {"versions": []}, {"versions": None}, {"allowed_urls": []}, {"allowed_urls": [{}]}, {"allowed_urls": [{"url": "/x", "methods": []}]},
    {"restricted_types": [{}]}, {"restricted_types": []}, {"allowed_types": []}, {"allowed_types": [{"name": "x"}]},
    {"field_access_rights": [{}]}, {"field_access_rights": [{"limits": {}}]}, {"field_access_rights": []},
    {"disable_introspection": False}, {"allowance_scope": ""}, {"api_id": "", "api_name": ""},
]  # fmt: skip


@pytest.mark.parametrize("rights", ZERO_MEMBERS, ids=range(len(ZERO_MEMBERS)))
@behaviour("zero-members-of-rights")
def test_zero_members_of_access_rights(gateway: Gateway, rights: dict[str, Any]) -> Steps:
    """Zero and empty members inside access rights come back, or not, as the version does."""
    yield from kept(gateway, {"a": rights})


@pytest.mark.parametrize("endpoints", ENDPOINTS, ids=range(len(ENDPOINTS)))
@behaviour("endpoints-are-kept")
def test_endpoints_are_kept(gateway: Gateway, endpoints: list[Any]) -> Steps:
    """Limits of endpoints come back in their order, each method with a limit."""
    yield from kept(gateway, {"a": {"endpoints": endpoints}})


@pytest.mark.parametrize("rights", MCP, ids=range(len(MCP)))
@behaviour("mcp-rights-are-kept")
def test_rights_of_mcp_proxies_are_kept(gateway: Gateway, rights: dict[str, Any]) -> Steps:
    """Rights to methods, tools, resources and prompts come back in full, empty ones left out."""
    yield from kept(gateway, {gateway.new_id("-mcp"): rights})


WRONG = [
    "[]", '"a"', '{"a":1}', '{"a":[]}', '{"a":{"api_id":1}}', '{"a":{"versions":"v"}}', '{"a":{"versions":[1]}}',
    '{"a":{"limit":[]}}', '{"a":{"limit":{"rate":"1"}}}', '{"a":{"limit":{"quota_max":1.0}}}', '{"a":{"limit":{"quota_max":1.5}}}',
    '{"a":{"allowed_urls":{}}}', '{"a":{"allowed_urls":["/a"]}}', '{"a":{"allowed_urls":[{"methods":"GET"}]}}',
    '{"a":{"disable_introspection":1}}', '{"a":{"endpoints":{}}}', '{"a":{"endpoints":[{"methods":[{"limit":1}]}]}}',
    '{"a":{"restricted_types":[{"fields":"x"}]}}', '{"a":{"field_access_rights":[{"limits":{"max_query_depth":"1"}}]}}',
    '{"a":{"limit":{"smoothing":true}}}', '{"a":{"allowance_scope":false}}',
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
@behaviour("access-rights-are-typed")
def test_access_rights_of_a_wrong_type_are_refused(gateway: Gateway, text: str) -> None:
    """A member of a wrong type anywhere inside access rights is refused."""
    refused(gateway, f'"access_rights":{text}')


@behaviour("sessions-change-what-they-share")
def test_a_policy_shows_what_sessions_came_to(gateway: Gateway) -> Steps:
    """The types of two policies are joined in the one that a session names first, until the next reload."""

    def types(*fields: str) -> dict[str, Any]:
        return {"orders": {"api_id": "orders", "allowed_types": [{"name": "T", "fields": list(fields)}]}}

    first, second = (gateway.create(access_rights=types(field)) for field in ("x", "y"))
    both = [first["id"], second["id"]]
    yield RELOAD

    expect_policy(gateway.get(first["id"]), gateway, first)
    for _ in TWICE:
        preview(gateway, {"apply_policies": both})
        joined = {**first, "access_rights": types("x", "y")}
        expect_policy(gateway.get(first["id"]), gateway, joined)
        expect_policy(gateway.get(second["id"]), gateway, second)
    yield RELOAD

    expect_policy(gateway.get(first["id"]), gateway, first)
