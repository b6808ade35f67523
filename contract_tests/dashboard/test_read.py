"""GET /api/portal/policies/{id}, and the members that the Dashboard derives."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.dashboard.checks import expect_members, expect_message, expect_rights_twice, listed
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.samples import full_right, right
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import behaviour

NO_OBJECT = "Could not retrieve portal object."


@behaviour("id-in-paths")
def test_a_policy_is_found_by_its_id(dashboard: Dashboard) -> None:
    """A policy is read, updated and deleted by its id."""
    policy_id, name = dashboard.new_id("-plan"), dashboard.new_id()
    object_id = dashboard.create(id=policy_id, name=name)
    expect_members(dashboard.get(policy_id), {"_id": object_id, "id": policy_id})
    expect_message(dashboard.put(policy_id, {"name": name, "id": policy_id, "rate": 4}), 200, "Data updated")
    expect_members(dashboard.get(object_id), {"rate": 4})
    expect_message(dashboard.delete(policy_id), 200, "Data deleted")
    expect_message(dashboard.get(object_id), 404, NO_OBJECT)


@behaviour("unknown-object-id-is-404", reads_only=True)
def test_an_unknown_object_id_is_not_found(dashboard: Dashboard) -> None:
    """A database id that no policy has answers 404."""
    expect_message(dashboard.get(dashboard.ownership.new_object_id()), 404, NO_OBJECT)


@behaviour("unknown-id-is-refused", reads_only=True)
def test_an_unknown_id_is_refused(dashboard: Dashboard) -> None:
    """An id that no policy has answers 404 or 400, with the text of that status."""
    exchange = dashboard.get(dashboard.new_id("nobody"))
    answer = (400, "Invalid policy ID.") if exchange.status == 400 else (404, NO_OBJECT)
    expect_message(exchange, *answer)


@behaviour("rights-are-an-array-too")
def test_rights_are_an_array_too(dashboard: Dashboard) -> None:
    """The rights of a policy are read and listed as an array too, with the same entries."""
    apis = {dashboard.new_id(): number for number in (1, 2)}
    rights = [full_right(dashboard.contract, name, number, later=False) for name, number in apis.items()]
    object_id = dashboard.create(access_rights={entry["api_id"]: entry for entry in rights})
    read, listing = dashboard.get(object_id), dashboard.list(p="-1")
    found = [policy for policy in listed(listing) if policy.get("_id") == object_id]
    expect_members(read, {"access_rights": {name: {"api_id": name} for name in apis}})
    for exchange, policy in ((read, read.document), *((listing, policy) for policy in found)):
        expect_rights_twice(exchange, policy)


@behaviour("other-members-are-whole")
def test_a_bare_policy_has_all_members(dashboard: Dashboard) -> None:
    """A policy that was sent with its name alone has every member, zero or empty."""
    exchange = dashboard.get(dashboard.create())
    expect_members(
        exchange,
        {
            "rate": 0, "per": 0, "quota_max": 0, "quota_renewal_rate": 0, "throttle_interval": 0,
            "throttle_retry_limit": 0, "max_query_depth": 0, "hmac_enabled": False, "tags": [],
            "key_expires_in": 0, "access_rights": {}, "meta_data": {}, "access_rights_array": [],
        },
    )  # fmt: skip


@behaviour("other-members-are-whole")
def test_a_right_has_all_members(dashboard: Dashboard) -> None:
    """A right has empty lists as arrays, and null for a limit that is not set."""
    api_id = dashboard.new_id()
    exchange = dashboard.get(dashboard.create(access_rights={api_id: right(api_id)}))
    rights: Any = exchange.document.get("access_rights")
    wanted = {"limit": None, "allowed_urls": [], "restricted_types": [], "versions": ["Default"]}
    entry = rights.get(api_id) if isinstance(rights, dict) else None
    if not isinstance(entry, dict) or {name: entry.get(name, "") for name in wanted} != wanted:
        members = {"access_rights": {api_id: wanted}}
        raise Mismatch(f"a right with {wanted}", exchange.text, exchange, members=members)


@pytest.mark.parametrize(
    ("members", "state"),
    [({"active": True}, "active"), ({}, "draft"), ({"active": True, "is_inactive": True}, "deny")],
    ids=["active", "draft", "deny"],
)
@behaviour("state-follows-active")
def test_the_state_follows(dashboard: Dashboard, members: dict[str, bool], state: str) -> None:
    """The state of a policy follows from active and is_inactive."""
    expect_members(dashboard.get(dashboard.create(**members)), {"state": state})


@pytest.mark.parametrize(
    ("state", "sent", "wanted"),
    [
        ("active", {"active": False}, {"active": True, "is_inactive": False}),
        ("draft", {"active": True}, {"active": False}),
        ("deny", {"active": True}, {"is_inactive": True}),
    ],
    ids=["active", "draft", "deny"],
)
@behaviour("state-overrides-active")
def test_the_state_overrides(
    dashboard: Dashboard, state: str, sent: dict[str, bool], wanted: dict[str, bool]
) -> None:
    """A state that is sent sets active and is_inactive."""
    exchange = dashboard.get(dashboard.create(state=state, **sent))
    expect_members(exchange, {"state": state, **wanted})


@behaviour("state-overrides-active")
def test_an_update_sets_the_state(dashboard: Dashboard) -> None:
    """A state that is sent with an update overrides active and is_inactive, which an update can set too."""
    object_id, name = dashboard.create(active=True), dashboard.new_id()
    expect_members(dashboard.get(object_id), {"state": "active", "active": True})
    dashboard.put(object_id, {"name": name, "active": False})
    expect_members(dashboard.get(object_id), {"state": "draft", "active": False})
    dashboard.put(object_id, {"name": name, "active": True, "state": "deny"})
    expect_members(dashboard.get(object_id), {"state": "deny", "is_inactive": True})
