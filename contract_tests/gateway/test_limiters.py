"""Rates of a gateway with another limiter than its own: fixed windows, or sentinels."""

from __future__ import annotations

import time
from collections.abc import Generator

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
from contract_tests.gateway.test_smoothing import TOO_FAST, expect_rate

LONG = {"rate": 2.9, "per": 1e8}  # seconds; a window of them ends every three years
BRIEF = {"rate": 1, "per": 0.5}
COUNTED_SECONDS = 2.0  # until a gateway that counts beside the requests has counted them
PAUSE_SECONDS = 0.2


@behaviour("fixed-windows-count-all")
def test_a_fixed_window_outlives_the_key(gateway: Gateway) -> Steps:
    """A fraction of a request is ignored, and a key that was written anew has what was left."""
    api = write_api(gateway)
    policy_id = write_policy(gateway, api, **LONG)
    newer = write_policy(gateway, api, **LONG, partitions={"quota": True}, last_updated="99")
    below = write_policy(gateway, api, rate=0.5, per=1e8)
    yield RELOAD

    key, other = write_key(gateway, api, policy_id), write_key(gateway, api, policy_id)
    expect_rate(gateway, api, key, 2)
    gateway.send("PUT", f"{KEYS}/{key}", {"org_id": api.org_id, "apply_policies": [policy_id, newer]})
    expect_refused(call(gateway, api, key), 429, TOO_FAST)
    expect_rate(gateway, api, other, 2)
    expect_rate(gateway, api, write_key(gateway, api, below), 0)


@behaviour("sentinels-refuse-for-a-period")
def test_a_sentinel_refuses_until_the_quota_is_reset(gateway: Gateway) -> Steps:
    """A key that reached its rate is refused; when its quota is reset, one request passes first."""
    api = write_api(gateway)
    policy_id = write_policy(gateway, api, rate=2, per=3600)
    yield RELOAD

    key = write_key(gateway, api, policy_id)
    expect_passed(call(gateway, api, key))
    expect_passed(call(gateway, api, key))
    _expect_refused_soon(gateway, api, key)
    gateway.send("PUT", f"{KEYS}/{key}", {"org_id": api.org_id, "apply_policies": [policy_id]})
    expect_passed(call(gateway, api, key))
    _expect_refused_soon(gateway, api, key)


@behaviour("sentinels-may-never-end")
def test_a_sentinel_without_a_second_refuses(gateway: Gateway) -> Steps:
    """A key with a rate for half a second is refused once it was reached."""
    api, key = yield from _loaded_key(gateway, **BRIEF)
    expect_passed(call(gateway, api, key))
    _expect_refused_soon(gateway, api, key)


@behaviour("sentinels-end-early")
def test_a_sentinel_without_a_second_is_none(gateway: Gateway) -> Steps:
    """A key with a rate for half a second is never refused."""
    api, key = yield from _loaded_key(gateway, **BRIEF)
    for _ in range(3):
        expect_passed(call(gateway, api, key))
        time.sleep(PAUSE_SECONDS)


def _loaded_key(gateway: Gateway, **limits: float) -> Generator[object, None, tuple[Api, str]]:
    """Have an API loaded with a policy of these limits; return the API, and a new key with the policy."""
    api = write_api(gateway)
    policy_id = write_policy(gateway, api, **limits)
    yield RELOAD

    return api, write_key(gateway, api, policy_id)


def _expect_refused_soon(gateway: Gateway, api: Api, key: str) -> None:
    """Expect that requests of a key are refused once those before them are counted."""
    exchange = gateway.read_until(
        f"/{api.id}/a",
        COUNTED_SECONDS,
        lambda exchange: exchange.status != 200,
        headers=[("Authorization", key)],
    )
    expect_refused(exchange, 429, TOO_FAST)
