"""Requests of several clients at the same time."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Request
from contract_tests.gateway.checks import as_read, expect_policy, expect_written, listed
from contract_tests.gateway.client import Gateway, path_of
from contract_tests.gateway.resources import POLICIES

CLIENTS = 8
ROUNDS = 3


def post(policy: dict[str, Any]) -> Request:
    """A request that writes a policy."""
    return Request("POST", POLICIES, json.dumps(policy).encode())


@behaviour("concurrent-writes-are-kept")
def test_policies_written_at_one_time_are_all_kept(gateway: Gateway) -> Steps:
    """Policies that several clients write at the same time are all answered and kept."""
    all_policies = []
    for _ in range(ROUNDS):
        policies = [{"id": gateway.new_id(), "name": f"client {i}", "rate": i} for i in range(CLIENTS)]
        exchanges = gateway.send_together(*map(post, policies))
        for policy, exchange in zip(policies, exchanges, strict=True):
            expect_written(exchange, str(policy["id"]), "added")
        all_policies += policies
    yield RELOAD

    for policy in all_policies:
        expect_policy(gateway.get(str(policy["id"])), gateway, policy)


@behaviour("concurrent-writes-do-not-mix")
def test_one_policy_written_by_several_is_that_of_one(gateway: Gateway) -> Steps:
    """A policy that several clients write at the same time is, after a reload, the policy of one of them."""
    policy_id = gateway.new_id()
    policies = [{"id": policy_id, "name": f"client {i}", "rate": i, "per": i} for i in range(CLIENTS)]
    for exchange in gateway.send_together(*map(post, policies)):
        expect_written(exchange, policy_id, "added")
    yield RELOAD

    exchange = gateway.get(policy_id)
    if exchange.text not in {as_read(gateway, policy) + "\n" for policy in policies}:
        raise Mismatch("the policy of one of the clients", shorten(exchange.text), exchange)


@behaviour("concurrent-reads-do-not-mix")
def test_reads_at_one_time_are_answered_each_for_itself(gateway: Gateway) -> Steps:
    """Clients that read at the same time, beside lists and writes, get the policies that they request."""
    policies = [gateway.create(name=f"read {i}", rate=i, tags=[f"t{i}"]) for i in range(CLIENTS - 2)]
    yield RELOAD

    reads = [Request("GET", path_of(policy["id"])) for policy in policies]
    for _ in range(ROUNDS):
        beside = [post({"id": gateway.new_id(), "name": "beside"}), Request("GET", POLICIES)]
        *exchanges, wrote, listing = gateway.send_together(*reads, *beside)
        for policy, exchange in zip(policies, exchanges, strict=True):
            expect_policy(exchange, gateway, policy)
        expect_written(wrote, json.loads(wrote.body or b"")["id"], "added")
        listed(listing)
