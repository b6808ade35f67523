"""The limits of organisations on a gateway that enforces them (enforce_org_quotas)."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_open_api,
)
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import ORGANISATIONS

DISABLED = "this organisation access has been disabled, please contact your API administrator"
DISABLED_BEFORE = "This organization access has been disabled or quota/rate limit is exceeded, please contact your API administrator"
OVER_QUOTA, TOO_FAST = (
    f"This organisation {limit} has been exceeded, please contact your API administrator"
    for limit in ("quota", "rate limit")
)

LIMITS = "tyk/rate-limits/"  # where an API tells the limits of a key
MOST_LATE = 20  # requests until one is judged that came before them


def write_apis(gateway: Gateway) -> tuple[Api, Api]:
    """Write an API without authentication in an organisation of its own, and one in another."""
    first, second = (write_open_api(gateway, org_id=gateway.new_id()) for _ in TWICE)
    return first, second


def write_organisation(gateway: Gateway, api: Api, **members: Any) -> Exchange:
    """Write the session of an API's organisation."""
    exchange = gateway.send("POST", f"{ORGANISATIONS}/{api.org_id}", {"org_id": api.org_id, **members})
    expect_written(exchange, api.org_id, "added")
    return exchange


@behaviour("organisations-may-be-disabled")
def test_an_organisation_may_be_disabled(gateway: Gateway) -> Steps:
    """Requests to the APIs of an inactive organisation, and for the limits of a key, are refused, until it has no session any more."""
    api, other = write_apis(gateway)
    keyed = write_api(gateway, org_id=gateway.new_id())  # a gateway tells one API of a new session alone
    yield RELOAD

    for _ in TWICE:
        expect_passed(call(gateway, api))
        expect_passed(call(gateway, other))
        write_organisation(gateway, api, is_inactive=True)
        for _ in TWICE:
            expect_refused(call(gateway, api), 403, DISABLED)
        expect_passed(call(gateway, other))
        gateway.send("DELETE", f"{ORGANISATIONS}/{api.org_id}")
    write_organisation(gateway, keyed, is_inactive=True)
    expect_refused(call(gateway, keyed, path=LIMITS), 403, DISABLED)


@behaviour("organisations-have-quotas")
def test_an_organisation_has_a_quota(gateway: Gateway) -> Steps:
    """Requests beyond the quota of their API's organisation are refused, until it has no session any more."""
    api, other = write_apis(gateway)
    yield RELOAD

    write_organisation(gateway, api, quota_max=2, quota_renewal_rate=3600)
    for remaining in (1, 0):
        expect_passed(call(gateway, api))
        exchange = gateway.send("GET", f"{ORGANISATIONS}/{api.org_id}")
        if exchange.document.get("quota_remaining", 0) != remaining:
            raise Mismatch(f"quota_remaining {remaining}", shorten(exchange.text), exchange)
    for _ in TWICE:
        expect_refused(call(gateway, api), 403, OVER_QUOTA)
        expect_passed(call(gateway, other))
    gateway.send("DELETE", f"{ORGANISATIONS}/{api.org_id}")
    expect_passed(call(gateway, api))


@behaviour("organisations-have-rates")
def test_an_organisation_has_a_rate(gateway: Gateway) -> Steps:
    """Requests beyond the rate of their API's organisation are refused with 403."""
    api, other = write_apis(gateway)
    yield RELOAD

    write_organisation(gateway, api, rate=2, per=600)
    for _ in TWICE:
        expect_passed(call(gateway, api))
        expect_passed(call(gateway, other))
    for _ in TWICE:
        expect_refused(call(gateway, api), 403, TOO_FAST)
        expect_passed(call(gateway, other))


@behaviour("organisations-may-be-judged-later")
def test_an_organisation_is_judged_by_the_request_before(gateway: Gateway) -> Steps:
    """A request beyond a limit passes, and those after it are refused, until the session is deleted."""
    api, other = write_apis(gateway)
    yield RELOAD

    for members in (
        {"is_inactive": True},
        {"quota_max": 1, "quota_renewal_rate": 3600},
        {"rate": 1, "per": 600},
    ):
        write_organisation(gateway, api, **members)
        for _ in range(MOST_LATE):
            expect_passed(call(gateway, other))
            exchange = call(gateway, api)
            if exchange.status == 403:
                break
            expect_passed(exchange)
        for _ in TWICE:
            expect_refused(call(gateway, api), 403, DISABLED_BEFORE)
        gateway.send("DELETE", f"{ORGANISATIONS}/{api.org_id}")
        expect_passed(call(gateway, api))
        write_organisation(gateway, api)
        for _ in range(MOST_LATE):
            if call(gateway, api).status == 200:
                break
        expect_passed(call(gateway, api))
        gateway.send("DELETE", f"{ORGANISATIONS}/{api.org_id}")
