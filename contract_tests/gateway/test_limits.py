"""Limits of requests to an API: rates and quotas of keys, of APIs and of endpoints."""

from __future__ import annotations

import secrets
import time

from contract_tests.engine.checks import TWICE, Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    call,
    expect_left,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

PATTERN = "rate_limit_pattern"


@behaviour("rate-limits-hold")
def test_a_rate_limit_is_held(gateway: Gateway) -> Steps:
    """A request over the rate of its key answers 429; another key has its own rate."""
    api = write_api(gateway)
    slow = write_policy(gateway, api, rate=3, per=3600)
    free = write_policy(gateway, api, rate=0, per=3600, quota_max=0, quota_renewal_rate=3600)
    yield RELOAD

    key, other = write_key(gateway, api, slow), write_key(gateway, api, slow)
    for unlimited in (
        write_key(gateway, api, free),
        write_key(gateway, api, access_rights=api.rights, rate=0, per=60),
    ):
        for _ in range(3):
            expect_passed(call(gateway, api, unlimited), 0, 0)
    for _ in range(3):
        expect_passed(call(gateway, api, key))
    for _ in range(2):
        expect_refused(call(gateway, api, key), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, api, other))


@behaviour("rates-are-at-least-one")
def test_a_rate_of_less_than_one_is_one(gateway: Gateway) -> Steps:
    """A rate of less than one request lets one pass, and any other fraction of a request counts for none."""
    api = write_api(gateway)
    gold = {rate: write_policy(gateway, api, rate=rate, per=3600) for rate in (0.25, 1.75)}
    yield RELOAD

    for policy_id in gold.values():
        key = write_key(gateway, api, policy_id)
        expect_passed(call(gateway, api, key))
        expect_refused(call(gateway, api, key), 429, "Rate Limit Exceeded")


@behaviour("quotas-hold")
def test_a_quota_is_held(gateway: Gateway) -> Steps:
    """The answers to a key's requests count its quota down, and a request over the quota answers 403."""
    api = write_api(gateway)
    limited = write_policy(gateway, api, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, limited)
    for remaining in (2, 1):
        expect_passed(call(gateway, api, key), 3, remaining)
    expect_left(gateway, api, key, 1)
    last = call(gateway, api, key)
    expect_passed(last, 3, 0)
    _expect_end(last)
    session = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
    if str(session.document.get("quota_renews")) != last.header("X-RateLimit-Reset"):
        message = f"quota_renews {last.header('X-RateLimit-Reset')}, as in the answer"
        raise Mismatch(message, repr(session.document.get("quota_renews")), session)
    for _ in range(2):
        expect_refused(call(gateway, api, key), 403, "Quota exceeded")
    expect_left(gateway, api, key, 0)


@behaviour("quotas-tell-their-end")
def test_the_first_answer_tells_when_a_quota_ends(gateway: Gateway) -> Steps:
    """The answer that starts a quota's period has the end of the period, as later answers have."""
    api = write_api(gateway)
    limited = write_policy(gateway, api, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    _expect_end(call(gateway, api, write_key(gateway, api, limited)))


@behaviour("quotas-tell-their-begin")
def test_the_first_answer_tells_when_a_quota_began(gateway: Gateway) -> Steps:
    """The answer that starts a quota's period has the time of the request, the next one the end."""
    api = write_api(gateway)
    limited = write_policy(gateway, api, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, limited)
    first = call(gateway, api, key)
    reset = first.header("X-RateLimit-Reset")
    if not reset.isdigit() or abs(int(reset) - time.time()) > 60:
        raise Mismatch("X-RateLimit-Reset now, in seconds", repr(reset), first)
    _expect_end(call(gateway, api, key))


def _expect_end(exchange: Exchange) -> None:
    reset = exchange.header("X-RateLimit-Reset")
    if not reset.isdigit() or abs(int(reset) - time.time() - 3600) > 60:
        raise Mismatch("X-RateLimit-Reset an hour from now, in seconds", repr(reset), exchange)


@behaviour("limits-may-be-per-api")
def test_limits_may_be_for_each_api(gateway: Gateway) -> Steps:
    """The quota of each API is counted by itself under per_api."""
    first, second = write_api(gateway), write_api(gateway)
    limited_right = {
        **first.rights[first.id],
        "limit": {"rate": 1000, "per": 60, "quota_max": 1, "quota_renewal_rate": 3600},
    }
    gold = write_policy(
        gateway, first, quota_max=2, quota_renewal_rate=3600, partitions={"per_api": True},
        access_rights={first.id: limited_right, **second.rights},
    )  # fmt: skip
    yield RELOAD

    key = write_key(gateway, first, gold)
    expect_passed(call(gateway, first, key), 1, 0)
    expect_passed(call(gateway, second, key), 2, 1)
    expect_refused(call(gateway, first, key), 403, "Quota exceeded")
    exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={first.org_id}")
    rights = exchange.document.get("access_rights", {})
    remaining = [rights.get(api.id, {}).get("limit", {}).get("quota_remaining", 0) for api in (first, second)]
    if remaining != [0, 1]:
        raise Mismatch("quota_remaining 0 of one API and 1 of the other", str(remaining), exchange)
    expect_passed(call(gateway, second, key), 2, 0)
    expect_refused(call(gateway, second, key), 403, "Quota exceeded")


@behaviour("endpoints-have-rates")
def test_an_endpoint_has_a_rate_of_its_own(gateway: Gateway) -> Steps:
    """An endpoint's rate holds for its path and method only."""
    api = write_api(gateway)
    endpoints = [{"path": "/slow", "methods": [{"name": "GET", "limit": {"rate": 2, "per": 3600}}]}]
    gold = write_policy(gateway, api, access_rights={api.id: {**api.rights[api.id], "endpoints": endpoints}})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for _ in range(2):
        expect_passed(call(gateway, api, key, "slow"))
    expect_refused(call(gateway, api, key, "slow"), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, api, key, "slow", "POST"))
    expect_passed(call(gateway, api, key, "other"))


