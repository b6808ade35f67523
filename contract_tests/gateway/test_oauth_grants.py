"""OAuth 2.0: tokens for a password, a refresh token or an authorization code, and refresh tokens' ends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from contract_tests.engine.checks import Mismatch, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.clients import FORM, SECRET, basic_auth, loaded_clients, write_client
from contract_tests.gateway.checks import expect_error, expect_ok, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS, OAUTH

PASSWORD, LOGIN, REDIRECT = "pw", "http://login.test/x", "http://client.test/"
NOT_AUTHORISED = "Key not authorised"
LONGEST_WAIT = 3  # seconds; a longer life of a refresh token is not waited for
REVOKED = "token revoked successfully"
FAILURES = {  # as RFC 6749 words them in sections 4.1.2.1 and 5.2
    "access_denied": "The resource owner or authorization server denied the request.",
    "invalid_grant": "The provided authorization grant (e.g., authorization code, resource owner credentials) "
    "or refresh token is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client.",
    "invalid_client": "Client authentication failed (e.g., unknown client, no client authentication included, "
    "or unsupported authentication method).",
}
SERVER_ERROR = "The authorization server encountered an unexpected condition that prevented it from fulfilling the request."


def _write_api(gateway: Gateway) -> Api:
    grants = ["password", "refresh_token", "authorization_code"]
    meta = {"allowed_access_types": grants, "allowed_authorize_types": ["code", "token"]}
    return write_api(gateway, use_oauth2=True, oauth_meta={**meta, "auth_login_redirect": LOGIN})


def _ask(gateway: Gateway, api: Api, client: str, **fields: str) -> Exchange:
    headers = [("Content-Type", FORM), ("Authorization", basic_auth(client, SECRET))]
    exchange = gateway.send("POST", f"/{api.id}/oauth/token/", urlencode(fields), headers=headers)
    if exchange.status == 200:
        gateway.note_key(str(exchange.document.get("access_token", "")))
        if refresh := str(exchange.document.get("refresh_token", "")):
            gateway.note_refresh_token(api.id, refresh, client)
    return exchange


def _tokens(exchange: Exchange, scope: str = "") -> tuple[str, str]:
    """The access and the refresh token of an answer that has both and this scope."""
    answer = exchange.document
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    expected = {
        "access_token": access, "expires_in": answer.get("expires_in"), "refresh_token": refresh,
        **({"scope": scope} if scope else {}), "token_type": "bearer",
    }  # fmt: skip
    expect_json(exchange, 200, expected)
    if not (access and refresh and answer.get("expires_in")):
        raise Mismatch("an access token and a refresh token", shorten(exchange.text), exchange)
    return str(access), str(refresh)


def _expect_failure(exchange: Exchange, name: str) -> None:
    expect_json(exchange, 403, {"error": name, "error_description": FAILURES[name]})


def _write_user(gateway: Gateway, api: Api, policy_id: str, **members: Any) -> str:
    """Write a key with a password; return its name without the organisation."""
    key = write_key(gateway, api, policy_id, basic_auth_data={"password": PASSWORD}, **members)
    return key.removeprefix(api.org_id)


@behaviour("passwords-give-tokens")
def test_a_password_gives_a_token(gateway: Gateway) -> Steps:
    """The password of a key gives a token with the key's session; a wrong one ends the key's last token."""
    api = _write_api(gateway)
    gold = write_policy(gateway, api, quota_max=9, quota_renewal_rate=60)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    of_client = {"of": "client", "tyk_developer_email": "dev@client.test"}
    client = write_client(gateway, api, gold, meta_data=of_client)["client_id"]
    user = _write_user(gateway, api, gold, alias="user", meta_data={"of": "key"})
    login = {"grant_type": "password", "username": user, "password": PASSWORD}
    token, _ = _tokens(_ask(gateway, api, client, **login, scope="s"), "s")
    expect_passed(call(gateway, api, f"Bearer {token}"), 9, 8)
    inherited = of_client | {"of": "key"}
    _expect_session(gateway, api, token, alias="user", oauth_client_id=client, meta_data=inherited)
    own = {"oauth_keys": {client: token}, "meta_data": {"of": "client"}, "alias": "dev@client.test"}
    _expect_session(gateway, api, user, **own)
    second, _ = _tokens(_ask(gateway, api, client, **login))
    expect_refused(call(gateway, api, f"Bearer {token}"), 403, NOT_AUTHORISED)
    expect_passed(call(gateway, api, f"Bearer {second}"))
    _expect_failure(_ask(gateway, api, client, **{**login, "password": "wrong"}), "access_denied")
    expect_refused(call(gateway, api, f"Bearer {second}"), 403, NOT_AUTHORISED)
    _expect_failure(_ask(gateway, api, client, **{**login, "username": gateway.new_id()}), "access_denied")
    for name in ("username", "password"):
        _expect_failure(_ask(gateway, api, client, **{**login, name: ""}), "invalid_grant")


def _expect_session(gateway: Gateway, api: Api, key: str, **members: Any) -> None:
    exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
    found = {name: exchange.document.get(name) for name in members}
    if found != members:
        raise Mismatch(f"a session with {members}", str(found), exchange)


@behaviour("refresh-tokens-give-tokens")
def test_a_refresh_token_gives_a_token(gateway: Gateway) -> Steps:
    """A refresh token gives its client new tokens once, in place of the old ones, until it is revoked."""
    api = _write_api(gateway)
    gold, (client, other) = yield from loaded_clients(gateway, api, 2)
    user = _write_user(gateway, api, gold)
    login = {"grant_type": "password", "username": user, "password": PASSWORD, "scope": "s"}

    def refreshed(refresh: str, client: str = client, **fields: str) -> Exchange:
        return _ask(gateway, api, client, grant_type="refresh_token", refresh_token=refresh, **fields)

    access, refresh = _tokens(_ask(gateway, api, client, **login), "s")
    _expect_failure(refreshed(refresh, other), "invalid_client")
    new_access, new_refresh = _tokens(refreshed(refresh), "s")
    expect_refused(call(gateway, api, f"Bearer {access}"), 403, NOT_AUTHORISED)
    expect_passed(call(gateway, api, f"Bearer {new_access}"))
    for used in (refresh, ""):
        _expect_failure(refreshed(used), "invalid_grant")
    access, refresh = _tokens(refreshed(new_refresh, scope="t"), "t")
    revoke = f"/{api.id}/oauth/revoke"
    form = [("Content-Type", FORM)]
    for token, hint in ((access, ""), (refresh, "access_token"), (access, "refresh_token")):
        body = f"token={token}" + (f"&token_type_hint={hint}" if hint else "")
        expect_ok(gateway.send("POST", revoke, body, headers=form), REVOKED)
        access, refresh = _tokens(refreshed(refresh), "t")  # it is left
    body = f"token={access}&token_type_hint=access_token"
    expect_ok(gateway.send("POST", revoke, body, headers=form), REVOKED)
    expect_refused(call(gateway, api, f"Bearer {access}"), 403, NOT_AUTHORISED)
    access, refresh = _tokens(refreshed(refresh), "t")
    expect_ok(
        gateway.send("POST", revoke, f"token={refresh}&token_type_hint=refresh_token", headers=form), REVOKED
    )
    expect_passed(call(gateway, api, f"Bearer {access}"))
    _expect_failure(refreshed(refresh), "invalid_grant")
    _, refresh = _tokens(_ask(gateway, api, client, **login), "s")
    expect_ok(gateway.send("POST", revoke, f"token={refresh}", headers=form), REVOKED)
    _expect_failure(refreshed(refresh), "invalid_grant")
    _, refresh = _tokens(_ask(gateway, api, client, **login), "s")
    removal = f"{OAUTH}/refresh/{quote(refresh)}?api_id={api.id}"
    expect_written(gateway.send("DELETE", removal), refresh, "deleted")
    _expect_failure(refreshed(refresh), "invalid_grant")
    _, refresh = _tokens(_ask(gateway, api, client, **login), "s")
    secret = f"client_id={client}&client_secret={SECRET}"
    expect_ok(gateway.send("POST", f"{revoke}_all", secret, headers=form), "tokens revoked successfully")
    _expect_failure(refreshed(refresh), "invalid_grant")


@behaviour("codes-give-tokens")
def test_an_approved_code_gives_a_token(gateway: Gateway) -> Steps:
    """The owner's approval gives a client a code, which gives a token once, or gives the token itself."""
    api = _write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    client = write_client(gateway, api, gold)["client_id"]
    fields = {"response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "state": "st"}
    login = f"/{api.id}/oauth/authorize/?{urlencode(fields)}"
    for method, expected in (("GET", f"{LOGIN}?{urlencode(fields)}"), ("POST", LOGIN)):
        exchange = gateway.send(
            method, login, "" if method == "POST" else None, headers=[("Content-Type", FORM)]
        )
        if (exchange.status, exchange.header("Location")) != (307, expected):
            found = f"{exchange.status} to {exchange.header('Location')}"
            raise Mismatch(f"307 to {expected}", found, exchange)
    unknown = urlencode({**fields, "client_id": gateway.new_id()})
    expect_error(gateway.send("GET", f"/{api.id}/oauth/authorize/?{unknown}", headers=[]), 403, SERVER_ERROR)

    rules = {"org_id": api.org_id, "rate": 9, "per": 60, "access_rights": api.rights, "quota_max": 5}
    for key_rules, limit in ((json.dumps({**rules, "quota_renewal_rate": 60}), 5), ("", -1)):
        answer = _approve(gateway, api, **fields, key_rules=key_rules)
        code = str(answer.get("code", ""))
        if answer != {"code": code, "redirect_to": f"{REDIRECT}?code={code}&state=st", "state": "st"}:
            raise Mismatch("a code, and the redirection with it", str(answer), gateway.exchanges[-1])
        gateway.note_grant(code, client)
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        token, _ = _tokens(_ask(gateway, api, client, **grant))
        expect_passed(call(gateway, api, f"Bearer {token}"), limit)
        _expect_failure(_ask(gateway, api, client, **grant), "invalid_grant")
    stateless = {name: value for name, value in fields.items() if name != "state"}
    answer = _approve(gateway, api, **stateless, key_rules="")
    code = str(answer.get("code", ""))
    gateway.note_grant(code, client)
    if answer != {"code": code, "redirect_to": f"{REDIRECT}?code={code}"}:
        raise Mismatch("a code without a state", str(answer), gateway.exchanges[-1])
    exchange = _ask_approval(gateway, api, {**fields, "client_id": gateway.new_id()})
    refusal = {"error": "server_error", "error_description": SERVER_ERROR, "state": "st"}
    if (exchange.status, exchange.text) != (403, json.dumps(refusal, separators=(",", ":")) + "\n"):
        raise Mismatch(f"403 {refusal}", f"{exchange.status} {exchange.text}", exchange)
    answer = _approve(gateway, api, **{**fields, "response_type": "token"}, key_rules=json.dumps(rules))
    expect_passed(call(gateway, api, f"Bearer {answer.get('access_token')}"), 5, 4)


def _approve(gateway: Gateway, api: Api, **fields: str) -> dict[str, Any]:
    """Approve a client's request with the gateway's secret, which is refused without it."""
    message = "Attempted administrative access with invalid or missing key!"
    expect_error(_ask_approval(gateway, api, fields, with_secret=False), 403, message)
    exchange = _ask_approval(gateway, api, fields)
    if exchange.status != 200:
        raise Mismatch("200, the request is approved", f"{exchange.status} {exchange.text}", exchange)
    answer = json.loads(exchange.text)
    expected = json.dumps(answer, separators=(",", ":")) + "\n"
    if exchange.text != expected:  # & is not escaped here, unlike in other answers
        raise Mismatch(expected, exchange.text, exchange)
    gateway.note_key(str(answer.get("access_token", "")))
    return dict(answer)


def _ask_approval(
    gateway: Gateway, api: Api, fields: dict[str, str], *, with_secret: bool = True
) -> Exchange:
    headers = [("Content-Type", FORM)] + [(gateway.auth.header, gateway.auth.secret)] * with_secret
    return gateway.send("POST", f"/{api.id}/tyk/oauth/authorize-client/", urlencode(fields), headers=headers)


@behaviour("refresh-tokens-may-end-soon", waits=True)
def test_a_refresh_token_ends_as_configured(gateway: Gateway) -> Steps:
    """A refresh token gives no token after the seconds of oauth_refresh_token_expire."""
    seconds = gateway.setting("oauth_refresh_token_expire")
    if seconds > LONGEST_WAIT:
        raise NotApplicable(f"oauth_refresh_token_expire is longer than {LONGEST_WAIT} seconds")
    api = _write_api(gateway)
    gold, (client,) = yield from loaded_clients(gateway, api)

    login = {"grant_type": "password", "username": _write_user(gateway, api, gold), "password": PASSWORD}
    _, refresh = _tokens(_ask(gateway, api, client, **login))
    gateway.get_until("/hello", seconds + 0.5, lambda _: False)  # waits
    _expect_failure(
        _ask(gateway, api, client, grant_type="refresh_token", refresh_token=refresh), "invalid_grant"
    )
