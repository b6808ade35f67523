"""OAuth 2.0: the tokens that clients request, use and revoke."""

from __future__ import annotations

import json
import time

from contract_tests.engine.checks import TWICE, Mismatch, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_policy,
)
from contract_tests.gateway.builders.clients import (
    FORM,
    GRANT,
    SECRET,
    basic_auth,
    get_token,
    loaded_clients,
    request_token,
    write_client,
    write_oauth_api,
)
from contract_tests.gateway.checks import expect_error, expect_ok
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CLIENTS, KEYS

NOT_AUTHORISED = "Key not authorised"
FAILURES = {  # as RFC 6749 words them in section 5.2
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "unauthorized_client": "The client is not authorized to request a token using this method.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from "
    "fulfilling the request.",
}
SECURITY = {
    "X-Content-Type-Options": "nosniff", "X-Xss-Protection": "1; mode=block", "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Expires": "0",
}  # fmt: skip


@behaviour("oauth-clients-get-tokens")
def test_a_client_gets_a_token(gateway: Gateway) -> Steps:
    """A client's credentials give a token that passes with the limits of the client's policy."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api, quota_max=100, quota_renewal_rate=60)
    yield RELOAD

    name = write_client(gateway, api, gold)["client_id"]
    token = get_token(gateway, api, name)
    expect_passed(call(gateway, api, f"Bearer {token}"), 100, 99)
    expect_refused(call(gateway, api, "Bearer rubbish"), 403, NOT_AUTHORISED)
    expect_refused(call(gateway, api, token), 400, "Authorization field missing")


@behaviour("revoked-tokens-do-not-pass")
def test_a_revoked_token_does_not_pass(gateway: Gateway) -> Steps:
    """A token that was revoked is refused at once."""
    api = write_oauth_api(gateway)
    _, (name,) = yield from loaded_clients(gateway, api)
    token = get_token(gateway, api, name)
    expect_passed(call(gateway, api, f"Bearer {token}"))
    gateway.send("POST", f"/{api.id}/oauth/revoke", f"token={token}", headers=[("Content-Type", FORM)])
    expect_refused(call(gateway, api, f"Bearer {token}"), 403, NOT_AUTHORISED)


@behaviour("oauth-credentials-are-checked")
def test_wrong_credentials_give_no_token(gateway: Gateway) -> Steps:
    """A token request with wrong credentials or a wrong form answers 403 with the error of RFC 6749."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    name = write_client(gateway, api, gold)["client_id"]
    credentials = [("Authorization", basic_auth(name, SECRET))]
    form_type = ("Content-Type", FORM)
    for method, query, body, headers, expected in (
        ("POST", "", GRANT, [form_type, ("Authorization", basic_auth(name, "wrong"))], "unauthorized_client"),
        (
            "POST",
            "",
            GRANT,
            [form_type, ("Authorization", basic_auth(gateway.new_id(), SECRET))],
            "server_error",
        ),
        ("POST", "", GRANT, [form_type], "invalid_request"),
        ("POST", "", f"{GRANT}&client_id={name}&client_secret={SECRET}", [form_type], "invalid_request"),
        ("POST", "", GRANT, [form_type, ("Authorization", credentials[0][1].lower())], "invalid_request"),
        ("POST", "", GRANT, [form_type, ("Authorization", "Basic !")], "invalid_request"),
        (
            "POST",
            "",
            GRANT,
            [form_type, ("Authorization", credentials[0][1].replace(" ", " !"))],
            "invalid_request",
        ),
        ("POST", "", GRANT, [form_type, ("Authorization", "Basic /zr/")], "server_error"),
        ("POST", f"?grant_type=&{GRANT}", "", [form_type, *credentials], "unsupported_grant_type"),
        ("GET", f"?{GRANT}", None, credentials, "invalid_request"),
        ("POST", "", "", [form_type, *credentials], "unsupported_grant_type"),
        ("POST", "", "grant_type=password", [form_type, *credentials], "unsupported_grant_type"),
        ("POST", "", GRANT, credentials, "unsupported_grant_type"),
        ("POST", "", "[]", [("Content-Type", "application/json"), *credentials], "unsupported_grant_type"),
    ):
        exchange = gateway.send(method, f"/{api.id}/oauth/token/{query}", body, headers=headers)
        expect_json(exchange, 403, {"error": expected, "error_description": FAILURES[expected]})
        _expect_security(exchange)
    exchange = gateway.send("PUT", f"/{api.id}/oauth/token/", GRANT, headers=[form_type, *credentials])
    expect_error(exchange, 405, "Method not supported")


