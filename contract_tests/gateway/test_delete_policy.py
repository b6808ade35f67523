"""DELETE /tyk/policies/{polID}, and DELETE without an id."""

from __future__ import annotations

import pytest

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES


@behaviour("delete-answers-deleted")
def test_deleting_answers_the_key_and_deleted(gateway: Gateway) -> None:
    """A policy that was written and never loaded can be deleted; the answer has its id and `deleted`."""
    policy = gateway.create()

    expect_written(gateway.delete(policy["id"]), policy["id"], "deleted")


@behaviour("deleted-policy-stays-until-reload")
def test_a_deleted_policy_is_readable_until_a_reload(gateway: Gateway) -> Steps:
    """A deleted policy is read until the next reload, and answers 404 after it."""
    policy = gateway.create(name="deleted")
    yield RELOAD
    expect_written(gateway.delete(policy["id"]), policy["id"], "deleted")
    expect_policy(gateway.get(policy["id"]), gateway, policy)
    yield RELOAD

    expect_error(gateway.get(policy["id"]), 404, "Policy not found")


@behaviour("delete-unknown-is-500")
def test_deleting_an_unknown_policy_fails(gateway: Gateway) -> None:
    """A DELETE of a policy that was never written answers 500, not 404."""
    expect_error(gateway.delete(gateway.new_id()), 500, "Delete failed")


@behaviour("delete-twice-is-500")
def test_deleting_twice_fails(gateway: Gateway) -> Steps:
    """A second DELETE of a policy answers 500, although the policy is still loaded."""
    policy = gateway.create()
    yield RELOAD
    gateway.delete(policy["id"])

    expect_error(gateway.delete(policy["id"]), 500, "Delete failed")


@behaviour("deleted-policy-can-come-back")
def test_a_deleted_policy_can_be_written_again(gateway: Gateway) -> Steps:
    """A policy that is deleted and written again before a reload has only its new values."""
    old = gateway.create(name="old", rate=9, tags=["old"])
    yield RELOAD
    gateway.delete(old["id"])
    new = gateway.create(id=old["id"], name="new")
    yield RELOAD

    expect_policy(gateway.get(old["id"]), gateway, new)


@behaviour("delete-leaves-others")
def test_deleting_one_policy_leaves_the_others(gateway: Gateway) -> Steps:
    """A DELETE removes one policy and no other."""
    first, second, third = (gateway.create(name=name) for name in ("first", "second", "third"))
    yield RELOAD
    gateway.delete(second["id"])
    yield RELOAD

    expect_policy(gateway.get(first["id"]), gateway, first)
    expect_error(gateway.get(second["id"]), 404, "Policy not found")
    expect_policy(gateway.get(third["id"]), gateway, third)


@pytest.mark.parametrize("path", [POLICIES, f"{POLICIES}/"])
@behaviour("delete-without-path-id-is-400")
def test_a_deletion_without_an_id_in_the_path(gateway: Gateway, path: str) -> None:
    """A DELETE of /tyk/policies is refused; its message says apiID."""
    expect_error(gateway.send("DELETE", path), 400, "Must specify an apiID to delete")
