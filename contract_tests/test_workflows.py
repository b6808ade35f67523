"""Walks of writes, reloads and reads, the gateway and the model side by side."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from contract_tests.batch import LAST, RELOAD, Gateway, Steps, behaviour
from contract_tests.checks import Mismatch, expect, listed
from contract_tests.model import Model
from contract_tests.test_access_rights import ENDPOINTS, FULL, LIMITS
from mockserver import behaviours

WALKS = 6
ROUNDS = 3  # each ends in a reload
WRITES = 12  # in each round


@pytest.mark.parametrize("seed", range(WALKS))
@behaviour("walks-agree-with-model")
def test_a_walk_agrees_with_the_model(gateway: Gateway, seed: int) -> Steps:
    """After any writes and reloads every read is what the model foretells."""
    choose = random.Random(seed)
    model = Model(gateway.target, behaviours.load().of(gateway.options.version))
    ids = [gateway.new_id(f"-walk{seed}") for _ in range(4)]
    for _ in range(ROUNDS):
        for _ in range(WRITES):
            _write(gateway, model, choose, choose.choice(ids))
        _read_all(gateway, model, ids)
        yield RELOAD
        model.reload()
        _read_all(gateway, model, ids)


@behaviour("deleted-policies-are-gone", when=LAST)
def test_all_that_the_run_wrote_can_be_removed(gateway: Gateway) -> None:
    """Deleted and reloaded, nothing of many policies is left, the last one included."""
    wrote = gateway.list()
    if left := gateway.target.clean_up():
        raise Mismatch("a list without any policy of this run", f"{len(left)} of them", wrote)


@behaviour("kept-connections-are-answered", reads_only=True, when=LAST)
def test_a_kept_connection_is_answered(gateway: Gateway) -> None:
    """A connection that the gateway keeps open answers the next request."""
    if gateway.target.dropped:
        actual = f"{gateway.target.dropped} connections closed instead"
        raise Mismatch("an answer to each request on a kept connection", actual)


def _write(gateway: Gateway, model: Model, choose: random.Random, policy_id: str) -> None:
    kind = choose.choice(["POST", "POST", "PUT", "DELETE"])
    if kind == "DELETE":
        expect(gateway.delete(policy_id), *model.delete(policy_id))
        return
    body = json.dumps({"id": policy_id, **_members(choose)}).encode()
    if kind == "POST":
        expect(gateway.post(body), *model.post(body))
    else:
        expect(gateway.put(policy_id, body), *model.put(policy_id, body))


def _read_all(gateway: Gateway, model: Model, ids: list[str]) -> None:
    for policy_id in ids:
        expect(gateway.get(policy_id), *model.get(policy_id))
    exchange = gateway.list()
    shown = listed(exchange)
    for policy_id in ids:
        if (policy_id in shown) is not (policy_id in model.loaded):
            expect(
                exchange,
                200,
                "",
                expected=f"a list {'with' if policy_id in model.loaded else 'without'} {policy_id}",
            )


def _members(choose: random.Random) -> dict[str, Any]:
    """Some members of a policy with values of all kinds."""
    everything: dict[str, Any] = {
        "name": choose.choice(["", "gold", "<é>&", "\u2028"]),
        "org_id": choose.choice(["", "acme"]),
        "rate": choose.choice([0, 1, 2.5, 1e21, -1]),
        "per": choose.choice([0, 60, 0.1]),
        "quota_max": choose.choice([-1, 0, 2**53 + 1]),
        "key_expires_in": choose.choice([0, 2592000]),
        "tags": choose.choice([None, [], ["b", "a"]]),
        "active": choose.choice([True, False, None]),
        "meta_data": choose.choice([None, {}, {"b": 1, "a": [None, 1.5]}]),
        "partitions": choose.choice([{}, {"acl": True}, {"per_api": True}]),
        "access_rights": choose.choice(
            [
                None,
                {},
                {"a": FULL},
                {"b": {"limit": choose.choice(LIMITS)}},
                {"c": {"endpoints": choose.choice(ENDPOINTS)}},
            ]
        ),
    }
    names = choose.sample(sorted(everything), choose.randint(0, len(everything)))
    return {name: everything[name] for name in names}
