"""Requests for another protocol (WebSocket), and the header of a gateway's own errors."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_refused,
    expect_upstream_saw,
    write_api,
    write_open_api,
)
from contract_tests.gateway.builders.graphql import EXECUTED, ask, expect_invalid, write_graphql_api
from contract_tests.gateway.client import Gateway

WEBSOCKET = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
GENERATOR = "X-Generator"
NOT_UPGRADED = (400, "the provided request is empty")


@behaviour("graphql-refuses-websockets")
def test_an_older_graphql_api_refuses_websockets(gateway: Gateway) -> Steps:
    """An API with GraphQL of version 1 answers a request for a WebSocket with 422; another protocol is not looked at."""
    api = write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    for connection in ("Upgrade", "keep-alive, UPGRADE"):
        headers = [("Connection", connection), *WEBSOCKET[1:], ("Sec-WebSocket-Protocol", "graphql-ws")]
        exchange = gateway.send("GET", f"/{api.id}/", headers=headers)
        if connection == "Upgrade" and (exchange.status, exchange.document.get("error")) == NOT_UPGRADED:
            raise NotApplicable("no upgrade arrives at the gateway, as behind a proxy that forwards none")
        expect_refused(exchange, 422, "websockets are not allowed")
    other = gateway.send("GET", f"/{api.id}/", headers=[WEBSOCKET[0], ("Upgrade", "h2c")])
    expect_refused(other, *NOT_UPGRADED)


@behaviour("upgrades-are-passed-on")
def test_upgrades_reach_the_upstream(gateway: Gateway) -> Steps:
    """A request whose Connection is Upgrade alone reaches the upstream with it, and with the protocol in small letters."""
    api = write_open_api(gateway)
    yield RELOAD

    for connection, protocol, passed in (
        ("Upgrade", "WebSocket", "websocket"),
        (" upgrade ", "h2c", "h2c"),
        ("keep-alive, Upgrade", "websocket", None),
    ):
        headers = [("Connection", connection), ("Upgrade", protocol)]
        exchange = gateway.send("GET", f"/{api.id}/a", headers=headers)
        expect_upstream_saw(gateway, exchange, upgrade=passed)


@behaviour("graphql-websockets-have-a-protocol")
def test_a_graphql_websocket_has_a_protocol(gateway: Gateway) -> Steps:
    """An API with GraphQL of version 2 refuses a WebSocket of another protocol than its own with 400."""
    api = write_graphql_api(gateway, EXECUTED, use_keyless=True)
    yield RELOAD

    message = "invalid websocket protocol for upgrading to a graphql websocket connection"
    for headers in (WEBSOCKET, [*WEBSOCKET, ("Sec-WebSocket-Protocol", "chat")]):
        expect_refused(gateway.send("GET", f"/{api.id}/", headers=headers), 400, message)


@behaviour("errors-name-the-generator")
def test_errors_name_the_generator(gateway: Gateway) -> Steps:
    """An error for a request to an API has the header X-Generator; other answers and the errors of a query have none."""
    api, open_api = write_api(gateway), write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    exchange = call(gateway, api)
    expect_refused(exchange, 401, NEEDS_KEY)
    if exchange.header(GENERATOR) != "tyk.io":
        raise Mismatch(f"{GENERATOR}: tyk.io", exchange.header(GENERATOR) or "none", exchange)
    invalid = ask(gateway, open_api, "", "{ nope }")
    expect_invalid(invalid, "field: nope not defined on type: Query", path=["query", "nope"])
    for other in (invalid, ask(gateway, open_api, "", "{ ping }"), gateway.list()):
        if other.header(GENERATOR):
            raise Mismatch(f"no {GENERATOR}", other.header(GENERATOR), other)


@behaviour("generator-may-be-hidden")
def test_the_generator_may_be_hidden(gateway: Gateway) -> Steps:
    """With hide_generator_header an error for a request to an API has no header X-Generator."""
    api = write_api(gateway)
    yield RELOAD

    exchange = call(gateway, api)
    expect_refused(exchange, 401, NEEDS_KEY)
    if exchange.header(GENERATOR):
        raise Mismatch(f"no {GENERATOR}", exchange.header(GENERATOR), exchange)
