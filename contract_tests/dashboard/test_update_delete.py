"""PUT and DELETE /api/portal/policies/{id}."""

from __future__ import annotations

import re

from contract_tests.dashboard.checks import expect_found, expect_members, expect_message, expect_right, listed
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.samples import right
from contract_tests.engine.checks import TWICE, Mismatch
from contract_tests.engine.declaration import behaviour

NO_OBJECT = "Could not retrieve portal object."
NOTHING_TO_DELETE = "Could not retrieve object for deletion"


@behaviour("update-replaces")
def test_an_update_replaces_the_policy(dashboard: Dashboard) -> None:
    """An update answers 200, and what it does not send becomes zero."""
    before = {"rate": 3, "quota_max": 5, "tags": ["a"], "meta_data": {"x": "before"}}
    object_id, sent = (
        dashboard.create(**before),
        {"name": dashboard.new_id(), "rate": 4, "meta_data": {"x": "y"}},
    )
    expect_members(dashboard.get(object_id), before)
    expect_message(dashboard.put(object_id, sent), 200, "Data updated")
    expect_members(dashboard.get(object_id), {**sent, "quota_max": 0, "tags": []})


@behaviour("update-replaces")
def test_an_update_replaces_the_rights(dashboard: Dashboard) -> None:
    """The rights of an update replace all rights, and one without rights removes them."""
    before, after = dashboard.new_id(), dashboard.new_id()
    object_id, name = dashboard.create(access_rights={before: right(before)}), dashboard.new_id()
    dashboard.put(object_id, {"name": name, "access_rights": {after: right(after)}})
    expect_right(dashboard.get(object_id), after)
    dashboard.put(object_id, {"name": name})
    exchange = dashboard.get(object_id)
    if exchange.document.get("access_rights") != {}:
        raise Mismatch("access_rights without entries", exchange.text, exchange)


@behaviour("update-replaces")
def test_an_updated_policy_is_listed(dashboard: Dashboard) -> None:
    """A list has an updated policy once and as it is now, and a search finds it by its new name alone."""
    before, after = dashboard.new_id("before"), dashboard.new_id("after")
    object_id = dashboard.create(name=before, rate=3)
    dashboard.put(object_id, {"name": after, "rate": 4})
    exchange = dashboard.list(p="-1")
    found = [policy.get("rate") for policy in listed(exchange) if policy.get("_id") == object_id]
    if found != [4]:
        raise Mismatch(f"a list with {object_id} once, with rate 4", f"the rates {found}", exchange)
    expect_found(dashboard.search(q=after), [object_id], [])
    expect_found(dashboard.search(q=before), [], [object_id])


@behaviour("update-replaces")
def test_an_update_leaves_others_alone(dashboard: Dashboard) -> None:
    """An update changes no other policy."""
    object_id, other = dashboard.create(rate=3), dashboard.create(rate=5)
    dashboard.put(object_id, {"name": dashboard.new_id(), "rate": 4})
    expect_members(dashboard.get(other), {"_id": other, "rate": 5})


@behaviour("name-is-unique")
def test_an_update_may_not_take_a_name(dashboard: Dashboard) -> None:
    """An update with the name of another policy answers 400, and one with its own name answers 200."""
    name, taken = dashboard.new_id(), dashboard.new_id()
    object_id = dashboard.create(name=name)
    dashboard.create(name=taken)
    for _ in TWICE:
        expect_message(dashboard.put(object_id, {"name": taken}), 400)
    expect_message(dashboard.put(object_id, {"name": name, "rate": 2}), 200)


@behaviour("update-keeps-object-id")
def test_an_update_keeps_id_and_date(dashboard: Dashboard) -> None:
    """An update without ids and dates keeps the database id and the time of creation."""
    object_id = dashboard.create()
    before = dashboard.read(object_id)
    exchange = dashboard.put(object_id, {"name": before["name"], "rate": 2})
    expect_message(exchange, 200)
    expect_members(
        dashboard.get(object_id), {"_id": object_id, "rate": 2, "date_created": before["date_created"]}
    )


