"""Keys after their expiry: how long a gateway keeps them."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import AT_END, RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import call, expect_refused, write_api, write_key, write_policy
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

EXPIRED = 1  # the only time in the past that is taken
GONE_WITHIN_SECONDS = 5  # a key that is to be removed after a second
DISTANT = 9_999_999_999


def _after(action: str, seconds: int = 0) -> dict[str, Any]:
    return {"post_expiry_action": action, "post_expiry_grace_period": seconds}


@behaviour("expired-keys-are-kept-or-deleted")
def test_an_expired_key_is_kept_or_deleted(gateway: Gateway) -> Steps:
    """A key is removed or stays after its expiry as post_expiry_action says, whatever its API's lifetime."""
    brief, plain = write_api(gateway, session_lifetime=1), write_api(gateway)
    rows = [
        (plain, {}, _after("delete"), False),
        (plain, _after("delete"), _after("retain", -1), False),
        (brief, {}, _after("retain", -1), True),
        (brief, _after("retain", DISTANT), {}, True),
        (plain, {}, _after("retain"), True),
    ]
    policies = [write_policy(gateway, api, **of_policy) for api, of_policy, _, _ in rows]
    yield RELOAD

    keys = [
        (api, write_key(gateway, api, policy_id, expires=EXPIRED, **of_key), stays)
        for (api, _, of_key, stays), policy_id in zip(rows, policies, strict=True)
    ]
    yield AT_END  # the tests in between take about a second

    for api, key, stays in keys:  # those that stay come last, and so outlive the others
        path = f"{KEYS}/{key}?org_id={api.org_id}"
        if not stays:
            exchange = gateway.get_until(path, GONE_WITHIN_SECONDS, lambda status: status != 200)
            expect_error(exchange, 404, "Key not found")
            continue
        exchange = gateway.send("GET", path)
        if exchange.status != 200:
            raise Mismatch("200, the key stays", shorten(exchange.text, 200), exchange)
        expect_refused(call(gateway, api, key), 401, "Key has expired, please renew")
