"""APIs in OpenAPI form that a test writes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from contract_tests.engine.checks import Mismatch, first_difference, shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, definition
from contract_tests.gateway.builders.jwts import SECRET, encoded_source
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import OPEN_APIS

EXTENSION = "x-tyk-api-gateway"
TOKENS = MappingProxyType({"token": {"type": "apiKey", "in": "header", "name": "Authorization"}})
BASIC = {"users": {"type": "http", "scheme": "basic"}}
JWTS = MappingProxyType({"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}})
DOMAIN = "api.test"  # of an API whose servers are to have no address of the gateway


def document(
    gateway: Gateway,
    *,
    schemes: Mapping[str, Any] = TOKENS,
    settings: dict[str, Any] | None = None,
    security: list[dict[str, Any]] | None = None,
    **authentication: Any,
) -> dict[str, Any]:
    """An API that requires the credentials of all schemes, in the run's organisation.

    `settings` are those of the schemes, by default enabled ones; the other members are of the gateway's part
    about authentication.
    """
    classic = definition(gateway)
    name, proxy = classic["api_id"], classic["proxy"]
    own = settings or {scheme: {"enabled": True} for scheme in schemes}
    return {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1"},
        "paths": {},
        "components": {"securitySchemes": dict(schemes)},
        "security": [{scheme: [] for scheme in schemes}] if security is None else security,
        EXTENSION: {
            "info": {"id": name, "orgId": classic["org_id"], "name": name, "state": {"active": True}},
            "upstream": {"url": proxy["target_url"]},
            "server": {
                "listenPath": {"value": proxy["listen_path"], "strip": True},
                "authentication": {"enabled": True, "securitySchemes": own, **authentication},
            },
        },
    }


def jwt_settings(**members: Any) -> dict[str, Any]:
    """The settings of tokens that are signed with the secret of the suite."""
    source = encoded_source(SECRET.encode())
    place = {"enabled": True, "name": "Authorization"}
    own = {"source": source, "signingMethod": "hmac", "identityBaseField": "sub", "header": place}
    return {"enabled": True, **own, **members}


def write(gateway: Gateway, sent: dict[str, Any], query: str = "") -> Api:
    """Write an API in OpenAPI form.

    Raises:
        NotApplicable: the gateway has no Redis, or loads its APIs from a Dashboard.
    """
    needs_store(gateway)
    exchange = gateway.send("POST", f"{OPEN_APIS}{query}", sent)
    if exchange.status == 500 and "Dashboard" in exchange.text:
        raise NotApplicable("the gateway loads its APIs from a Dashboard")
    info = sent[EXTENSION]["info"]
    expect_written(exchange, info["id"], "added")
    return Api(info["id"], info["orgId"])


def expect_document(exchange: Exchange, expected: dict[str, Any], *, is_public: bool = False) -> None:
    """Expect an API with all members that were written, but without its servers and other own ones."""
    actual = exchange.json
    wanted = {name: value for name, value in expected.items() if name != EXTENSION or not is_public}
    if exchange.status != 200 or not isinstance(actual, dict):
        raise Mismatch("200 with the API", f"{exchange.status} {shorten(exchange.text)}", exchange)
    if is_public and EXTENSION in actual:
        raise Mismatch(f"an API without {EXTENSION}", shorten(exchange.text), exchange)
    if difference := first_difference(wanted, actual):
        raise Mismatch("the API as it was written", difference, exchange)
