"""POST /api/portal/policies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contract_tests.dashboard.checks import expect_members, expect_message, expect_rights_twice, listed
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.samples import full_policy, right
from contract_tests.engine.checks import Mismatch, first_difference
from contract_tests.engine.declaration import NotApplicable, behaviour

NAME_USED = "This policy name has already been used. Enter a unique policy name."
MALFORMED = "Request body malformed."


@behaviour("create-returns-object-id")
def test_a_created_policy_is_answered_with_its_id(dashboard: Dashboard) -> None:
    """A create answers 200, OK and a database id in hex."""
    exchange = dashboard.post({"name": dashboard.new_id()})
    expect_message(exchange, 200)
    if not re.fullmatch("[0-9a-f]{24}", str(exchange.document.get("Message"))):
        raise Mismatch("24 hex digits as the Message", exchange.text, exchange)


@behaviour("created-policy-is-read")
def test_a_created_policy_can_be_read(dashboard: Dashboard) -> None:
    """A policy is read at once with the values that were sent."""
    sent = {
        "name": dashboard.new_id(), "rate": 7, "per": 30, "quota_max": 500, "quota_renewal_rate": 3600,
        "key_expires_in": 60, "tags": ["a", "b"], "max_query_depth": 3, "throttle_interval": 2,
        "throttle_retry_limit": 4, "meta_data": {"x": "y"},
    }  # fmt: skip
    object_id = dashboard.create(**sent)
    expect_members(dashboard.get(object_id), {"_id": object_id, **sent})


@behaviour("created-policy-is-read")
def test_all_parts_of_a_policy_are_read(dashboard: Dashboard) -> None:
    """Rights with limits, partitions, negative numbers and texts in any script are read as they were sent."""
    apis = [dashboard.new_id() for _ in range(6)]  # so many that the policy is large
    limit = {"rate": 5, "per": 10, "quota_max": -1, "quota_renewal_rate": 60}
    sent = {
        "name": dashboard.new_id(' <é> "日本" &'), "quota_max": -1, "key_expires_in": -1, "rate": 0.5,
        "tags": ["b", "a", "b"], "hmac_enabled": True, "meta_data": {"x": {"y": [1, None]}},
        "partitions": {"quota": True, "rate_limit": False, "acl": True},
        "access_rights": {api_id: {
            **right(api_id), "versions": ["v2", "v1"], "limit": limit,
            "allowed_urls": [{"url": "/a.*", "methods": ["GET", "POST"]}],
        } for api_id in apis},
    }  # fmt: skip
    object_id = dashboard.create(**sent)
    expect_members(dashboard.get(object_id), {"_id": object_id, **sent})


def expect_every_member(dashboard: Dashboard, *, later: bool) -> None:
    """Every member of two policies is read and listed as it was created and as it was updated.

    Raises:
        Mismatch: one is not.
    """
    first, second, third = (
        full_policy(dashboard.contract, dashboard.new_id(), number, later=later) for number in (1, 2, 4)
    )
    ids = [dashboard.create(**members) for members in (first, second)]
    for object_id, members in zip(ids, (first, second), strict=True):
        exchange = dashboard.get(object_id)
        expect_members(exchange, members)
        expect_rights_twice(exchange, exchange.document)
    name = dashboard.read(ids[0])["name"]
    expect_message(dashboard.put(ids[0], {**third, "name": name}), 200)
    exchange = dashboard.list(p="-1")
    found = {str(policy.get("_id")): policy for policy in listed(exchange)}
    for object_id, members in zip(ids, (third, second), strict=True):
        read = dashboard.get(object_id)
        expect_members(read, members)
        expect_rights_twice(read, read.document)
        policy = found.get(object_id, {})
        if difference := first_difference(members, policy):
            raise Mismatch(f"a list with {object_id} as it is read", difference, exchange)
        expect_rights_twice(exchange, policy)


@behaviour("every-member-is-kept")
def test_every_member_is_kept(dashboard: Dashboard) -> None:
    """Every member that exports of Dashboards have is read and listed as it was sent."""
    expect_every_member(dashboard, later=False)


@behaviour("later-members-are-kept")
def test_later_members_are_kept(dashboard: Dashboard) -> None:
    """Limits of endpoints, and rights to MCP proxies, are read and listed as they were sent."""
    expect_every_member(dashboard, later=True)


@behaviour("created-policy-is-read")
def test_policies_do_not_mix(dashboard: Dashboard) -> None:
    """A policy has none of the values of one that was created beside it."""
    first, second = dashboard.create(rate=7, tags=["first"]), dashboard.create(rate=8)
    expect_members(dashboard.get(first), {"_id": first, "rate": 7, "tags": ["first"]})
    expect_members(dashboard.get(second), {"_id": second, "rate": 8, "tags": []})


@behaviour("created-policy-is-read")
def test_policies_that_are_created_at_one_time(dashboard: Dashboard) -> None:
    """Policies that are created at one time have ids of their own, and each is read with its own values."""
    sent = [{"name": dashboard.new_id(), "rate": number} for number in range(1, 9)]
    exchanges = dashboard.post_together(sent)
    for exchange, policy in zip(exchanges, sent, strict=True):
        expect_message(exchange, 200)
        expect_members(dashboard.get(str(exchange.document.get("Message"))), policy)


@behaviour("created-policy-is-read")
def test_long_texts_are_read(dashboard: Dashboard) -> None:
    """A long name, long tags and many of them are read whole."""
    sent = {"name": dashboard.new_id("n" * 100), "tags": [f"{number}{'t' * 100}" for number in range(40)]}
    expect_members(dashboard.get(dashboard.create(**sent)), sent)


@behaviour("created-policy-is-read")
def test_large_numbers_are_read(dashboard: Dashboard) -> None:
    """Whole numbers of 64 bits are read digit by digit."""
    numbers = {"quota_max": 2**53 + 1, "quota_renewal_rate": 2**63 - 1, "key_expires_in": -(2**53) - 1}
    expect_members(dashboard.get(dashboard.create(**numbers)), numbers)


@behaviour("given-object-id-is-kept")
def test_a_given_object_id_is_kept(dashboard: Dashboard) -> None:
    """A policy that is created with a database id is found under it, also after it was deleted."""
    object_id = dashboard.ownership.new_object_id()
    for name in (dashboard.new_id(), dashboard.new_id()):
        exchange = dashboard.post({"name": name, "_id": object_id})
        expect_message(exchange, 200, object_id)
        expect_members(dashboard.get(object_id), {"_id": object_id, "name": name})
        dashboard.delete(object_id)


@pytest.mark.parametrize("members", [{}, {"id": ""}])
@behaviour("empty-id-is-filled")
def test_an_empty_id_becomes_the_object_id(dashboard: Dashboard, members: dict[str, str]) -> None:
    """A policy without an id has its database id as its id."""
    object_id = dashboard.create(**members)
    expect_members(dashboard.get(object_id), {"_id": object_id, "id": object_id})


@behaviour("id-is-kept")
def test_an_id_is_kept(dashboard: Dashboard) -> None:
    """The id of a policy is read as it was sent, in its case of letters."""
    policy_id = dashboard.new_id("-Plan")
    object_id = dashboard.create(id=policy_id)
    expect_members(dashboard.get(object_id), {"_id": object_id, "id": policy_id})


@pytest.mark.parametrize("character", [" ", "/", "?", "é", "&", "%"])
@behaviour("id-characters")
def test_an_id_with_other_characters_is_refused(dashboard: Dashboard, character: str) -> None:
    """An id with a character that is not allowed answers 400."""
    exchange = dashboard.post({"name": dashboard.new_id(), "id": dashboard.new_id(f"a{character}b")})
    expect_message(exchange, 400)


@behaviour("name-is-unique")
def test_a_name_is_used_once(dashboard: Dashboard) -> None:
    """The name of another policy answers 400, and the other policy stays as it is."""
    name = dashboard.new_id()
    object_id = dashboard.create(name=name, rate=3)
    expect_message(dashboard.post({"name": name, "rate": 4}), 400, NAME_USED)
    expect_members(dashboard.get(object_id), {"name": name, "rate": 3})


@behaviour("name-is-unique")
def test_a_name_is_free_again_after_a_delete(dashboard: Dashboard) -> None:
    """The name of a deleted policy can be used again."""
    name = dashboard.new_id()
    dashboard.delete(dashboard.create(name=name))
    expect_message(dashboard.post({"name": name}), 200)


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "5", '{"name":5}', '{"rate":"5"}', '{"tags":{}}'])
@behaviour("malformed-body-is-403")
def test_a_malformed_body_is_refused(dashboard: Dashboard, body: str) -> None:
    """A body that is no policy answers 403, not 400."""
    expect_message(dashboard.post(body), 403, MALFORMED)


@behaviour("malformed-body-is-403")
def test_a_malformed_update_changes_nothing(dashboard: Dashboard) -> None:
    """A body that is no policy answers 403 to an update too, and the policy stays as it is."""
    object_id = dashboard.create(rate=3)
    for body in ("{", '{"rate":"x"}'):
        expect_message(dashboard.put(object_id, body), 403, MALFORMED)
    expect_members(dashboard.get(object_id), {"rate": 3})


@behaviour("organisation-is-that-of-the-key")
def test_the_organisation_is_that_of_the_users(dashboard: Dashboard) -> None:
    """The org_id of a policy is that of the users whom the key may list."""
    users = dashboard.send("GET", "/api/users?p=-2").document.get("users")
    if not isinstance(users, list) or not users or not isinstance(users[0], dict):
        raise NotApplicable("the key may list no users, who would tell the organisation")
    expect_members(dashboard.get(dashboard.create()), {"org_id": users[0].get("org_id")})


@behaviour("organisation-is-that-of-the-key", reads_only=True)
def test_no_policies_of_others_are_listed(dashboard: Dashboard) -> None:
    """All policies in a list are of one organisation, that of the user."""
    exchange = dashboard.list(p="-1")
    organisations = {str(policy.get("org_id")) for policy in listed(exchange)}
    if len(organisations) > 1:
        raise Mismatch("policies of one organisation", ", ".join(sorted(organisations)), exchange)


@behaviour("organisation-is-that-of-the-key")
def test_a_foreign_organisation_is_replaced(dashboard: Dashboard) -> None:
    """A policy is created in the organisation of the user, whatever its org_id says."""
    own = dashboard.read(dashboard.create())["org_id"]
    object_id = dashboard.create(org_id=dashboard.ownership.new_object_id())
    expect_members(dashboard.get(object_id), {"org_id": own})


@behaviour("rights-array-alone-is-enough")
def test_rights_as_an_array_alone(dashboard: Dashboard) -> None:
    """Access rights that are sent as an array alone are read as a map too."""
    api_id = dashboard.new_id()
    object_id = dashboard.create(access_rights_array=[right(api_id)])
    exchange = dashboard.get(object_id)
    rights: Any = exchange.document.get("access_rights")
    if not isinstance(rights, dict) or list(rights) != [api_id]:
        raise Mismatch(f"access_rights with {api_id}", exchange.text, exchange)


@behaviour("unknown-members-are-dropped")
def test_unknown_members_are_dropped(dashboard: Dashboard) -> None:
    """Members that a policy does not have are accepted and not read back."""
    object_id = dashboard.create(quota_renews=1481546970, quota_remaining=5, made_up={"x": 1})
    exchange = dashboard.get(object_id)
    if stored := {"quota_renews", "quota_remaining", "made_up"} & exchange.document.keys():
        raise Mismatch(f"a policy without {', '.join(sorted(stored))}", exchange.text, exchange)


@behaviour("dates-are-set")
def test_the_dates_of_a_policy(dashboard: Dashboard) -> None:
    """A policy has both dates in their forms, whatever was sent."""
    exchange = dashboard.get(dashboard.create(last_updated="0001-01-01T00:00:00Z"))
    document = exchange.document
    created, updated = str(document.get("date_created")), document.get("last_updated")
    if not re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]00:00)", created):
        raise Mismatch("the time of creation in date_created, in UTC", created, exchange)
    if not isinstance(updated, str) or not re.fullmatch(r"1\d{9}", updated):
        raise Mismatch("seconds in digits in last_updated", repr(updated), exchange)


@behaviour("created-policy-is-read")
def test_a_created_policy_is_listed(dashboard: Dashboard) -> None:
    """A policy is in the list of all policies as soon as it is created, with the values that were sent."""
    object_id = dashboard.create(rate=9)
    exchange = dashboard.list(p="-1")
    found = [policy for policy in listed(exchange) if policy.get("_id") == object_id]
    if [policy.get("rate") for policy in found] != [9]:
        raise Mismatch(f"a list with {object_id} once", f"{len(found)} times: {found}", exchange)
