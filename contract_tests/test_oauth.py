"""Traffic with OAuth 2.0: the tokens that clients get, and what becomes of them."""

from __future__ import annotations

from contract_tests.apis import call, expect_passed, expect_refused, needs_plain_keys, policy
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.checks import Mismatch
from contract_tests.clients import FORM, ask, client, granted, oauth_api
from contract_tests.gateway import Gateway

NOT_AUTHORISED = "Key not authorised"


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
        found = exchange.document
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
