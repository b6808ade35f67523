"""OAuth 2.0 under settings of the gateway: the life of tokens, and the status of errors."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import Steps, behaviour
from contract_tests.gateway.builders.apis import call, expect_passed
from contract_tests.gateway.builders.clients import SECRET, loaded_clients, request_token, write_oauth_api
from contract_tests.gateway.client import Gateway


@behaviour("tokens-may-last-otherwise")
def test_a_token_lasts_as_configured(gateway: Gateway) -> Steps:
    """The answer with a token tells the seconds of oauth_token_expire, and the token passes."""
    api = write_oauth_api(gateway)
    _, (client, other) = yield from loaded_clients(gateway, api, 2)

    for name in (client, other):
        exchange = request_token(gateway, api, name, SECRET)
        if exchange.document.get("expires_in") != gateway.setting("oauth_token_expire"):
            expected = f"expires_in {gateway.setting('oauth_token_expire')}"
            raise Mismatch(expected, shorten(exchange.text), exchange)
        expect_passed(call(gateway, api, f"Bearer {exchange.document.get('access_token')}"))


@behaviour("token-errors-may-have-another-status")
def test_an_error_of_a_token_has_its_status(gateway: Gateway) -> Steps:
    """A refused request for a token is answered with oauth_error_status_code."""
    api = write_oauth_api(gateway)
    _, (client,) = yield from loaded_clients(gateway, api)

    status = gateway.setting("oauth_error_status_code")
    for name, secret in ((client, "wrong"), (client, ""), (gateway.new_id(), SECRET)):
        exchange = request_token(gateway, api, name, secret)
        if exchange.status != status or "error" not in exchange.document:
            raise Mismatch(f"{status} with an error", f"{exchange.status} {shorten(exchange.text)}", exchange)
