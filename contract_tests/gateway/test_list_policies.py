"""GET /tyk/policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, difference, shorten
from contract_tests.engine.declaration import LAST, RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.samples import full_policy
from contract_tests.gateway.checks import as_read, expect_policy, listed, steady
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES


def expect_in_list(gateway: Gateway, policy_id: str, *, is_listed: bool) -> Exchange:
    """Expect that the list has a policy of this id, or has none."""
    exchange = gateway.list()
    if (policy_id in listed(exchange)) is not is_listed:
        word = "with" if is_listed else "without"
        actual = f"{shorten(', '.join(listed(exchange))) or 'an empty list'}"
        raise Mismatch(f"a list {word} {policy_id}", actual, exchange)
    return exchange


@behaviour("list-shows-loaded")
def test_the_list_shows_a_policy_after_a_reload(gateway: Gateway) -> Steps:
    """A new policy is absent from the list until the gateway reloads."""
    policy = gateway.create(name="listed")
    expect_in_list(gateway, policy["id"], is_listed=False)
    yield RELOAD

    expect_in_list(gateway, policy["id"], is_listed=True)


@behaviour("list-drops-deleted")
def test_the_list_drops_a_deleted_policy_after_a_reload(gateway: Gateway) -> Steps:
    """A deleted policy stays in the list until the gateway reloads."""
    policy = gateway.create(name="dropped")
    yield RELOAD
    gateway.delete(policy["id"])
    expect_in_list(gateway, policy["id"], is_listed=True)
    yield RELOAD

    expect_in_list(gateway, policy["id"], is_listed=False)


NAMES = (  # their order differs in UTF-8 and in UTF-16
    "Key",
    "key",
    "~",
    "\uff5e",
    "\U0001f600",
    "<&>",
    "",
    "a b",
    "10",
    "9",
)
VALUES: tuple[Any, ...] = (
    True,
    False,
    None,
    1.5,
    "\u2029",
    [],
    {},
    [True, {"A": "b", "a": False}],
    -1,
    10**15,
)
ODD = {
    "name": '<b>&"\\\u2028é\x7f', "rate": 1e21, "per": 1e-7, "tags": ["<", "B", "a", "B"],
    "meta_data": dict(zip(NAMES, VALUES, strict=True)), "access_rights": {key: {"api_id": key} for key in NAMES},
}  # fmt: skip


@pytest.mark.parametrize(
    "members", [full_policy(1), full_policy(2), {}, ODD], ids=["odd", "even", "bare", "escaped"]
)
@behaviour("list-items-are-whole")
def test_an_item_of_the_list_is_the_whole_policy(gateway: Gateway, members: dict[str, Any]) -> Steps:
    """A policy has the same text in the list as by itself."""
    policy = gateway.create(**members)
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    exchange = gateway.list()
    text = as_read(gateway, policy)
    if text not in exchange.text:
        item = json.dumps(listed(exchange).get(policy["id"], "no such item"))
        raise Mismatch(
            f"an item {shorten(text)}", difference(*map(gateway.auth.masked, (text, item))), exchange
        )


@behaviour("list-holds-each-once")
def test_the_list_holds_every_loaded_policy_once(gateway: Gateway) -> Steps:
    """The list has each of many policies once, with its own values."""
    policies = [gateway.create(name=f"one of many {i}", rate=i) for i in range(30)]
    yield RELOAD

    exchange = gateway.list()
    items = listed(exchange)
    for policy in policies:
        if items.get(policy["id"], {}).get("rate") != policy["rate"]:
            actual = shorten(str(items.get(policy["id"], "no such item")))
            raise Mismatch(f"{policy['id']} with rate {policy['rate']}", actual, exchange)


@behaviour("list-does-not-change-by-reading", reads_only=True)
def test_two_lists_hold_the_same(gateway: Gateway) -> None:
    """Two lists without a reload between them have the same policies, in any order."""
    first, second = gateway.list(), gateway.list()
    if steady(first) != steady(second):
        raise Mismatch("the same policies again", shorten(second.text), second)


@behaviour("list-does-not-change-by-reading", reads_only=True, phase=LAST)
def test_all_lists_between_two_reloads_hold_the_same(gateway: Gateway) -> None:
    """All lists of the run between two reloads have the same policies of the run."""
    before: Exchange | None = None
    is_stable = False  # True after a blocking reload; a plain reload may take effect at any time
    for exchange in gateway.target.log:
        if exchange.target.startswith("/tyk/reload"):
            before, is_stable = None, exchange.target == gateway.run.service.reload_target
        elif (
            is_stable and exchange.method == "GET" and exchange.target == POLICIES and exchange.status == 200
        ):
            if (
                before
                and not _is_same(before, exchange)
                and _run_policies(gateway, before) != _run_policies(gateway, exchange)
            ):
                gateway.exchanges += [before, exchange]
                raise Mismatch("the same policies as in the list before", shorten(exchange.text), exchange)
            before = exchange


def _is_same(before: Exchange, after: Exchange) -> bool:
    """True if two lists hold the same texts; lists of the same bytes are not parsed."""
    if before.answer and after.answer and before.answer.stored == after.answer.stored:
        return True
    return _items(before) == _items(after)


def _items(exchange: Exchange) -> list[str]:
    """The texts of the items, sorted, because the order of a list is free."""
    return sorted(exchange.text.strip("[]\n").removeprefix('{"_id":').split(',{"_id":'))


def _run_policies(gateway: Gateway, exchange: Exchange) -> dict[str, Any]:
    """The policies of this run in a list."""
    owns = gateway.ownership.owns
    return {name: item for name, item in steady(exchange).items() if owns(name)}
