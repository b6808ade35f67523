"""Metadata of protected resources, and MCP proxies whose clients have JSON Web Tokens."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.engine.checks import Mismatch, expect
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.jwts import new_user, token
from contract_tests.gateway.builders.mcp_proxies import (
    ask,
    expect_denied,
    expect_result,
    write_proxy,
    write_right,
)
from contract_tests.gateway.builders.mcp_proxies import call as call_tool
from contract_tests.gateway.builders.open_apis import JWTS, document, jwt_settings, write
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import OPEN_APIS

PATH = ".well-known/oauth-protected-resource"
METADATA = {
    "enabled": True, "resource": "https://api.test", "authorizationServers": ["https://login.test"],
    "scopesSupported": ["read"],
}  # fmt: skip


@behaviour("protected-resources-are-described")
def test_an_api_tells_its_metadata(gateway: Gateway) -> Steps:
    """The metadata of an API are told to GET without a credential at their path, and named in its refusals."""
    api = write(gateway, document(gateway, protectedResourceMetadata=METADATA))
    elsewhere = write(
        gateway, document(gateway, protectedResourceMetadata={**METADATA, "wellKnownPath": "meta/data"})
    )
    off = write(gateway, document(gateway, protectedResourceMetadata={**METADATA, "enabled": False}))
    sent = document(gateway, protectedResourceMetadata={"enabled": True})
    refused = gateway.send("POST", OPEN_APIS, sent)
    message = "protectedResourceMetadata.resource is required when enabled"
    expect(refused, 400, f'{{"status":"error","message":"{message}"}}\n')
    gold = write_policy(gateway, api, quota_max=3)
    yield RELOAD

    told = {"resource": "https://api.test", "authorization_servers": ["https://login.test"]}
    text = json.dumps({**told, "scopes_supported": ["read"]}, separators=(",", ":")) + "\n"
    for target, path in ((api, PATH), (elsewhere, "meta/data")):
        expect(call(gateway, target, path=path), 200, text)
        _expect_challenge(gateway, target.id, path)
    for target, path, method in ((api, PATH, "POST"), (elsewhere, PATH, "GET"), (off, PATH, "GET")):
        expect_refused(call(gateway, target, path=path, method=method), 401, NEEDS_KEY)
    expect_passed(call(gateway, api, write_key(gateway, api, gold)), 3, 2)


def _expect_challenge(gateway: Gateway, api_id: str, path: str) -> None:
    exchange = gateway.send("GET", f"/{api_id}/a", headers=[])
    expect_refused(exchange, 401, NEEDS_KEY)
    challenge = exchange.header("WWW-Authenticate")
    if not challenge.endswith(f'/{api_id}/{path}"'):
        raise Mismatch(f"a challenge that ends with /{api_id}/{path}", repr(challenge), exchange)


@behaviour("mcp-proxies-take-tokens")
def test_an_mcp_proxy_takes_tokens(gateway: Gateway) -> Steps:
    """The policy of a token says which primitives of an MCP proxy it may use; errors are those of JSON-RPC."""
    schemes: dict[str, Any] = {"schemes": JWTS, "settings": {"jwt": jwt_settings(policyFieldName="pol")}}
    api = write_proxy(gateway, **schemes)
    rights = {"mcp_access_rights": {"tools": {"allowed": ["weather"]}}}
    gold = write_right(gateway, api, rights)
    yield RELOAD

    credential = token({"sub": new_user(gateway), "pol": gold})
    expect_result(call_tool(gateway, api, "weather", credential))
    expect_denied(call_tool(gateway, api, "reset", credential), "tool 'reset' is not available")
    expect_denied(ask(gateway, api, "ping"), NEEDS_KEY, 400)
    expect_denied(
        ask(gateway, api, "ping", key=token({"sub": "x", "pol": gold}, "other")), "Key not authorized"
    )
    no_policy = ask(gateway, api, "ping", key=token({"sub": new_user(gateway)}))
    expect_denied(no_policy, "key not authorized: no matching policy found")
    if challenge := no_policy.header("WWW-Authenticate"):
        raise Mismatch("no challenge, for the token itself is right", repr(challenge), no_policy)