@behaviour("oauth-tokens-are-asked-for-in-ways")
def test_a_token_is_asked_for_in_ways(gateway: Gateway) -> Steps:
    """A form, a JSON object or a query requests a token; the answer has its scope and its lifetime."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    name = write_client(gateway, api, gold)["client_id"]
    path, credentials = f"/{api.id}/oauth/token", ("Authorization", basic_auth(name, SECRET))
    body_json = json.dumps({"grant_type": "client_credentials", "scope": "a"})
    for target, body, content_type, scope in (
        (path, GRANT, FORM, None),
        (f"{path}/", f"{GRANT}&scope=a+b", f"{FORM}; charset=utf-8", "a b"),
        (f"{path}/?{GRANT}&scope=q", "", FORM, "q"),
        (f"{path}/?scope=q", f"{GRANT}&scope=f&scope=g", FORM, "f"),
        (f"{path}/", body_json, "application/json", "a"),
    ):
        exchange = gateway.send("POST", target, body, headers=[("Content-Type", content_type), credentials])
        token, lifetime = exchange.document.get("access_token"), exchange.document.get("expires_in")
        gateway.note_key(str(token or ""))
        if not token or not isinstance(lifetime, int) or lifetime <= 0:
            raise Mismatch("200 with a token that lasts", shorten(exchange.text), exchange)
        answer = {"access_token": token, "expires_in": lifetime, "token_type": "bearer"}
        expect_json(exchange, 200, dict(sorted((answer | ({"scope": scope} if scope else {})).items())))
        _expect_security(exchange)
        session = gateway.send("GET", f"{KEYS}/{token}?org_id={api.org_id}")
        remaining = session.document.get("expires", 0) - time.time()
        if session.status == 200 and abs(remaining - lifetime) > 5:
            raise Mismatch(f"a key that expires in {lifetime} s", f"{remaining:.0f} s", session)


def _expect_security(exchange: Exchange) -> None:
    for name, value in SECURITY.items():
        if exchange.header(name) != value:
            raise Mismatch(f"{name}: {value}", repr(exchange.header(name)), exchange)


@behaviour("oauth-tokens-are-sent-as-bearer")
def test_a_token_is_sent_as_bearer(gateway: Gateway) -> Steps:
    """A token passes after Bearer in any case, with or without text after it; other schemes are refused."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    token = get_token(gateway, api, write_client(gateway, api, gold)["client_id"])
    for scheme in ("bearer", "BEARER"):
        expect_passed(call(gateway, api, f"{scheme} {token}"))
    expect_passed(call(gateway, api, f"Bearer {token} more"))
    for credential, status, expected in (
        (f"Basic {token}", 400, "Bearer token malformed"),
        (f"Token {token}", 400, "Bearer token malformed"),
        (token, 400, NEEDS_KEY),
        ("", 400, NEEDS_KEY),
    ):
        expect_refused(call(gateway, api, credential), status, expected)


@behaviour("oauth-tokens-need-their-client")
def test_a_token_needs_its_client(gateway: Gateway) -> Steps:
    """A token whose client was removed is refused, though it is still a key."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    name = write_client(gateway, api, gold)["client_id"]
    token = get_token(gateway, api, name)  # sent only below: a gateway caches clients for a second
    gateway.send("DELETE", f"{CLIENTS}/{api.id}/{name}")
    message = f"{NOT_AUTHORISED}. OAuth client access was revoked"
    for _ in TWICE:
        expect_refused(call(gateway, api, f"Bearer {token}"), 403, message)


@behaviour("apis-revoke-their-tokens")
def test_an_api_revokes_its_tokens(gateway: Gateway) -> Steps:
    """An API revokes one token, known or unknown, and all tokens of a client that sends its secret."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name = write_client(gateway, api, gold)["client_id"]
    first, second = get_token(gateway, api, name), get_token(gateway, api, name)
    revoke, tokens = f"/{api.id}/oauth/revoke", f"{CLIENTS}/{api.id}/{name}/tokens"
    form = [("Content-Type", FORM)]
    for path, body, status, expected in (
        (revoke, "", 400, "token is required"),
        (f"{revoke}_all", "", 401, "client_id is required"),
        (f"{revoke}_all", f"client_secret={SECRET}", 401, "client_id is required"),
        (f"{revoke}_all", f"client_id={name}", 401, "client_secret is required"),
        (f"{revoke}_all", f"client_id={name}x&client_secret={SECRET}", 404, "error getting oauth client"),
        (f"{revoke}_all", f"client_id={name}&client_secret=x", 401, "client secret is wrong"),
    ):
        expect_error(gateway.send("POST", path, body, headers=form), status, expected)
    expect_ok(
        gateway.send("POST", revoke, f"token={gateway.new_id()}", headers=form), "token revoked successfully"
    )
    expect_passed(call(gateway, api, f"Bearer {first}"))
    body = f"client_id={name}&client_secret={SECRET}"
    expect_ok(gateway.send("POST", f"{revoke}_all", body, headers=form), "tokens revoked successfully")
    expect_json(gateway.send("GET", tokens), 200, [])
    expect_refused(call(gateway, api, f"Bearer {second}"), 403, NOT_AUTHORISED)


@behaviour("oauth-tokens-need-their-policy")
def test_a_token_needs_its_policy(gateway: Gateway) -> Steps:
    """A token whose policy was removed is refused, and its client gets no new one."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    name = write_client(gateway, api, gold)["client_id"]
    token = get_token(gateway, api, name)
    expect_passed(call(gateway, api, f"Bearer {token}"))
    gateway.delete(gold)
    yield RELOAD

    expect_refused(call(gateway, api, f"Bearer {token}"), 403, NOT_AUTHORISED)
    exchange = request_token(gateway, api, name, "s1")
    if exchange.status != 403:
        raise Mismatch("403, no token", f"{exchange.status} {shorten(exchange.text, 200)}", exchange)
