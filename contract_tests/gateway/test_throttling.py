"""Requests over a rate that wait until the rate has room, and the limits that an API tells to a client."""

from __future__ import annotations

import time
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, expect_json
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway

QUOTA = {"quota_max": 9, "quota_renewal_rate": 3600}
TOO_FAST = "Rate Limit Exceeded"


@pytest.mark.parametrize("per_api", [False, True], ids=["policy", "right"])
@behaviour("throttled-requests-wait", waits=True)
def test_a_throttled_request_waits(gateway: Gateway, per_api: bool) -> Steps:
    """A request over the rate is tried again at the interval, which counts twice against the quota."""
    api = write_api(gateway)
    limit = {**QUOTA, "rate": 1, "per": 1, "throttle_interval": 0.3, "throttle_retry_limit": 9}
    by_right = {"access_rights": {api.id: {**api.rights[api.id], "limit": limit}}}
    policy_id = (
        write_policy(gateway, api, **by_right, partitions={"per_api": True})
        if per_api
        else (write_policy(gateway, api, **limit))
    )
    yield RELOAD

    exchange, seconds = _second_call(gateway, api, policy_id)
    expect_passed(exchange, 9, 6)
    if seconds < 0.2:
        raise Mismatch("an answer after an interval of 0.3 s at least", f"{seconds:.2f} s", exchange)


@behaviour("throttled-requests-wait", waits=True)
def test_a_throttled_request_is_tried_no_more_than_its_limit(gateway: Gateway) -> Steps:
    """A request that finds no room after throttle_retry_limit tries is refused, without any at once."""
    api = write_api(gateway)
    slow = {**QUOTA, "rate": 1, "per": 3600}
    retries = write_policy(gateway, api, throttle_interval=0.05, throttle_retry_limit=1, **slow)
    never = write_policy(gateway, api, throttle_interval=30, throttle_retry_limit=0, **slow)
    yield RELOAD

    for policy_id, least in ((retries, 0.08), (never, 0.0)):
        exchange, seconds = _second_call(gateway, api, policy_id)
        expect_refused(exchange, 429, TOO_FAST)
        if seconds < least or (seconds > 20 and not least):
            raise Mismatch(f"a refusal after {least} s", f"{seconds:.2f} s", exchange)


def _second_call(gateway: Gateway, api: Api, policy_id: str) -> tuple[Exchange, float]:
    """A request beyond the rate of a new key of the policy, and the seconds that its answer took."""
    key = write_key(gateway, api, policy_id)
    expect_passed(call(gateway, api, key), 9, 8)
    before = time.monotonic()
    exchange = call(gateway, api, key)
    return exchange, time.monotonic() - before


@behaviour("apis-tell-the-limits-of-a-key")
def test_an_api_tells_the_limits_of_a_key(gateway: Gateway) -> Steps:
    """The path /tyk/rate-limits/ of an API answers with the limits of the key, and counts no request."""
    api, other = write_api(gateway), write_api(gateway)
    keyless = write_api(gateway, use_keyless=True)
    versions = {"not_versioned": False, "versions": {"v1": {"name": "v1", "use_extended_paths": True}}}
    versioned = write_api(
        gateway, version_data=versions, definition={"location": "header", "key": "X-Version"}
    )
    limits = {"rate": 50, "per": 60, "quota_max": 2, "quota_renewal_rate": 3600}
    gold = write_policy(gateway, api, **limits)
    yield RELOAD

    path = "tyk/rate-limits/"
    needs_plain_keys(gateway, api, gold, "with hash_keys a gateway tells another remaining quota here")
    of_policy = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, of_policy), 2, 1)
    _expect_limits(call(gateway, api, of_policy, path), 0)  # cleared as the policy is applied
    key = write_key(gateway, api, access_rights=api.rights, **limits)
    _expect_limits(call(gateway, api, key, path), 0)
    ends = int(call(gateway, api, key).header("X-RateLimit-Reset") or 0)
    for method in ("GET", "POST"):
        _expect_limits(call(gateway, api, key, path, method), 1, ends)
    expect_passed(call(gateway, api, key), 2, 0)
    for _ in range(2):
        expect_refused(call(gateway, api, key), 403, "Quota exceeded")
    _expect_limits(call(gateway, api, key, path), 0)
    expect_refused(call(gateway, versioned, key, path), 403, "Version information not found")
    expect_refused(call(gateway, api, "", path), 401, NEEDS_KEY)
    expect_refused(call(gateway, api, gateway.new_id(), path), 403, DISALLOWED)
    expect_refused(call(gateway, other, key, path), 403, DISALLOWED)
    expect_passed(call(gateway, keyless, "", path), 0, 0)


def _expect_limits(exchange: Exchange, remaining: int, ends: int = 0) -> None:
    quota: dict[str, Any] = dict(exchange.document.get("quota") or {})
    renews = quota.get("quota_renews")
    if not isinstance(renews, int) or (ends and not ends <= renews <= ends + 3600):
        raise Mismatch(f"quota_renews from {ends} on", repr(renews), exchange)
    limits = {
        "quota": {"quota_max": 2, "quota_remaining": remaining, "quota_renews": renews},
        "rate_limit": {"requests": 50, "per_unit": 60},
    }
    expect_json(exchange, 200, limits)
