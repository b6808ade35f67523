"""Cross-origin resource sharing: what an API tells browsers of other origins."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    Api,
    expect_passed,
    expect_refused,
    version_data,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway

OURS, OTHER = "http://ours.test", "http://other.test"
RULES: dict[str, Any] = {
    "enable": True, "allowed_origins": [OURS, "https://*.ours.test"], "allowed_methods": ["GET", "PUT"],
    "allowed_headers": ["X-Ours"], "exposed_headers": ["x-told"], "allow_credentials": True, "max_age": 7,
}  # fmt: skip
PREFIX = "access-control-"
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def _ask(
    gateway: Gateway, api: Api, origin: str = OURS, wish: str = "GET", names: str = "", path: str = "a"
) -> Exchange:
    """Send the preflight of a browser."""
    headers = [("Origin", origin), ("Access-Control-Request-Method", wish)]
    headers += [("Access-Control-Request-Headers", names)] if names else []
    return gateway.send("OPTIONS", f"/{api.id}/{path}", headers=headers)


def _expect(exchange: Exchange, vary: str, **expected: str) -> None:
    """Expect these headers of sharing, with `_` for `-`, and no others."""
    sent = exchange.answer.headers if exchange.answer else ()
    actual = {name.lower(): value for name, value in sent if name.lower().startswith(PREFIX)}
    wanted = {PREFIX + name.replace("_", "-"): value for name, value in expected.items()}
    if exchange.header("Vary") != vary or actual != wanted:
        raise Mismatch(
            f"Vary {vary!r} and {wanted}", f"Vary {exchange.header('Vary')!r} and {actual}", exchange
        )


@pytest.mark.parametrize("origin", [OURS, "https://a.ours.test"])
@behaviour("apis-share-with-origins")
def test_an_api_tells_who_may_read(gateway: Gateway, origin: str) -> Steps:
    """Answers to an allowed origin may be read by it; others, and those to other methods, by none."""
    api = write_api(gateway, CORS=RULES)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    told = {"allow_origin": origin, "expose_headers": "X-Told", "allow_credentials": "true"}
    for credential in (key, gateway.new_id()):
        headers = [("Authorization", credential), ("Origin", origin)]
        exchange = gateway.send("GET", f"/{api.id}/a", headers=headers)
        _expect(exchange, "Origin", **told)
        if credential == key:
            expect_passed(exchange)
    for method, headers in (("GET", [("Origin", OTHER)]), ("POST", [("Origin", origin)]), ("GET", [])):
        _expect(gateway.send(method, f"/{api.id}/a", headers=headers), "Origin")


@behaviour("apis-share-with-origins")
def test_a_preflight_is_answered(gateway: Gateway) -> Steps:
    """The preflight of an allowed origin, method and header is answered with 204 and these, without a key."""
    api = write_api(gateway, CORS=RULES)
    yield RELOAD

    told = {"allow_origin": OURS, "allow_credentials": "true", "max_age": "7"}
    asked = [
        (_ask(gateway, api), {**told, "allow_methods": "GET"}),
        (_ask(gateway, api, wish="PUT", names="x-ours"),
         {**told, "allow_methods": "PUT", "allow_headers": "x-ours"}),
        (_ask(gateway, api, OTHER), {}),
        (_ask(gateway, api, wish="POST"), {}),
        (_ask(gateway, api, names="x-other"), {}),
    ]  # fmt: skip
    for exchange, expected in asked:
        if exchange.status != 204:
            raise Mismatch("204", f"{exchange.status} {shorten(exchange.text)}", exchange)
        _expect(exchange, PREFLIGHT_VARY, **expected)


@behaviour("apis-share-with-origins")
def test_endpoints_for_tokens_share_too(gateway: Gateway) -> Steps:
    """The endpoints where clients get and revoke tokens answer by the rules of their API, preflights too."""
    api = write_api(gateway, CORS=RULES | {"allowed_methods": ["GET", "POST"]}, use_oauth2=True)
    yield RELOAD

    told = {"allow_origin": OURS, "allow_credentials": "true"}
    for endpoint, status in (("authorize", 403), ("token", 403), ("revoke", 400), ("revoke_all", 401)):
        path = f"oauth/{endpoint}"
        exchange = _ask(gateway, api, wish="POST", path=path)
        if exchange.status != 204:
            raise Mismatch("204", f"{exchange.status} {shorten(exchange.text)}", exchange)
        _expect(exchange, PREFLIGHT_VARY, **told, allow_methods="POST", max_age="7")
        exchange = gateway.send("POST", f"/{api.id}/{path}", headers=[("Origin", OURS)])
        if exchange.status != status:
            raise Mismatch(f"{status}", f"{exchange.status} {shorten(exchange.text)}", exchange)
        _expect(exchange, "Origin", **told, expose_headers="X-Told")


@behaviour("preflights-pass-path-lists")
def test_a_preflight_passes_the_lists_of_paths(gateway: Gateway) -> Steps:
    """A preflight of a path that is not among those alone allowed is answered; a request for it is refused."""
    version = version_data(extended_paths={"white_list": [{"path": "/a", "method": "GET"}]})
    api = write_api(gateway, CORS=RULES, version_data=version)
    yield RELOAD

    for path in ("a", "b"):
        exchange = _ask(gateway, api, path=path)
        if exchange.status != 204:
            raise Mismatch("204", f"{exchange.status} {shorten(exchange.text)}", exchange)
    refused = gateway.send("GET", f"/{api.id}/b", headers=[("Origin", OURS)])
    expect_refused(refused, 403, "Requested endpoint is forbidden")
