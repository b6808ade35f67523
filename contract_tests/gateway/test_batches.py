"""Batches: several requests to an API in one."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, expect, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.gateway.builders.apis import Api, expect_refused, write_api, write_key, write_policy
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway

MALFORMED = "Batch request malformed"
IMPOSSIBLE = "Batch request creation failed , request structure malformed"
NEEDS_KEY = '{\n    "error": "Authorization field missing"\n}'


@behaviour("batches-are-answered")
def test_a_batch_is_answered(gateway: Gateway) -> Steps:
    """Each request of a batch is answered by the API with its own credential, and an API without batches forwards one."""
    api, other = write_api(gateway, enable_batch_request_support=True), write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    requests = [_request("a?b=c", Authorization=key), _request("a"), _request("d", Authorization=key)]
    exchange = _send(gateway, api, {"requests": requests, "suppress_parallel_execution": True})
    first, second, third = _units(exchange, 3)
    if [unit.get("relative_url") for unit in (first, second, third)] != ["a?b=c", "a", "d"]:
        raise Mismatch("the answers in the order of the requests", shorten(exchange.text), exchange)
    if (second.get("code"), second.get("body")) != (401, NEEDS_KEY):
        raise Mismatch("401 for the request without a key", shorten(str(second)), exchange)
    for unit in (first, third):
        headers = unit.get("headers")
        if not isinstance(headers, dict) or "X-Ratelimit-Limit" not in headers:
            raise Mismatch("the upstream's answer for the key", shorten(str(unit)), exchange)
    exchange = _send(gateway, api, {"requests": requests})
    answers = sorted(((unit.get("relative_url"), unit.get("code")) for unit in _units(exchange, 3)), key=repr)
    expected = [("a", 401), ("a?b=c", first.get("code")), ("d", third.get("code"))]
    if answers != expected:
        raise Mismatch(f"in any order {expected}", repr(answers), exchange)
    expect_json(_send(gateway, api, {}), 200, [])
    expect_refused(_send(gateway, other, {}), 401, "Authorization field missing")


@behaviour("broken-batches-are-refused")
def test_a_broken_batch_is_refused(gateway: Gateway) -> Steps:
    """A batch that cannot be read, or has an impossible method, answers 400; another method is not answered."""
    api = write_api(gateway, enable_batch_request_support=True)
    yield RELOAD

    for body in ("[", "", '{"requests": 1}'):
        expect_error(_send(gateway, api, body), 400, MALFORMED)
    expect_error(_send(gateway, api, {"requests": [_request("a", "G T")]}), 400, IMPOSSIBLE)
    for method in ("GET", "PUT"):
        expect(_send(gateway, api, "{}", method), 200, "", content_type="")


def _request(url: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    return {"method": method, "relative_url": url, "headers": headers, "body": ""}


def _send(gateway: Gateway, api: Api, body: Any, method: str = "POST") -> Exchange:
    return gateway.send(method, f"/{api.id}/tyk/batch/", body, headers=[])


def _units(exchange: Exchange, count: int) -> list[dict[str, Any]]:
    """The answers in the answer to a batch.

    Raises:
        NotApplicable: the gateway does not reach itself.
    """
    units = json_of(exchange.text)
    is_list = (
        isinstance(units, list) and len(units) == count and all(isinstance(unit, dict) for unit in units)
    )
    if exchange.status != 200 or not is_list:
        raise Mismatch(f"200 with {count} answers", f"{exchange.status} {shorten(exchange.text)}", exchange)
    if all(unit.get("code") == 0 for unit in units):
        raise NotApplicable("the gateway does not reach itself at localhost, as a batch needs")
    return list(units)
