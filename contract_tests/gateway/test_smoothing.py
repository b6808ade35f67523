"""Rates of a gateway whose limiter counts in Redis (enable_redis_rolling_limiter), and their smoothing."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

TOO_FAST = "Rate Limit Exceeded"
LOW = {"enabled": True, "threshold": 1, "trigger": 0.5, "step": 1, "delay": 60}
RATES = {"rate": 3, "per": 3600}


def expect_rate(gateway: Gateway, api: Api, key: str, rate: int) -> None:
    """Expect that so many requests of a key pass, and the next is refused."""
    for _ in range(rate):
        expect_passed(call(gateway, api, key))
    expect_refused(call(gateway, api, key), 429, TOO_FAST)


@behaviour("rolling-limits-outlive-keys")
def test_a_rolling_limit_outlives_the_key(gateway: Gateway) -> Steps:
    """A fraction of a request is ignored, and a key that was written anew has what was left."""
    api = write_api(gateway)
    rates = {**RATES, "rate": 2.9}
    policy_id = write_policy(gateway, api, **rates)
    newer = write_policy(gateway, api, **rates, partitions={"quota": True}, last_updated="99")
    yield RELOAD

    key, other = write_key(gateway, api, policy_id), write_key(gateway, api, policy_id)
    expect_rate(gateway, api, key, 2)
    session = {"org_id": api.org_id, "apply_policies": [policy_id, newer]}
    gateway.send("PUT", f"{KEYS}/{key}", session)
    expect_refused(call(gateway, api, key), 429, TOO_FAST)
    expect_rate(gateway, api, other, 2)


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, 1),
        ({"threshold": 2}, 2),
        ({"enabled": False}, 3),
        *(({name: value}, 3) for name in ("threshold", "trigger", "step", "delay") for value in (0, -1)),
    ],
    ids=str,
)
@behaviour("smoothing-lowers-rates")
def test_smoothing_lowers_a_rate(gateway: Gateway, changes: dict[str, Any], rate: int) -> Steps:
    """The first requests of a key have the threshold as their rate, unless smoothing is off or has no number above 0."""
    api = write_api(gateway)
    policy_id = write_policy(gateway, api, **RATES, smoothing={**LOW, **changes})
    yield RELOAD

    expect_rate(gateway, api, write_key(gateway, api, policy_id), rate)


@behaviour("smoothing-lowers-rates")
def test_the_smoothing_of_a_right_comes_first(gateway: Gateway) -> Steps:
    """The smoothing of a right counts for its API, and that of the policy or key for a right without any."""
    own, other = (write_api(gateway) for _ in TWICE)
    limit = {**RATES, "quota_max": -1, "smoothing": LOW}
    rights = {own.id: {**own.rights[own.id], "limit": limit}, **other.rights}
    policy_id = write_policy(
        gateway,
        own,
        **RATES,
        access_rights=rights,
        partitions={"per_api": True},
        smoothing={**LOW, "threshold": 2},
    )
    yield RELOAD

    key = write_key(gateway, own, policy_id)
    without_policy = write_key(gateway, own, **RATES, access_rights=rights, smoothing={**LOW, "threshold": 2})
    for each in (key, without_policy):
        expect_rate(gateway, own, each, 1)
        expect_rate(gateway, other, each, 2)


@behaviour("smoothing-raises-rates", waits=True)
def test_smoothing_raises_a_rate(gateway: Gateway) -> Steps:
    """After its delay the rate of a key that uses it rises by a step, but never beyond the rate of the policy."""
    api = write_api(gateway)
    waits = {"throttle_interval": 1.3, "throttle_retry_limit": 1}
    smoothing = {**LOW, "threshold": 2, "step": 9, "delay": 1}
    risen = write_policy(gateway, api, rate=5, per=3600, smoothing=smoothing, **waits)
    bound = write_policy(gateway, api, rate=3, per=3600, smoothing=smoothing, **waits)
    late = write_policy(gateway, api, rate=5, per=3600, smoothing={**smoothing, "delay": 60}, **waits)
    yield RELOAD

    for policy_id, tries, passes in ((risen, 1, True), (bound, 2, False), (late, 1, False)):
        key = write_key(gateway, api, policy_id)
        for _ in TWICE:
            expect_passed(call(gateway, api, key))
        exchanges = [call(gateway, api, key) for _ in range(tries)]
        if passes:
            expect_passed(exchanges[-1])
        else:
            expect_refused(exchanges[-1], 429, TOO_FAST)
