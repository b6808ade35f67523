"""Limits of messages to MCP proxies: of keys, of methods and primitives, and of the proxy."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    Api,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.mcp_proxies import (
    ON,
    PER_HOUR,
    TEXT,
    ask,
    call,
    expect_denied,
    expect_result,
    message,
    send,
    write_proxy,
    write_right,
)
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

TOO_FAST, API_TOO_FAST = "Rate Limit Exceeded", "API Rate Limit Exceeded"


def _limit(rate: float) -> dict[str, float]:
    return {"rate": rate, "per": PER_HOUR}


def _tool(name: str, rate: float) -> dict[str, Any]:
    return {"type": "tool", "name": name, "limit": _limit(rate)}


@behaviour("mcp-messages-count-for-each-path")
def test_a_message_counts_for_each_path(gateway: Gateway) -> Steps:
    """A message counts twice against rate and quota, three times with a primitive, and once if it is denied."""
    api = write_proxy(gateway)
    denied = {"mcp_access_rights": {"tools": {"blocked": ["reset"]}}}
    rate = write_right(gateway, api, denied, rate=6, per=PER_HOUR)
    quota = write_right(gateway, api, denied, quota_max=11, quota_renewal_rate=PER_HOUR)
    yield RELOAD

    key = write_key(gateway, api, rate)
    expect_result(call(gateway, api, "weather", key))
    expect_denied(call(gateway, api, "reset", key), "tool 'reset' is not available")
    expect_result(ask(gateway, api, "ping", key=key))
    expect_refused(send(gateway, api, message("ping"), key, kind=TEXT), 429, TOO_FAST)
    key = write_key(gateway, api, quota)
    for exchange, remaining in (
        (send(gateway, api, message("ping"), key, kind=TEXT), 10),
        (ask(gateway, api, "ping", key=key), 8),
        (call(gateway, api, "weather", key), 5),
    ):
        expect_passed(exchange, 11, remaining)
    expect_denied(call(gateway, api, "reset", key), "tool 'reset' is not available")
    expect_passed(call(gateway, api, "weather", key), 11, 1)
    expect_denied(ask(gateway, api, "ping", key=key), "Quota exceeded")


@behaviour("mcp-messages-count-for-each-path")
def test_a_primitive_that_passes_counts_less(gateway: Gateway) -> Steps:
    """A primitive that passes without authentication is not counted on its path; its message needs a key still."""
    api = write_proxy(gateway, middleware={"mcpTools": {"weather": {"ignoreAuthentication": ON}}})
    gold = write_right(gateway, api, {}, quota_max=20, quota_renewal_rate=PER_HOUR)
    yield RELOAD

    expect_denied(call(gateway, api, "weather"), NEEDS_KEY, 401)
    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, "weather", key), 20, 18)
    expect_passed(call(gateway, api, "reset", key), 20, 15)


@behaviour("mcp-messages-count-for-each-path")
def test_a_message_counts_for_the_proxy_too(gateway: Gateway) -> Steps:
    """The rate of a proxy counts a message once for the request and once for each internal path."""
    limit = {"rateLimit": {"enabled": True, "rate": 4, "per": "1h"}}
    api, other = (write_proxy(gateway, needs_key=False, upstream=limit) for _ in range(2))
    yield RELOAD

    for _ in range(2):
        expect_result(ask(gateway, api, "ping"))
    expect_denied(ask(gateway, api, "ping"), API_TOO_FAST, 429)
    expect_result(call(gateway, other, "weather"))
    expect_denied(call(gateway, other, "weather"), API_TOO_FAST, 429)


@behaviour("mcp-primitives-have-rates")
def test_methods_and_primitives_have_rates(gateway: Gateway) -> Steps:
    """A method, tool, resource or prompt with a limit has a rate of its own; a limit without a rate changes nothing."""
    api = write_proxy(gateway)
    limits = {
        "json_rpc_methods": [
            {"name": "ping", "limit": _limit(2)}, {"name": "initialize", "limit": {"rate": 0, "per": 60}},
        ],
        "mcp_primitives": [
            _tool("weather", 1), _tool("forecast", 2),
            {"type": "resource", "name": "file:///docs/*", "limit": _limit(1)},
            {"type": "prompt", "name": "greet", "limit": _limit(1)},
        ],
    }  # fmt: skip
    gold = write_right(gateway, api, limits)
    slow = write_right(gateway, api, {"json_rpc_methods": limits["json_rpc_methods"]}, rate=2, per=PER_HOUR)
    yield RELOAD

    key = write_key(gateway, api, slow)
    expect_result(ask(gateway, api, "initialize", key=key))
    expect_denied(ask(gateway, api, "initialize", key=key), TOO_FAST, 429)
    key = write_key(gateway, api, gold)
    for method, name, passes in (
        ("ping", "", 2), ("tools/call", "weather", 1), ("tools/call", "forecast", 2), ("prompts/get", "greet", 1),
    ):  # fmt: skip
        for _ in range(passes):
            expect_result(ask(gateway, api, method, name, key))
        expect_denied(ask(gateway, api, method, name, key), TOO_FAST, 429)
    expect_result(ask(gateway, api, "resources/read", "file:///docs/a", key))
    expect_denied(ask(gateway, api, "resources/read", "file:///docs/b", key), TOO_FAST, 429)
    for method, name in (("initialize", ""), ("tools/call", "reset"), ("resources/read", "file:///keys/a")):
        for _ in range(2):
            expect_result(ask(gateway, api, method, name, key))
    expect_result(ask(gateway, api, "ping", key=write_key(gateway, api, gold)))


@behaviour("mcp-rates-are-joined")
def test_rates_of_policies_are_joined(gateway: Gateway) -> Steps:
    """Of several policies the higher rate of a primitive wins, whatever their order."""
    api = write_proxy(gateway)
    one = write_right(gateway, api, {"mcp_primitives": [_tool("weather", 1), _tool("forecast", 1)]})
    two = write_right(gateway, api, {"mcp_primitives": [_tool("weather", 2)]})
    yield RELOAD

    for policies in ((one, two), (two, one)):
        key = write_key(gateway, api, *policies)
        for name, passes in (("weather", 2), ("forecast", 1)):
            for _ in range(passes):
                expect_result(call(gateway, api, name, key))
            expect_denied(call(gateway, api, name, key), TOO_FAST, 429)


@behaviour("mcp-definitions-limit-primitives")
def test_definitions_limit_primitives(gateway: Gateway) -> Steps:
    """A limit in the definition is shared by all clients, and by primitives whose names begin with its own."""
    rates = {"weather": (True, 2), "forecast": (False, 1)}
    tools = {
        name: {"rateLimit": {"enabled": enabled, "rate": rate, "per": "1h"}}
        for name, (enabled, rate) in rates.items()
    }
    api = write_proxy(gateway, needs_key=False, middleware={"mcpTools": tools})
    yield RELOAD

    for name in ("weather", "weather-history"):
        expect_result(call(gateway, api, name))
    for name in ("weather", "weather-history"):
        expect_denied(call(gateway, api, name), API_TOO_FAST, 429)
    for name in ("forecast", "forecast", "reset"):
        expect_result(call(gateway, api, name))


@behaviour("mcp-rates-are-stored")
def test_rates_are_stored_as_endpoints(gateway: Gateway) -> Steps:
    """Each counted message to a key with rights of its own stores the limits of its primitives as endpoints.

    Such a key cannot be written back as it is read, for rights to MCP proxies have no endpoints.
    """
    api = write_proxy(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, "a gateway that hashes keys keeps such a session in its cache")
    right = {**api.rights[api.id], "mcp_primitives": [_tool("weather", 9)]}
    key = write_key(gateway, api, access_rights={api.id: right}, quota_max=50, quota_renewal_rate=PER_HOUR)
    _expect_endpoints(gateway, api, key, 0)
    for number in (1, 2):
        expect_result(call(gateway, api, "weather", key))
        read = _expect_endpoints(gateway, api, key, number)
    message = (
        f'HTTP/REST and GraphQL fields cannot be configured on MCP Proxies, API "{api.id}" is an MCP Proxy'
    )
    expect_error(gateway.send("PUT", f"{KEYS}/{key}", read.text), 400, message)


def _expect_endpoints(gateway: Gateway, api: Api, key: str, number: int) -> Exchange:
    """Read a key; expect that the stored right to the proxy has this number of equal endpoints for the tool weather."""
    exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
    right = exchange.object_at("access_rights", api.id)
    endpoint = {"path": "/mcp-tool:weather", "methods": [{"name": "POST", "limit": _limit(9)}]}
    if (right.get("endpoints") or []) != [endpoint] * number:
        raise Mismatch(f"{number} endpoints {endpoint}", shorten(str(right.get("endpoints"))), exchange)
    return exchange
