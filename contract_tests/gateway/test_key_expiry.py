"""Keys after their expiry: how long a gateway keeps them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import AT_END, RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import call, expect_refused, write_api, write_key, write_policy
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

GONE_WITHIN_SECONDS = 5  # a key that is to be removed after a second


def _after(action: str, seconds: int = 0) -> dict[str, Any]:
    return {"post_expiry_action": action, "post_expiry_grace_period": seconds}


@pytest.mark.parametrize(
    ("of_policy", "of_key", "lifetime", "stays"),
    [
        pytest.param({}, _after("delete"), 0, False, id="delete"),
        pytest.param(_after("delete"), _after("retain", -1), 3600, False, id="policy"),
        pytest.param({}, _after("retain", -1), 1, True, id="for ever"),
        pytest.param(_after("retain", 3600), {}, 1, True, id="an hour"),
        pytest.param(_after("retain"), {}, 1, False, id="no time"),
    ],
)
@behaviour("expired-keys-are-kept-or-deleted")
def test_an_expired_key_is_kept_or_deleted(
    gateway: Gateway, of_policy: dict[str, Any], of_key: dict[str, Any], lifetime: int, stays: bool
) -> Steps:
    """A key is removed or stays after its expiry as post_expiry_action says, whatever the API's lifetime."""
    api = write_api(gateway, session_lifetime=lifetime)
    gold = write_policy(gateway, api, **of_policy)
    yield RELOAD

    key = write_key(gateway, api, gold, expires=int(time.time()) + 1, **of_key)
    yield AT_END  # the tests in between take about a second

    path = f"{KEYS}/{key}?org_id={api.org_id}"
    if not stays:
        exchange = gateway.get_until(path, GONE_WITHIN_SECONDS, lambda status: status != 200)
        expect_error(exchange, 404, "Key not found")
        return
    exchange = gateway.send("GET", path)
    if exchange.status != 200:
        raise Mismatch("200, the key stays", shorten(exchange.text, 200), exchange)
    expect_refused(call(gateway, api, key), 401, "Key has expired, please renew")
