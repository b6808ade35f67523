"""Rights to the methods and primitives of MCP proxies: calls, lists, and the definition of the proxy."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import write_key
from contract_tests.gateway.builders.mcp_proxies import (
    DOCS,
    KEYS,
    ON,
    TEXT,
    ask,
    call,
    expect_denied,
    expect_items,
    expect_result,
    message,
    operation,
    send,
    write_proxy,
    write_right,
)
from contract_tests.gateway.client import Gateway

ALL_TOOLS = ["weather", "weather-history", "forecast", "reset"]
RIGHTS: dict[str, Any] = {
    "tools": {"allowed": ["weather", "fore.*"], "blocked": ["weather-history"]},
    "resources": {"blocked": ["file:///keys/.*"]},
    "prompts": {"allowed": ["greet"]},
}
PRIMITIVES = (  # that these rights grant, and others
    ("tools/call", "tool", ["weather", "forecast"], ["weather-history", "reset", "weatherX"]),
    ("resources/read", "resource", DOCS, [KEYS]),
    ("prompts/get", "prompt", ["greet"], ["summarise"]),
)
LISTS = (  # the methods of lists, their members, and what these rights leave of the upstream's lists
    ("tools/list", "tools", ["weather", "forecast"]),
    ("resources/list", "resources", DOCS),
    ("resources/templates/list", "resourceTemplates", ["file:///docs/{name}"]),
    ("prompts/list", "prompts", ["greet"]),
)
METHODS: dict[str, Any] = {"allowed": ["initialize", "tools/.*", "prompts/list"], "blocked": ["tools/call"]}


@behaviour("mcp-primitives-follow-rights")
def test_rights_decide_on_primitives(gateway: Gateway) -> Steps:
    """A blocked tool, resource or prompt, or one that is not among the allowed ones, is not available."""
    api = write_proxy(gateway)
    gold, empty = write_right(gateway, api, {"mcp_access_rights": RIGHTS}), write_right(gateway, api, {})
    yield RELOAD

    key, free = write_key(gateway, api, gold), write_key(gateway, api, empty)
    for method, kind, granted, denied in PRIMITIVES:
        for name in granted:
            expect_result(ask(gateway, api, method, name, key))
        for name in denied:
            expect_denied(ask(gateway, api, method, name, key), f"{kind} '{name}' is not available")
            expect_result(ask(gateway, api, method, name, free))
    for method in ("initialize", "ping"):
        expect_result(ask(gateway, api, method, key=key))
    expect_result(send(gateway, api, message("tools/call", "reset"), key, kind=TEXT))


@behaviour("mcp-primitives-follow-rights")
def test_a_keys_own_rights_decide_on_primitives(gateway: Gateway) -> Steps:
    """The rights of a key without a policy decide as those of a policy do."""
    api = write_proxy(gateway)
    yield RELOAD

    right = {
        **api.rights[api.id],
        "mcp_access_rights": RIGHTS,
        "json_rpc_methods_access_rights": {"blocked": ["ping"]},
    }
    key = write_key(gateway, api, access_rights={api.id: right})
    expect_result(call(gateway, api, "weather", key))
    expect_denied(call(gateway, api, "reset", key), "tool 'reset' is not available")
    expect_denied(ask(gateway, api, "ping", key=key), "method 'ping' is not available")


@behaviour("mcp-methods-follow-rights")
def test_rights_decide_on_methods(gateway: Gateway) -> Steps:
    """A blocked method, or one that is not among the allowed ones, is not available, and is refused first."""
    api = write_proxy(gateway)
    lists = {
        "json_rpc_methods_access_rights": METHODS,
        "mcp_access_rights": {"prompts": {"allowed": ["none"]}},
    }
    gold = write_right(gateway, api, lists)
    yield RELOAD

    key = write_key(gateway, api, gold)
    for method in ("initialize", "tools/list", "prompts/list"):
        expect_result(ask(gateway, api, method, key=key))
    for method, name in (
        ("ping", ""),
        ("tools/call", "weather"),
        ("prompts/get", "greet"),
        ("resources/list", ""),
    ):
        expect_denied(ask(gateway, api, method, name, key), f"method '{method}' is not available")
    expect_result(send(gateway, api, message("ping"), key, kind=TEXT))


@behaviour("mcp-rights-are-expressions")
def test_names_in_rights_are_expressions(gateway: Gateway) -> Steps:
    """An expression matches a whole name in its case, and one that does not compile matches itself."""
    api = write_proxy(gateway)
    cases = (
        ({"allowed": ["weather|forecast"]}, ["weather", "forecast"], ["weather-history", "reset"]),
        ({"blocked": ["w.*"]}, ["forecast", "(", "a-weather"], ["weather", "weather-history"]),
        ({"allowed": ["("]}, ["("], ["weather"]),
        ({"allowed": ["(", "reset"], "blocked": ["rese."]}, ["("], ["reset"]),
        ({"blocked": ["WEATHER", "(?i)FORECAST"]}, ["weather"], ["forecast"]),
    )
    policies = [write_right(gateway, api, {"mcp_access_rights": {"tools": lists}}) for lists, *_ in cases]
    yield RELOAD

    for policy, (_, granted, denied) in zip(policies, cases, strict=True):
        key = write_key(gateway, api, policy)
        for name in granted:
            expect_result(call(gateway, api, name, key))
        for name in denied:
            expect_denied(call(gateway, api, name, key), f"tool '{name}' is not available")


@behaviour("mcp-rights-are-joined")
def test_rights_of_policies_are_joined(gateway: Gateway) -> Steps:
    """What one of several policies allows is allowed, what one blocks is blocked, and no list grants nothing more."""
    api = write_proxy(gateway)
    one = write_right(
        gateway, api,
        {
            "mcp_access_rights": {"tools": {"allowed": ["weather", "forecast"]}, "prompts": {"allowed": ["greet"]}},
            "json_rpc_methods_access_rights": {"allowed": ["tools/.*"]},
        },
    )  # fmt: skip
    two = write_right(
        gateway, api,
        {
            "mcp_access_rights": {"tools": {"allowed": ["reset"], "blocked": ["forecast"]}},
            "json_rpc_methods_access_rights": {"allowed": ["prompts/.*", "ping"], "blocked": ["tools/list"]},
        },
    )  # fmt: skip
    free = write_right(gateway, api, {})
    yield RELOAD

    for policies in ((one, two), (two, one)):
        key = write_key(gateway, api, *policies)
        for name in ("weather", "reset"):
            expect_result(call(gateway, api, name, key))
        for name in ("forecast", "weather-history"):
            expect_denied(call(gateway, api, name, key), f"tool '{name}' is not available")
        expect_result(ask(gateway, api, "prompts/get", "greet", key))
        expect_denied(
            ask(gateway, api, "prompts/get", "summarise", key), "prompt 'summarise' is not available"
        )
        expect_result(ask(gateway, api, "ping", key=key))
        for method in ("tools/list", "resources/list"):
            expect_denied(ask(gateway, api, method, key=key), f"method '{method}' is not available")
    key = write_key(gateway, api, one, free)
    expect_denied(call(gateway, api, "reset", key), "tool 'reset' is not available")
    expect_denied(ask(gateway, api, "ping", key=key), "method 'ping' is not available")


@behaviour("mcp-lists-follow-rights")
def test_lists_show_what_may_be_used(gateway: Gateway) -> Steps:
    """A list has the items that the rights grant, and those without a name; other answers stay as they are."""
    api = write_proxy(gateway)
    gold, empty = write_right(gateway, api, {"mcp_access_rights": RIGHTS}), write_right(gateway, api, {})
    yield RELOAD

    key, free = write_key(gateway, api, gold), write_key(gateway, api, empty)
    for method, member, names in LISTS:
        expect_items(ask(gateway, api, method, key=key), member, names)
    tools = ask(gateway, api, "tools/list", key=key)
    schema = '"inputSchema":{"type":"object"}'
    listed = ",".join(
        f'{{"name":"{name}","description":"\\u003c{name}\\u003e",{schema}}}'
        for name in ("weather", "forecast")
    )
    expected = f'{{"nextCursor":"next","tools":[{listed},{{"description":"a tool without a name"}}]}}'
    if tools.text != f'{{"jsonrpc":"2.0","id":1,"result":{expected}}}':
        raise Mismatch(f"the result {expected}", shorten(tools.text), tools)
    for exchange in (
        ask(gateway, api, "tools/list", key=free),
        send(gateway, api, message("tools/list"), key, kind=TEXT),
    ):
        expect_items(exchange, "tools", ALL_TOOLS)


@behaviour("mcp-streams-follow-rights")
def test_lists_in_streams_show_what_may_be_used(gateway: Gateway) -> Steps:
    """In an event stream each list has what the rights grant, also in the answer to what is no message."""
    api = write_proxy(gateway, path="mcp-stream")
    gold, empty = write_right(gateway, api, {"mcp_access_rights": RIGHTS}), write_right(gateway, api, {})
    yield RELOAD

    key, free = write_key(gateway, api, gold), write_key(gateway, api, empty)
    for method, member, names in LISTS:
        for exchange in (
            ask(gateway, api, method, key=key),
            send(gateway, api, message(method), key, kind=TEXT),
        ):
            expect_items(exchange, member, names, _result_of_event(exchange))
    exchange = ask(gateway, api, "tools/list", key=free)
    expect_items(exchange, "tools", ALL_TOOLS, _result_of_event(exchange))
    call_result = _result_of_event(call_exchange := call(gateway, api, "weather", key))
    if call_result != {"content": [{"type": "text", "text": "weather was called"}]}:
        raise Mismatch("the upstream's event", shorten(call_exchange.text), call_exchange)


@behaviour("mcp-lists-follow-definitions")
def test_lists_show_what_the_definition_allows(gateway: Gateway) -> Steps:
    """A list has what the definition allows; with rights, what both allow; `*` stands for any text in a name."""
    middleware = {
        "mcpTools": {"weather": {"allow": ON}, "forecast": {"allow": ON}},
        "mcpResources": {"file:///keys/*": {"block": ON}},
    }
    api, closed = (
        write_proxy(gateway, needs_key=needs_key, middleware=middleware) for needs_key in (False, True)
    )
    gold = write_right(gateway, closed, {"mcp_access_rights": {"tools": {"allowed": ["weather", "reset"]}}})
    yield RELOAD

    expect_items(ask(gateway, api, "tools/list"), "tools", ["weather", "forecast"])
    expect_items(ask(gateway, api, "resources/list"), "resources", DOCS)
    expect_items(ask(gateway, api, "resources/templates/list"), "resourceTemplates", ["file:///docs/{name}"])
    expect_items(ask(gateway, api, "prompts/list"), "prompts", ["greet", "summarise"])
    expect_items(
        ask(gateway, closed, "tools/list", key=write_key(gateway, closed, gold)), "tools", ["weather"]
    )


@behaviour("mcp-capabilities-follow-rights")
def test_capabilities_follow_rights(gateway: Gateway) -> Steps:
    """The answer to initialize lacks each capability with a method that the rights or the definition deny."""
    api, stream = write_proxy(gateway), write_proxy(gateway, path="mcp-stream")
    lists = {"json_rpc_methods_access_rights": {"blocked": ["resources/list", "sampling/create"]}}
    policies = [write_right(gateway, proxy, lists) for proxy in (api, stream)]
    paths = {"/json-rpc-method:prompts/get": operation("json-rpc-method:prompts/get")}
    defined = write_proxy(
        gateway, needs_key=False, paths=paths,
        middleware={"operations": {"json-rpc-method:prompts/get": {"block": ON}}},
    )  # fmt: skip
    yield RELOAD

    for proxy, policy in zip((api, stream), policies, strict=True):
        exchange = ask(gateway, proxy, "initialize", key=write_key(gateway, proxy, policy))
        _expect_capabilities(exchange, ["logging", "prompts", "tools"])
    _expect_capabilities(ask(gateway, defined, "initialize"), ["logging", "resources", "sampling", "tools"])


def _expect_capabilities(exchange: Exchange, names: list[str]) -> None:
    result = exchange.document.get("result") or _result_of_event(exchange)
    capabilities = result.get("capabilities") if isinstance(result, dict) else None
    if not isinstance(capabilities, dict) or sorted(capabilities) != names:
        raise Mismatch(f"the capabilities {names}", shorten(exchange.text), exchange)


def _result_of_event(exchange: Exchange) -> Any:
    """The result in the first event of a stream; None if there is none."""
    lines = [line for line in exchange.text.split("\n") if line.startswith("data: ")]
    try:
        return json.loads(lines[0].removeprefix("data: "))["result"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None
