"""OAuth 2.0: clients with a policy, the tokens they get, and what becomes of them."""

from __future__ import annotations

import base64
from typing import Any

from contract_tests.apis import Api, api, call, expect_passed, expect_refused, needs_plain_keys, policy
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.checks import Mismatch, expect_error, expect_json, expect_written
from contract_tests.exchange import Exchange
from contract_tests.gateway import Gateway
from contract_tests.ownership import CLIENTS

NOT_AUTHORISED = "Key not authorised"
FORM = "application/x-www-form-urlencoded"


def oauth_api(gateway: Gateway) -> Api:
    """Write an API whose clients get tokens by their credentials."""
    return api(gateway, use_oauth2=True, oauth_meta={"allowed_access_types": ["client_credentials"]})


def client(gateway: Gateway, made: Api, policy_id: str) -> dict[str, Any]:
    """Make a client with a policy; return what is answered of it."""
    name = gateway.new_id()
    sent = {"client_id": name, "redirect_uri": "http://client.test/", "policy_id": policy_id, "secret": "s1"}
    exchange = gateway.send("POST", f"{CLIENTS}/create", {**sent, "api_id": made.id})
    whole = {**sent, "meta_data": None, "description": ""}
    expect_json(exchange, 200, whole)
    return whole


def ask(gateway: Gateway, made: Api, name: str, secret: str) -> Exchange:
    """Ask for a token by a client's credentials."""
    credential = base64.b64encode(f"{name}:{secret}".encode()).decode()
    headers = [("Content-Type", FORM), ("Authorization", f"Basic {credential}")]
    exchange = gateway.send(
        "POST", f"/{made.id}/oauth/token/", "grant_type=client_credentials", headers=headers
    )
    if isinstance(exchange.json, dict):
        gateway.target.own.note_key(str(exchange.json.get("access_token", "")))
    return exchange


def granted(gateway: Gateway, made: Api, name: str) -> str:
    """A token of a client."""
    exchange = ask(gateway, made, name, "s1")
    found = exchange.json if isinstance(exchange.json, dict) else {}
    if exchange.status != 200 or found.get("token_type") != "bearer" or "access_token" not in found:
        raise Mismatch("200 with a bearer token", f"{exchange.status} {exchange.text[:200]}", exchange)
    return str(found["access_token"])


@behaviour("oauth-clients-are-kept")
def test_clients_are_kept(gateway: Gateway) -> Steps:
    """A client is made, read, listed, changed but for its secret, and removed."""
    made = oauth_api(gateway)
    gold, silver = policy(gateway, made), policy(gateway, made)
    elsewhere = policy(gateway, made, access_rights={"bills": {"api_id": "bills", "versions": ["Default"]}})
    yield RELOAD

    whole = client(gateway, made, gold)
    path = f"{CLIENTS}/{made.id}/{whole['client_id']}"
    expect_json(gateway.send("GET", path), 200, whole)
    expect_json(gateway.send("GET", f"{CLIENTS}/{made.id}"), 200, [whole])
    changed = {**whole, "policy_id": silver, "redirect_uri": "http://new.test/"}
    expect_json(gateway.send("PUT", path, {**changed, "secret": "other"}), 200, changed)
    expect_json(gateway.send("GET", path), 200, changed)
    nowhere = gateway.new_id()
    expect_error(gateway.send("PUT", path, {**whole, "policy_id": nowhere}), 404, "Policy doesn't exist")
    told = "Policy access rights doesn't contain API this OAuth client belongs to"
    expect_error(gateway.send("PUT", path, {**whole, "policy_id": elsewhere}), 400, told)
    expect_written(gateway.send("DELETE", path), whole["client_id"], "deleted")
    expect_error(gateway.send("GET", path), 404, "OAuth Client ID not found")


@behaviour("oauth-clients-get-tokens")
def test_a_client_gets_a_token(gateway: Gateway) -> Steps:
    """Credentials give a token that passes with the limits of the client's policy."""
    made = oauth_api(gateway)
    gold = policy(gateway, made, quota_max=100, quota_renewal_rate=60)
    yield RELOAD

    name = client(gateway, made, gold)["client_id"]
    token = granted(gateway, made, name)
    expect_passed(call(gateway, made, f"Bearer {token}"), 100, 99)
    expect_refused(call(gateway, made, "Bearer rubbish"), 403, NOT_AUTHORISED)
    expect_refused(call(gateway, made, token), 400, "Authorization field missing")


@behaviour("revoked-tokens-do-not-pass")
def test_a_revoked_token_does_not_pass(gateway: Gateway) -> Steps:
    """A token that was revoked is refused at once."""
    made = oauth_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    needs_plain_keys(gateway, made, gold)
    token = granted(gateway, made, client(gateway, made, gold)["client_id"])
    expect_passed(call(gateway, made, f"Bearer {token}"))
    gateway.send("POST", f"/{made.id}/oauth/revoke", f"token={token}", headers=[("Content-Type", FORM)])
    expect_refused(call(gateway, made, f"Bearer {token}"), 403, NOT_AUTHORISED)


@behaviour("oauth-credentials-are-checked")
def test_wrong_credentials_give_no_token(gateway: Gateway) -> Steps:
    """A wrong secret is unauthorized_client, an unknown client server_error, both 403."""
    made = oauth_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    name = client(gateway, made, gold)["client_id"]
    for exchange, told in (
        (ask(gateway, made, name, "wrong"), "unauthorized_client"),
        (ask(gateway, made, gateway.new_id(), "s1"), "server_error"),
    ):
        found = exchange.json if isinstance(exchange.json, dict) else {}
        if (exchange.status, found.get("error")) != (403, told):
            raise Mismatch(
                f"403 with the error {told!r}", f"{exchange.status} {exchange.text[:200]}", exchange
            )


@behaviour("oauth-tokens-need-their-policy")
def test_a_token_needs_its_policy(gateway: Gateway) -> Steps:
    """A token whose policy is gone is refused, and none is given any more."""
    made = oauth_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    name = client(gateway, made, gold)["client_id"]
    token = granted(gateway, made, name)
    expect_passed(call(gateway, made, f"Bearer {token}"))
    gateway.delete(gold)
    yield RELOAD

    expect_refused(call(gateway, made, f"Bearer {token}"), 403, NOT_AUTHORISED)
    exchange = ask(gateway, made, name, "s1")
    if exchange.status != 403:
        raise Mismatch("403, no token", f"{exchange.status} {exchange.text[:200]}", exchange)
