"""GET /tyk/policies/{polID}."""

from __future__ import annotations

import pytest

from contract_tests.engine.declaration import ALONE, RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import full_policy
from contract_tests.gateway.checks import expect_error, expect_policy
from contract_tests.gateway.client import Gateway, path_of


@behaviour("unknown-policy-is-404", reads_only=True)
def test_an_unknown_policy_is_not_found(gateway: Gateway) -> None:
    """A policy that was never written answers 404 in JSON."""
    expect_error(gateway.get(gateway.new_id()), 404, "Policy not found")


@pytest.mark.parametrize("escaped", ["%FF", "%C3", "%ED%A0%80", "%00"])
@behaviour("unknown-policy-is-404", reads_only=True)
def test_an_id_that_is_no_text_is_not_found(gateway: Gateway, escaped: str) -> None:
    """An id with bytes that are not UTF-8, or with a NUL, answers 404 like any unknown id."""
    expect_error(gateway.send("GET", f"{path_of(gateway.new_id())}{escaped}"), 404, "Policy not found")


@behaviour("created-policy-needs-reload")
def test_a_created_policy_is_readable_after_a_reload(gateway: Gateway) -> Steps:
    """A policy that was written answers 404 until the gateway reloads."""
    policy = gateway.create(name="Gold", rate=1000, per=60)
    expect_error(gateway.get(policy["id"]), 404, "Policy not found")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("zero-policy-is-complete")
def test_a_policy_with_nothing_but_an_id_has_every_member(gateway: Gateway) -> Steps:
    """A policy that was sent with its id alone has every member of its version, zero or null."""
    policy = gateway.create()
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("id-case-matters")
def test_an_id_in_other_case_is_unknown(gateway: Gateway) -> Steps:
    """A policy's id with upper and lower case exchanged answers 404."""
    policy = gateway.create(id=gateway.new_id("-Case"))
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(policy["id"].swapcase()), 404, "Policy not found")


@behaviour("id-is-found-whole")
def test_a_part_of_an_id_is_unknown(gateway: Gateway) -> Steps:
    """A policy's id without its last character, or with more characters, answers 404."""
    policy = gateway.create(id=gateway.new_id("-whole"))
    yield RELOAD

    expect_error(gateway.get(policy["id"][:-1]), 404, "Policy not found")
    expect_error(gateway.get(policy["id"] + "x"), 404, "Policy not found")
    expect_error(gateway.get(policy["id"] + ".json"), 404, "Policy not found")


@behaviour("name-is-no-id")
def test_a_name_finds_no_policy(gateway: Gateway) -> Steps:
    """A policy's name and its _id answer 404: a policy is found by its id alone."""
    name, object_id = gateway.new_id(), gateway.ownership.new_object_id()
    policy = gateway.create(name=name, _id=object_id)
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(name), 404, "Policy not found")
    expect_error(gateway.get(object_id), 404, "Policy not found")


@behaviour("reads-do-not-change")
def test_a_policy_reads_the_same_each_time(gateway: Gateway) -> Steps:
    """Repeated reads of a policy without a reload between them answer the same text."""
    policy = gateway.create(**{**full_policy(3), "per": 7})
    yield RELOAD

    for _ in range(4):
        expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("policies-do-not-mix")
def test_policies_keep_their_own_values(gateway: Gateway) -> Steps:
    """A policy has none of the values of the policies that were written beside it."""
    first, second, third = (
        gateway.create(**full_policy(5)),
        gateway.create(name="bare"),
        gateway.create(**full_policy(6)),
    )
    yield RELOAD

    for policy in (first, second, third, first, third, second):
        expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("long-answers-are-whole")
def test_a_long_policy_is_read_whole(gateway: Gateway) -> Steps:
    """A policy of 100 kB is accepted and answered in full."""
    tags = [f"tag {number}" for number in range(2000)]
    policy = gateway.create(**{**full_policy(7), "name": "n" * 60_000, "tags": tags})
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("long-answers-are-whole", phase=ALONE)
def test_a_very_long_policy_is_read_whole(gateway: Gateway) -> Steps:
    """A policy of over 1 MB, a usual limit of servers, is accepted and answered in full."""
    policy = gateway.create(name="n" * 1_200_000)
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    gateway.delete(policy["id"])
