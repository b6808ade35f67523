"""APIs with external_oauth: access tokens of another provider."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_own_upstream,
    write_api,
)
from contract_tests.gateway.builders.jwts import (
    PUBLIC_KEYS,
    SECRET,
    encoded_source,
    key_set,
    signed_token,
    token,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

HMAC = {"enabled": True, "signing_method": "hmac", "source": encoded_source(SECRET.encode())}
NOT_VALIDATED = "error happened during the access token validation"
NOT_VERIFIED = "token verification failed: "
HOUR = 3600  # seconds


def write_provider_api(gateway: Gateway, *providers: dict[str, Any]) -> Api:
    """Write an API that takes the tokens of the first of these providers."""
    places = {"externalOAuth": {"auth_header_name": "Authorization"}}
    oauth = {"enabled": True, "providers": list(providers)}
    return write_api(gateway, external_oauth=oauth, auth_configs=places)


@behaviour("provider-tokens-pass")
def test_the_token_of_a_provider_passes(gateway: Gateway) -> Steps:
    """A token passes with any key of the provider, and with the limits of the key of its user, if there is one."""
    needs_own_upstream(gateway)
    url = gateway.upstream.serve(gateway.new_id(), key_set())
    secret = write_provider_api(gateway, {"jwt": {**HMAC, "identity_base_field": "uid"}}, {"jwt": {}})
    rsa = {"enabled": True, "signing_method": "rsa"}
    keyed = write_provider_api(gateway, {"jwt": {**rsa, "source": PUBLIC_KEYS["rsa"]}})
    plain, encoded = (
        write_provider_api(gateway, {"jwt": {**rsa, "source": source}})
        for source in (url, encoded_source(url.encode()))
    )
    yield RELOAD

    user = gateway.new_id()
    claims = {"uid": user, "sub": "other", "exp": int(time.time()) + HOUR}
    for text in (token(claims), f"Bearer {token({'sub': 'other'})}"):
        expect_passed(call(gateway, secret, text), -1, 10)
    expect_passed(call(gateway, keyed, signed_token("RS256")), -1, 10)
    for api in (plain, encoded):
        for _ in TWICE:
            expect_passed(call(gateway, api, signed_token("RS256", names_key=True)), -1, 10)
        expect_refused(call(gateway, api, signed_token("RS256")), 500, NOT_VALIDATED)
    other = token({**claims, "uid": _user_with_key(gateway, secret)})
    for remaining in (8, 7):
        expect_passed(call(gateway, secret, other), 9, remaining)


def _user_with_key(gateway: Gateway, api: Api) -> str:
    """A user of an API whose key has a quota of 9."""
    user = gateway.new_id()
    name = api.org_id + hashlib.md5(user.encode(), usedforsecurity=False).hexdigest()
    gateway.note_key(name)
    limits = {"rate": 1000, "per": 60, "quota_max": 9, "quota_renewal_rate": HOUR}
    exchange = gateway.send(
        "POST", f"{KEYS}/{name}", {**limits, "org_id": api.org_id, "access_rights": api.rights}
    )
    if exchange.status != 200:
        raise Mismatch("200, the key is written", f"{exchange.status} {exchange.text}", exchange)
    return user


@behaviour("provider-tokens-are-refused")
def test_other_tokens_are_refused(gateway: Gateway) -> Steps:
    """What is no token of the provider is refused, and told why, but for a token that the API cannot verify."""
    api = write_provider_api(gateway, {"jwt": HMAC})
    skews = {f"{date}_validation_skew": 2 * HOUR for date in ("expires_at", "issued_at", "not_before")}
    lenient = write_provider_api(gateway, {"jwt": {**HMAC, **skews}})
    without, idle = write_provider_api(gateway), write_provider_api(gateway, {})
    broken = write_provider_api(gateway, {"jwt": {**HMAC, "source": "no base64"}})
    yield RELOAD

    now = int(time.time())
    for claims, reason in (
        ({"exp": now - HOUR}, "token has expired"),
        ({"iat": now + HOUR}, "token used before issued"),
        ({"nbf": now + HOUR}, "token is not valid yet"),
    ):
        text = token({"sub": "u", **claims})
        expect_refused(call(gateway, api, text), 401, f"key not authorized: {reason}")
        expect_passed(call(gateway, lenient, text))
    for text, reason in (
        (token({"sub": "u"}, "x"), "signature is invalid"),
        ("a.b", "token contains an invalid number of segments"),
    ):
        expect_refused(call(gateway, api, text), 401, NOT_VERIFIED + reason)
    for target, text in (
        (api, token({"sub": "u"}, algorithm="RS256")), (api, token({"sub": ""})), (api, token({"x": "u"})),
        (broken, token({"sub": "u"})),
    ):  # fmt: skip
        expect_refused(call(gateway, target, text), 500, NOT_VALIDATED)
    for target in (api, without):
        expect_refused(call(gateway, target), 400, "authorization field missing")
    expect_refused(call(gateway, without, "x"), 404, "there should be at least one provider configured")
    expect_refused(call(gateway, idle, "x"), 500, "access token validation method is not specified")


@behaviour("provider-tokens-are-introspected")
def test_a_token_is_introspected(gateway: Gateway) -> Steps:
    """The provider is asked about a token as a form, and its answer decides; a cache keeps it."""
    needs_own_upstream(gateway)
    names = [gateway.new_id() for _ in TWICE]
    asking = {
        "enabled": True,
        "client_id": "the client",
        "client_secret": "a&b",
        "identity_base_field": "uid",
    }
    urls = [_tell(gateway, name, {"active": True, "uid": "u"}) for name in names]
    api, keeping = (
        write_provider_api(gateway, {"introspection": {**asking, "url": url, "cache": cache}})
        for url, cache in zip(urls, ({"enabled": False}, {"enabled": True, "timeout": HOUR}), strict=True)
    )
    yield RELOAD

    text = f"{gateway.new_id()}/+"
    expect_passed(call(gateway, api, f"Bearer {text}"), -1, 10)
    expected = f"client_id=the+client&client_secret=a%26b&token={text[:-2]}%2F%2B"
    if (sent := gateway.upstream.received(names[0])) != expected:
        raise Mismatch(f"the provider receives {expected}", sent, gateway.exchanges[-1])
    for told, status in (
        ({"active": False}, 200), ({"sub": "u"}, 200), ({"active": True}, 200), ({"active": True, "sub": "u"}, 500),
        ([], 200),
    ):  # fmt: skip
        _tell(gateway, names[0], told, status)
        refused = (401, "access token is not valid") if told == {"active": False} else (500, NOT_VALIDATED)
        expect_refused(call(gateway, api, text), *refused)
    for other, end, seen in ((text, None, ""), (f"{text}x", int(time.time()) - HOUR, "token is expired")):
        _tell(gateway, names[1], {"active": True, "sub": "u", **({"exp": end} if end else {})})
        expect_passed(call(gateway, keeping, other))
        _tell(gateway, names[1], {"active": False})
        for _ in TWICE:
            if seen:
                expect_refused(call(gateway, keeping, other), 401, seen)
            else:
                expect_passed(call(gateway, keeping, other))
    expect_refused(call(gateway, keeping, f"{text}y"), 401, "access token is not valid")


def _tell(gateway: Gateway, name: str, document: Any, status: int = 200) -> str:
    """Let the provider tell this of all tokens from now on; its URL."""
    return gateway.upstream.serve(name, json.dumps(document).encode(), status)
