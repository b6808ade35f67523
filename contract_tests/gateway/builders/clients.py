"""OAuth clients that a test writes, and requests for their tokens."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from contract_tests.engine.checks import Mismatch, expect_json, shorten
from contract_tests.engine.declaration import RELOAD
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, needs_plain_keys, write_api, write_policy
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CLIENTS

SECRET = "s1"
GRANT = "grant_type=client_credentials"
FORM = "application/x-www-form-urlencoded"


def write_oauth_api(gateway: Gateway) -> Api:
    """Write an API whose clients get tokens by their credentials."""
    return write_api(gateway, use_oauth2=True, oauth_meta={"allowed_access_types": ["client_credentials"]})


def loaded_clients(
    gateway: Gateway, api: Api, number: int = 1
) -> Generator[object, None, tuple[str, list[str]]]:
    """Have an API loaded with a policy; return the ids of the policy and of new clients with it.

    Raises:
        NotApplicable: the gateway hashes keys.
    """
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    return gold, [write_client(gateway, api, gold)["client_id"] for _ in range(number)]


def write_client(gateway: Gateway, api: Api, policy_id: str, **members: Any) -> dict[str, Any]:
    """Create a client with a policy; return the client of the answer."""
    name = gateway.new_id()
    body = {
        "client_id": name,
        "redirect_uri": "http://client.test/",
        "policy_id": policy_id,
        "secret": SECRET,
        **members,
    }
    exchange = gateway.send("POST", f"{CLIENTS}/create", {**body, "api_id": api.id})
    client = {**body, "meta_data": members.get("meta_data"), "description": ""}
    expect_json(exchange, 200, client)
    return client


def basic_auth(name: str, secret: str) -> str:
    """The value of an Authorization header with a client's credentials."""
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"


def request_token(gateway: Gateway, api: Api, name: str, secret: str) -> Exchange:
    """Request a token with a client's credentials."""
    headers = [("Content-Type", FORM), ("Authorization", basic_auth(name, secret))]
    exchange = gateway.send("POST", f"/{api.id}/oauth/token/", GRANT, headers=headers)
    if isinstance(exchange.json, dict):
        gateway.note_key(str(exchange.json.get("access_token", "")))
    return exchange


def get_token(gateway: Gateway, api: Api, name: str, secret: str = SECRET) -> str:
    """A new token of a client.

    Raises:
        Mismatch: the answer has no bearer token.
    """
    exchange = request_token(gateway, api, name, secret)
    answer = exchange.document
    if exchange.status != 200 or answer.get("token_type") != "bearer" or "access_token" not in answer:
        raise Mismatch(
            "200 with a bearer token", f"{exchange.status} {shorten(exchange.text, 200)}", exchange
        )
    return str(answer["access_token"])


def send_form(gateway: Gateway, path: str, form: str | bytes) -> Exchange:
    """POST a form with the gateway's secret."""
    headers = [(gateway.auth.header, gateway.auth.secret), ("Content-Type", FORM)]
    return gateway.send("POST", path, form, headers=headers)