@behaviour("apis-may-switch-limits-off")
def test_an_api_may_switch_limits_off(gateway: Gateway) -> Steps:
    """An API with disable_rate_limit and disable_quota enforces neither limit."""
    api = write_api(gateway, disable_rate_limit=True, disable_quota=True)
    tiny = write_policy(gateway, api, rate=1, per=3600, quota_max=1, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, tiny)
    for _ in range(3):
        expect_passed(call(gateway, api, key), 1, 0)


@behaviour("apis-have-rates")
def test_an_api_has_a_rate(gateway: Gateway) -> Steps:
    """An API's global rate counts the requests of all its keys, unless it or all rates are disabled."""
    slow = {"rate": 2, "per": 3600}
    api = write_api(gateway, global_rate_limit=slow)
    disabled = write_api(gateway, global_rate_limit={**slow, "disabled": True})
    unlimited_api = write_api(gateway, global_rate_limit=slow, disable_rate_limit=True)
    free, single = (write_api(gateway, global_rate_limit={**slow, "rate": rate}) for rate in (0, 1))
    rights = [target.rights for target in (api, disabled, unlimited_api, free, single)]
    gold = write_policy(
        gateway, api, access_rights={name: right for granted in rights for name, right in granted.items()}
    )
    yield RELOAD

    key, other = write_key(gateway, api, gold), write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key))
    expect_passed(call(gateway, api, other))
    for credential in (key, other):
        expect_refused(call(gateway, api, credential), 429, "API Rate Limit Exceeded")
    expect_passed(call(gateway, single, key))
    expect_refused(call(gateway, single, other), 429, "API Rate Limit Exceeded")
    for unlimited in (disabled, unlimited_api, free):
        for _ in range(3):
            expect_passed(call(gateway, unlimited, key))


@behaviour("keys-may-share-limits")
def test_keys_may_share_their_limits(gateway: Gateway) -> Steps:
    """Keys with the same rate_limit_pattern in their metadata share quota and rate, and others do not."""
    api = write_api(gateway)
    name = gateway.new_id()
    quota = write_policy(gateway, api, quota_max=3, quota_renewal_rate=3600, meta_data={PATTERN: name})
    rate = write_policy(gateway, api, rate=2, per=3600, meta_data={PATTERN: f"{name}-$tyk_meta.team"})
    plain = write_policy(gateway, api, quota_max=3, quota_renewal_rate=3600, meta_data={PATTERN: ""})
    yield RELOAD

    first, second = (write_key(gateway, api, quota) for _ in TWICE)
    for key, remaining in ((first, 2), (second, 1), (first, 0)):
        expect_passed(call(gateway, api, key), 3, remaining)
    for key in (first, second):
        expect_refused(call(gateway, api, key), 403, "Quota exceeded")
    for _ in TWICE:
        expect_passed(call(gateway, api, write_key(gateway, api, plain)), 3, 2)
    red, also_red, blue = (
        write_key(gateway, api, rate, meta_data={"team": team}) for team in ("red", "red", "blue")
    )
    for key in (red, also_red, blue):
        expect_passed(call(gateway, api, key))
    for key in (red, also_red):
        expect_refused(call(gateway, api, key), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, api, blue))


@behaviour("rates-follow-last-updated")
def test_a_rate_begins_anew_with_the_session(gateway: Gateway) -> Steps:
    """A rate is counted anew once the session has another last_updated, but not one that keys share."""
    api = write_api(gateway)
    limits = {"rate": 1, "per": 3600}
    own = write_policy(gateway, api, **limits)
    shared = write_policy(gateway, api, **limits, meta_data={PATTERN: gateway.new_id()})
    yield RELOAD

    for policy, passes_again in ((own, True), (shared, False)):
        name = gateway.new_id() + secrets.token_hex(8)
        for last_updated, passes in (("1000", True), ("1000", False), ("2000", passes_again)):
            session = {"org_id": api.org_id, "apply_policies": [policy], "last_updated": last_updated}
            exchange = gateway.send("POST", f"{KEYS}/{name}?suppress_reset=1", session)
            key = exchange.document.get("key")
            if exchange.status != 200 or not isinstance(key, str):
                raise Mismatch("200 with a key", f"{exchange.status} {shorten(exchange.text)}", exchange)
            if passes:
                expect_passed(call(gateway, api, key))
            expect_refused(call(gateway, api, key), 429, "Rate Limit Exceeded")
