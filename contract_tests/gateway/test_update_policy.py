"""PUT /tyk/policies/{polID}, and PUT without an id."""

from __future__ import annotations

import pytest

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import full_policy, reduced_policy
from contract_tests.gateway.checks import expect_error, expect_malformed, expect_policy, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES

MISMATCH = "Request ID does not match that in policy! For Update operations these must match."


@behaviour("update-answers-modified")
def test_updating_answers_the_key_and_modified(gateway: Gateway) -> None:
    """The answer to an update has the policy's id and the action `modified`."""
    policy = gateway.create(name="before")

    expect_written(gateway.put(policy["id"], {**policy, "name": "after"}), policy["id"], "modified")


@behaviour("update-needs-reload")
def test_an_update_shows_after_a_reload(gateway: Gateway) -> Steps:
    """An updated policy is read with its old values until the gateway reloads."""
    before = gateway.create(_id=gateway.ownership.new_object_id(), **full_policy(9))
    yield RELOAD
    after = {"id": before["id"], "_id": gateway.ownership.new_object_id(), **full_policy(12)}
    gateway.put(before["id"], after)
    expect_policy(gateway.get(before["id"]), gateway, before)
    yield RELOAD

    expect_policy(gateway.get(before["id"]), gateway, after)


@behaviour("update-replaces-whole")
def test_members_that_are_not_sent_become_zero(gateway: Gateway) -> Steps:
    """An update keeps no member of the old policy: members that it lacks become zero."""
    policy = gateway.create(_id=gateway.ownership.new_object_id(), **full_policy(1))
    reduced, long = gateway.create(**full_policy(1)), gateway.create(name="n" * 5000)
    yield RELOAD
    updates = {"id": policy["id"]}, reduced_policy(reduced), {"id": long["id"], "name": "short"}
    for changed in updates:
        expect_written(gateway.put(changed["id"], changed), changed["id"], "modified")
    yield RELOAD

    for changed in updates:
        expect_policy(gateway.get(changed["id"]), gateway, changed)


@behaviour("update-replaces-whole")
def test_nothing_of_a_deleted_policy_comes_back(gateway: Gateway) -> Steps:
    """A deleted policy that an update writes again has only its new values."""
    deleted, still_loaded = gateway.create(**full_policy(1)), gateway.create(**full_policy(3))
    yield RELOAD
    gateway.delete(deleted["id"])
    yield RELOAD
    gateway.delete(still_loaded["id"])
    policies = [{"id": policy["id"], "name": "new"} for policy in (deleted, still_loaded)]
    for policy in policies:
        expect_written(gateway.put(policy["id"], policy), policy["id"], "modified")
    yield RELOAD

    for policy in policies:
        expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("update-creates")
def test_updating_an_unknown_policy_creates_it(gateway: Gateway) -> Steps:
    """An update of an unknown policy writes it, and still answers `modified`."""
    policy = {"id": gateway.new_id(), "name": "new"}
    expect_written(gateway.put(policy["id"], policy), policy["id"], "modified")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@pytest.mark.parametrize("body", ["{}", "null", '{"name":"x"}', '{"id":""}', '{"id":null}'])
@behaviour("update-needs-the-same-id")
def test_an_update_without_an_id_is_refused(gateway: Gateway, body: str) -> None:
    """An update whose body has no id is refused."""
    expect_error(gateway.put(gateway.new_id(), body), 400, MISMATCH)


@behaviour("update-needs-the-same-id")
def test_an_update_with_another_id_is_refused(gateway: Gateway) -> Steps:
    """An update whose body has another id than the path is refused, and writes neither policy."""
    path_id, body_id = gateway.new_id(), gateway.new_id()
    expect_error(gateway.put(path_id, {"id": body_id}), 400, MISMATCH)
    yield RELOAD

    expect_error(gateway.get(path_id), 404, "Policy not found")
    expect_error(gateway.get(body_id), 404, "Policy not found")


@behaviour("update-needs-the-same-id")
def test_an_update_with_the_id_in_other_case_is_refused(gateway: Gateway) -> None:
    """An update whose body has the path's id in another case is refused."""
    policy_id = gateway.new_id("-x")

    expect_error(gateway.put(policy_id, {"id": policy_id[:-1] + "X"}), 400, MISMATCH)


@pytest.mark.parametrize("form", ["{}2", "{}.json", "{}-", "{}{}"])
@behaviour("update-needs-the-same-id")
def test_an_update_with_more_than_the_id_is_refused(gateway: Gateway, form: str) -> None:
    """An update whose body has the path's id and more characters is refused."""
    policy_id = gateway.new_id()

    expect_error(gateway.put(policy_id, {"id": form.replace("{}", policy_id)}), 400, MISMATCH)
    if "any-id-is-taken" in gateway.behaviours:
        expect_error(gateway.put(policy_id, {"id": f"{policy_id} "}), 400, MISMATCH)


@behaviour("update-needs-the-same-id")
def test_an_object_id_does_not_match_the_path(gateway: Gateway) -> None:
    """An update whose body has the path's id as its _id alone is refused."""
    object_id = gateway.ownership.new_object_id()

    expect_error(gateway.put(object_id, {"_id": object_id}), 400, MISMATCH)


@pytest.mark.parametrize("body", ["", "{", "[]", '{"id":1}', '{"rate":"x"}'])
@behaviour("broken-update-is-400")
def test_a_broken_update_is_refused(gateway: Gateway, body: str) -> None:
    """An update whose body cannot be decoded is refused before its id is compared."""
    expect_malformed(gateway.put(gateway.new_id(), body))


@behaviour("refused-update-changes-nothing")
def test_a_refused_update_changes_nothing(gateway: Gateway) -> Steps:
    """An update that is refused leaves the policy as it was."""
    policy = gateway.create(name="kept", rate=4)
    gateway.put(policy["id"], f'{{"id":"{policy["id"]}","name":"lost","rate":"x"}}')
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@pytest.mark.parametrize("body", ['{"id":"x"}', "{", ""])
@behaviour("update-without-path-id-is-400")
def test_an_update_without_an_id_in_the_path(gateway: Gateway, body: str) -> None:
    """A PUT of /tyk/policies is refused, whatever its body; its message says apiID."""
    exchange = gateway.send("PUT", POLICIES, body.replace("x", gateway.new_id()))

    expect_error(exchange, 400, "Must specify an apiID to update")
