"""GET /tyk/reload and GET /tyk/reload/group."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import (
    ALONE,
    MEANWHILE,
    RELOAD,
    STARTED,
    NotApplicable,
    Steps,
    behaviour,
)
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.checks import expect_error, expect_ok, expect_policy
from contract_tests.gateway.client import Gateway, path_of

QUERY = "x=1&block=%zz&block=1;2&bl%6Fck=tru%65&block=false"
RELOAD_SECONDS = 15.0  # until a queued reload must take effect; a gateway's tick is one second


def read_until_loaded(gateway: Gateway, policy_id: str) -> Exchange:
    """Read a policy until it is loaded or RELOAD_SECONDS are over."""
    return gateway.get_until(path_of(policy_id), RELOAD_SECONDS, lambda status: status == 200)


@behaviour("blocking-reload-is-done-when-answered")
def test_a_blocking_reload_has_loaded_when_it_answers(gateway: Gateway) -> Steps:
    """A reload with block=true answers after every policy that was written before it is loaded."""
    for name in ("one", "two", "three"):
        policy = gateway.create(name=name)
        yield RELOAD
        expect_ok(gateway.exchanges[-1])
        expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("first-block-counts", phase=ALONE)
def test_the_first_sound_block_counts(gateway: Gateway) -> None:
    """The first valid parameter `block` of a reload counts, percent-encoded or not."""
    policy = gateway.create(name="first")
    for target in (f"/tyk/reload?{QUERY}", "/tyk/reload/?block=true"):
        gateway.target.reloads += 1
        expect_ok(gateway.send("GET", target))
        expect_policy(gateway.get(policy["id"]), gateway, policy)
        policy["name"] = "changed, and nothing else"
        gateway.put(policy["id"], policy)


@behaviour("plain-reload-loads-soon", phase=MEANWHILE)
def test_a_plain_reload_is_answered_at_once_and_shows_soon(gateway: Gateway) -> Steps:
    """A reload without block is queued, and loads a written policy within seconds."""
    policy = gateway.create(name="queued")
    gateway.target.reloads += 1
    expect_ok(gateway.send("GET", "/tyk/reload"))
    gateway.ownership.delete_last(path_of(policy["id"]))
    yield STARTED  # the tests in between take a second and read nothing that a reload changes

    expect_policy(read_until_loaded(gateway, policy["id"]), gateway, policy)


@pytest.mark.parametrize("query", ["?block=false", "?block=1", "?block=True", "?block=", "?BLOCK=true"])
@behaviour("any-block-is-answered", phase=ALONE)
def test_any_value_of_block_is_answered(gateway: Gateway, query: str) -> None:
    """A reload with a value of block other than `true` is a plain reload and no error."""
    gateway.target.reloads += 1
    expect_ok(gateway.send("GET", f"/tyk/reload{query}"))


@behaviour("reload-keeps-unchanged")
def test_a_reload_changes_nothing_that_was_not_written(gateway: Gateway) -> Steps:
    """A policy reads the same after any number of reloads."""
    policy = gateway.create(name="steady", rate=2.5, per=1, meta_data={"k": [1]})
    for _ in range(3):
        yield RELOAD
        expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("reads-do-not-load")
def test_reading_loads_nothing(gateway: Gateway) -> None:
    """A written policy is not loaded by lists and reads."""
    policy = gateway.create(name="unseen")
    for _ in range(3):
        gateway.list()
        expect_error(gateway.get(policy["id"]), 404, "Policy not found")


@behaviour("group-reload-loads-soon", phase=ALONE)
def test_a_group_reload_reaches_the_gateway_itself(gateway: Gateway) -> Steps:
    """A group reload is answered at once, and loads a written policy within seconds."""
    if not gateway.options.allow_group_reload:
        raise NotApplicable("it reloads other gateways too; allow it with --allow-group-reload")
    yield RELOAD  # no earlier plain reload can take effect later
    policy = gateway.create(name="group")
    gateway.target.reloads += 1
    for _ in range(2):
        expect_ok(gateway.send("GET", "/tyk/reload/group"))

    exchange = read_until_loaded(gateway, policy["id"])
    if exchange.status != 200:
        raise Mismatch(f"the policy within {RELOAD_SECONDS:g} s", f"{exchange.status}", exchange)
    expect_policy(exchange, gateway, policy)