@behaviour("update-sets-last-updated")
def test_an_update_sets_its_time(dashboard: Dashboard) -> None:
    """An update sets last_updated, whatever it sends."""
    object_id = dashboard.create()
    before = dashboard.read(object_id)
    dashboard.put(object_id, {**before, "rate": 2, "last_updated": "1000000000"})
    exchange = dashboard.get(object_id)
    created, updated = (str(document.get("last_updated")) for document in (before, exchange.document))
    if not re.fullmatch(r"1\d{9}", updated) or updated < created:
        raise Mismatch(f"last_updated {created} or later", updated, exchange)


@behaviour("what-is-read-may-be-sent")
def test_a_policy_as_read_can_be_sent_back(dashboard: Dashboard) -> None:
    """A policy as it was read is accepted as an update with one member changed, and changes no other."""
    api_id = dashboard.new_id()
    object_id = dashboard.create(access_rights={api_id: right(api_id)}, tags=["a"], active=True)
    before = dashboard.read(object_id)
    expect_right(dashboard.exchanges[-1], api_id)  # for no name that the Dashboard chose is sent
    expect_message(dashboard.put(object_id, {**before, "rate": 6}), 200, "Data updated")
    wanted = {name: value for name, value in before.items() if name != "last_updated"}
    expect_members(dashboard.get(object_id), {**wanted, "rate": 6})


@behaviour("update-of-unknown-is-404")
def test_an_update_of_nothing_is_not_found(dashboard: Dashboard) -> None:
    """An update of a database id that no policy has answers 404, and creates no policy."""
    object_id = dashboard.ownership.new_object_id()
    expect_message(dashboard.put(object_id, {"name": dashboard.new_id()}), 404, NO_OBJECT)
    expect_message(dashboard.get(object_id), 404, NO_OBJECT)


@behaviour("deleted-policy-is-gone")
def test_a_deleted_policy_is_gone(dashboard: Dashboard) -> None:
    """A delete answers 200; the policy is then in no list, and is not found."""
    name = dashboard.new_id()
    object_id, other = dashboard.create(name=name), dashboard.create()
    exchange = dashboard.delete(object_id)
    expect_message(exchange, 200, "Data deleted")
    if exchange.document.get("Meta") is not None:
        raise Mismatch("Meta null", exchange.text, exchange)
    expect_message(dashboard.get(object_id), 404, NO_OBJECT)
    expect_message(dashboard.put(object_id, {"name": dashboard.new_id()}), 404, NO_OBJECT)
    expect_found(dashboard.list(p="-1"), [other], [object_id])
    expect_found(dashboard.search(q=name), [], [object_id])
    expect_found(dashboard.search(policy_ids=object_id), [], [object_id])


@behaviour("deleted-policy-is-gone")
def test_a_delete_leaves_others_alone(dashboard: Dashboard) -> None:
    """A delete removes no policy whose name or id begins with those of the deleted one."""
    name, policy_id = dashboard.new_id("x"), dashboard.new_id("x")
    object_id = dashboard.create(name=name, id=policy_id, tags=["a"])
    other = dashboard.create(name=f"{name} more", id=f"{policy_id}-more", tags=["a"])
    expect_message(dashboard.delete(object_id), 200, "Data deleted")
    expect_members(dashboard.get(other), {"_id": other, "name": f"{name} more"})


@behaviour("delete-of-unknown-is-404")
def test_a_delete_of_nothing_is_not_found(dashboard: Dashboard) -> None:
    """A delete of a database id that no policy has, or has no longer, answers 404 with a text of its own."""
    expect_message(dashboard.delete(dashboard.ownership.new_object_id()), 404, NOTHING_TO_DELETE)
    object_id = dashboard.create()
    dashboard.delete(object_id)
    expect_message(dashboard.delete(object_id), 404, NOTHING_TO_DELETE)
