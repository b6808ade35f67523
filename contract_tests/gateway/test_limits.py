"""Limits of requests to an API: rates and quotas of keys, of single APIs, of endpoints, of an API as a whole."""

from __future__ import annotations

import time

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    api,
    call,
    expect_left,
    expect_passed,
    expect_refused,
    key,
    policy,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS


@behaviour("rate-limits-hold")
def test_a_rate_limit_is_held(gateway: Gateway) -> Steps:
    """Requests over the rate answer 429; another key has a rate of its own."""
    made = api(gateway)
    slow = policy(gateway, made, rate=3, per=3600)
    free = policy(gateway, made, rate=0, per=3600, quota_max=0, quota_renewal_rate=3600)
    yield RELOAD

    own, other = key(gateway, made, slow), key(gateway, made, slow)
    for unlimited in (
        key(gateway, made, free),
        key(gateway, made, access_rights=made.rights, rate=0, per=60),
    ):
        for _ in range(3):
            expect_passed(call(gateway, made, unlimited), 0, 0)
    for _ in range(3):
        expect_passed(call(gateway, made, own))
    for _ in range(2):
        expect_refused(call(gateway, made, own), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, made, other))


@behaviour("quotas-hold")
def test_a_quota_is_held(gateway: Gateway) -> Steps:
    """The answers count a quota down, and over it answer 403; the key tells what is left."""
    made = api(gateway)
    few = policy(gateway, made, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    own = key(gateway, made, few)
    for left in (2, 1):
        expect_passed(call(gateway, made, own), 3, left)
    expect_left(gateway, made, own, 1)
    last = call(gateway, made, own)
    expect_passed(last, 3, 0)
    _expect_end(last)
    kept = gateway.send("GET", f"{KEYS}/{own}?org_id={made.org_id}")
    if str(kept.document.get("quota_renews")) != last.header("X-RateLimit-Reset"):
        told = f"quota_renews {last.header('X-RateLimit-Reset')}, as the answer told"
        raise Mismatch(told, repr(kept.document.get("quota_renews")), kept)
    for _ in range(2):
        expect_refused(call(gateway, made, own), 403, "Quota exceeded")
    expect_left(gateway, made, own, 0)


@behaviour("quotas-tell-their-end")
def test_the_first_answer_tells_when_a_quota_ends(gateway: Gateway) -> Steps:
    """The answer that begins a quota tells its end, as those after it do."""
    made = api(gateway)
    few = policy(gateway, made, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    _expect_end(call(gateway, made, key(gateway, made, few)))


@behaviour("quotas-tell-their-begin")
def test_the_first_answer_tells_when_a_quota_began(gateway: Gateway) -> Steps:
    """The answer that begins a quota tells the time of the request, and the next one its end."""
    made = api(gateway)
    few = policy(gateway, made, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    own = key(gateway, made, few)
    first = call(gateway, made, own)
    began = first.header("X-RateLimit-Reset")
    if not began.isdigit() or abs(int(began) - time.time()) > 60:
        raise Mismatch("X-RateLimit-Reset now, in seconds", repr(began), first)
    _expect_end(call(gateway, made, own))


def _expect_end(exchange: Exchange) -> None:
    ends = exchange.header("X-RateLimit-Reset")
    if not ends.isdigit() or abs(int(ends) - time.time() - 3600) > 60:
        raise Mismatch("X-RateLimit-Reset an hour from now, in seconds", repr(ends), exchange)


@behaviour("limits-may-be-per-api")
def test_limits_may_be_for_each_api(gateway: Gateway) -> Steps:
    """With per_api each API's quota is counted by itself."""
    first, second = api(gateway), api(gateway)
    small = {
        **first.rights[first.id],
        "limit": {"rate": 1000, "per": 60, "quota_max": 1, "quota_renewal_rate": 3600},
    }
    both = policy(
        gateway, first, quota_max=2, quota_renewal_rate=3600, partitions={"per_api": True},
        access_rights={first.id: small, **second.rights},
    )  # fmt: skip
    yield RELOAD

    own = key(gateway, first, both)
    expect_passed(call(gateway, first, own), 1, 0)
    expect_passed(call(gateway, second, own), 2, 1)
    expect_refused(call(gateway, first, own), 403, "Quota exceeded")
    exchange = gateway.send("GET", f"{KEYS}/{own}?org_id={first.org_id}")
    rights = exchange.document.get("access_rights", {})
    left = [rights.get(made.id, {}).get("limit", {}).get("quota_remaining", 0) for made in (first, second)]
    if left != [0, 1]:
        raise Mismatch("quota_remaining 0 of one API and 1 of the other", str(left), exchange)
    expect_passed(call(gateway, second, own), 2, 0)
    expect_refused(call(gateway, second, own), 403, "Quota exceeded")


@behaviour("endpoints-have-rates")
def test_an_endpoint_has_a_rate_of_its_own(gateway: Gateway) -> Steps:
    """A rate of one path and method holds for it alone."""
    made = api(gateway)
    slow = [{"path": "/slow", "methods": [{"name": "GET", "limit": {"rate": 2, "per": 3600}}]}]
    gold = policy(gateway, made, access_rights={made.id: {**made.rights[made.id], "endpoints": slow}})
    yield RELOAD

    own = key(gateway, made, gold)
    for _ in range(2):
        expect_passed(call(gateway, made, own, "slow"))
    expect_refused(call(gateway, made, own, "slow"), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, made, own, "slow", "POST"))
    expect_passed(call(gateway, made, own, "other"))


@behaviour("apis-may-switch-limits-off")
def test_an_api_may_switch_limits_off(gateway: Gateway) -> Steps:
    """With disable_rate_limit and disable_quota neither is held."""
    made = api(gateway, disable_rate_limit=True, disable_quota=True)
    tiny = policy(gateway, made, rate=1, per=3600, quota_max=1, quota_renewal_rate=3600)
    yield RELOAD

    own = key(gateway, made, tiny)
    for _ in range(3):
        expect_passed(call(gateway, made, own), 1, 0)


@behaviour("apis-have-rates")
def test_an_api_has_a_rate(gateway: Gateway) -> Steps:
    """The rate of an API counts for all of its keys together, unless it is disabled, or rates are."""
    slow = {"rate": 2, "per": 3600}
    made = api(gateway, global_rate_limit=slow)
    disabled = api(gateway, global_rate_limit={**slow, "disabled": True})
    off = api(gateway, global_rate_limit=slow, disable_rate_limit=True)
    free, single = (api(gateway, global_rate_limit={**slow, "rate": rate}) for rate in (0, 1))
    rights = [each.rights for each in (made, disabled, off, free, single)]
    gold = policy(
        gateway, made, access_rights={name: right for each in rights for name, right in each.items()}
    )
    yield RELOAD

    own, other = key(gateway, made, gold), key(gateway, made, gold)
    expect_passed(call(gateway, made, own))
    expect_passed(call(gateway, made, other))
    for credential in (own, other):
        expect_refused(call(gateway, made, credential), 429, "API Rate Limit Exceeded")
    expect_passed(call(gateway, single, own))
    expect_refused(call(gateway, single, other), 429, "API Rate Limit Exceeded")
    for each in (disabled, off, free):
        for _ in range(3):
            expect_passed(call(gateway, each, own))
