"""The rates of APIs, on a gateway that counts their requests (health_check.enable_health_checks)."""

from __future__ import annotations

import math

from contract_tests.engine.checks import Mismatch, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.clients import write_oauth_api
from contract_tests.gateway.builders.jwts import token, write_jwt_api
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import HEALTH

SHORTEST, LONGEST = 10, 100  # seconds of a sample that a test can fill, and that do not pass meanwhile
ANSWERED_WITHIN = 5  # seconds in which a gateway has counted a request that it has answered
LATENCY = "average_upstream_latency"
PASSED = "average_requests_per_second"


@behaviour("rates-of-apis-may-be-told")
def test_the_rates_of_an_api_are_told(gateway: Gateway) -> Steps:
    """Each request to an API counts in the rate of passing ones, or of the reason that refused it, and each read too."""
    needs_store(gateway)
    seconds = _sample_seconds(gateway)
    apis = [write_api(gateway) for _ in range(2)]
    fast = [
        write_policy(gateway, api, rate=1000, per=60, quota_max=2, quota_renewal_rate=3600) for api in apis
    ]
    slow = write_policy(gateway, apis[0], rate=2, per=600)
    yield RELOAD

    expect_json(gateway.send("GET", HEALTH), 400, {"status": "error", "message": "missing api_id parameter"})
    unknown = gateway.send("GET", f"{HEALTH}?api_id={gateway.new_id()}")
    expect_json(unknown, 404, {"status": "error", "message": "API ID not found"})
    for api, policy, limited in zip(apis, fast, ("Quota exceeded", ""), strict=True):
        key = write_key(gateway, api, policy)
        for _ in range(2):
            expect_passed(call(gateway, api, key))
        for _ in range(3 if limited else 0):
            expect_refused(call(gateway, api, key), 403, limited)
    key = write_key(gateway, apis[0], slow)
    for _ in range(2):
        expect_passed(call(gateway, apis[0], key))
    for _ in range(5):
        expect_refused(call(gateway, apis[0], key), 429, "Rate Limit Exceeded")
    for _ in range(4):
        expect_refused(call(gateway, apis[0], f"{key}x"), 403, DISALLOWED)
    inactive = write_key(gateway, apis[1], access_rights=apis[1].rights, is_inactive=True)
    for _ in range(4):
        expect_refused(call(gateway, apis[1], inactive), 403, "Key is inactive, please renew")
    expired = write_key(gateway, apis[1], access_rights=apis[1].rights, expires=1)
    for _ in range(4):
        expect_refused(call(gateway, apis[1], expired), 401, "Key has expired, please renew")
    _expect_rates(gateway, apis[0].id, seconds, passed=4, keys=4, rates=5, quotas=3)
    _expect_rates(gateway, apis[1].id, seconds, passed=2, keys=8, rates=0, quotas=0)


@behaviour("rates-of-apis-may-be-told")
def test_the_rates_of_refused_credentials_are_told(gateway: Gateway) -> Steps:
    """A request with a wrong password, JWT or OAuth token counts as a key that failed."""
    seconds = _sample_seconds(gateway)
    refusals = [
        (write_api(gateway, use_basic_auth=True), "Basic eDp5"),
        (write_jwt_api(gateway), token({"sub": "u"}, "another secret")),
        (write_oauth_api(gateway), f"Bearer {gateway.new_id()}"),
    ]
    yield RELOAD

    for api, credential in refusals:
        for _ in range(6):
            if (exchange := call(gateway, api, credential)).status not in (401, 403):
                raise Mismatch("401 or 403", f"{exchange.status} {shorten(exchange.text)}", exchange)
        _expect_rates(gateway, api.id, seconds, passed=0, keys=6, rates=0, quotas=0)


def _sample_seconds(gateway: Gateway) -> int:
    """The seconds of the sample that rates are of.

    Raises:
        NotApplicable: a test cannot fill it, or it may pass meanwhile.
    """
    seconds: int = gateway.setting("health_check.health_check_value_timeouts")
    if not SHORTEST <= seconds <= LONGEST:
        raise NotApplicable(f"the sample is not of {SHORTEST} to {LONGEST} seconds")
    return seconds


def _expect_rates(
    gateway: Gateway, api_id: str, seconds: int, *, passed: int, keys: int, rates: int, quotas: int
) -> None:
    """Expect the rates of so many requests, once they are counted; the reads until then count too."""
    reads = 0

    def expected() -> dict[str, float]:
        counts = {
            "throttle_reqests_per_second": rates + reads - 1,
            "quota_violations_per_second": quotas + reads - 1,
            "key_failures_per_second": keys + reads - 1,
            PASSED: passed + 2 * (reads - 1),
        }
        return {name: math.floor(max(0, count - 1) / seconds * 100) / 100 for name, count in counts.items()}

    def is_counted(exchange: Exchange) -> bool:
        nonlocal reads
        reads += 1
        latency = exchange.document.get(LATENCY)
        told = {name: value for name, value in exchange.document.items() if name != LATENCY}
        return isinstance(latency, int | float) and latency >= 0 and told == expected()

    exchange = gateway.read_until(f"{HEALTH}?api_id={api_id}", ANSWERED_WITHIN, is_counted)
    reads -= 1
    if exchange.status != 200 or not is_counted(exchange):
        raise Mismatch(f"{expected()}", f"{exchange.status} {shorten(exchange.text)}", exchange)
