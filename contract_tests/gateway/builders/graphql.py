"""APIs with GraphQL that a test writes, queries to them, and checks of their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, definition, expect_passed, write_api, write_policy
from contract_tests.gateway.client import Gateway

SCHEMA = """
type Query { hero(id: ID): Character droid(name: String!): Droid ping: String! search: [Result] }
type Mutation { save(name: String!): Character }
interface Character { name: String friends: [Character] }
type Droid implements Character { name: String friends: [Character] model: String home: Planet }
type Human implements Character { name: String friends: [Character] height: Float }
type Planet { name: String droids: [Droid] }
union Result = Droid | Human
"""
EXECUTED = "2"  # the version of a configuration whose queries the gateway executes


def write_graphql_api(gateway: Gateway, version: str = "1", target: str = "", **members: Any) -> Api:
    """Write an API with GraphQL of the schema above; `target` replaces the URL of its upstream."""
    settings = {"enabled": True, "execution_mode": "proxyOnly", "version": version, "schema": SCHEMA}
    document = {**definition(gateway), "graphql": settings, **members}
    if target:
        document["proxy"] = {**document["proxy"], "target_url": target}
    return write_api(gateway, **document)


def write_graphql_policy(
    gateway: Gateway, api: Api, right: dict[str, Any] | None = None, **members: Any
) -> str:
    """Write a policy whose right to the API has further members; return its id."""
    rights = {api.id: {**api.rights[api.id], **(right or {})}}
    return write_policy(gateway, api, **{"access_rights": rights, **members})


def ask(gateway: Gateway, api: Api, credential: str, query: str, **members: Any) -> Exchange:
    """Send a query to an API, with further members of a GraphQL request."""
    return ask_raw(gateway, api, credential, json.dumps({"query": query, **members}))


def ask_raw(gateway: Gateway, api: Api, credential: str, body: str) -> Exchange:
    """Send a body to an API."""
    headers = [("Authorization", credential)] if credential else []
    return gateway.send("POST", f"/{api.id}/", body, headers=headers)


def expect_invalid(exchange: Exchange, *messages: str, path: Sequence[str] = ()) -> None:
    """Expect 400 with these errors of a query; the first has this path."""
    errors = exchange.document.get("errors", [])
    actual = [error.get("message") for error in errors if isinstance(error, dict)]
    if exchange.status != 400 or actual != list(messages):
        raise Mismatch(f"400 with the errors {list(messages)}", _shown(exchange), exchange)
    if errors[0].get("path", []) != list(path):
        raise Mismatch(f"the path {list(path)}", _shown(exchange), exchange)


def expect_answer(exchange: Exchange, text: str) -> None:
    """Expect 200 with this body, which a gateway makes, and the headers of a quota."""
    expect_passed(exchange)
    if (exchange.status, exchange.text) != (200, text):
        raise Mismatch(f"200 {text}", _shown(exchange), exchange)


def _shown(exchange: Exchange) -> str:
    return f"{exchange.status} {shorten(exchange.text)}"
