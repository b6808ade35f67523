"""Lists in the definitions of MCP proxies: primitives and methods that they allow and block."""

from __future__ import annotations

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import expect_refused
from contract_tests.gateway.builders.mcp_proxies import (
    DOCS,
    KEYS,
    ON,
    TEXT,
    ask,
    call,
    expect_denied,
    expect_result,
    operation,
    send,
    write_proxy,
)
from contract_tests.gateway.client import Gateway

FORBIDDEN = "Requested endpoint is forbidden"
NOT_LISTED = "access to this resource has been disallowed"
METHOD_NOT_LISTED = "Access to this operation has been disallowed"


@behaviour("mcp-definitions-list-primitives")
def test_definitions_allow_and_block_primitives(gateway: Gateway) -> Steps:
    """A definition blocks primitives whose names begin with a blocked one, and all that it does not allow.

    A resource that a wildcard of the definition covers is judged as that wildcard.
    """
    api = write_proxy(
        gateway, needs_key=False,
        middleware={
            "mcpTools": {"weather": {"allow": ON}, "reset": {"block": ON}},
            "mcpResources": {"file:///keys/*": {"block": ON}, "file:///docs/*": {}, "file:///docs/x": {"block": ON}},
            "mcpPrompts": {"greet": {"block": {"enabled": False}}, "summarise": {"allow": {"enabled": False}}},
        },
    )  # fmt: skip
    yield RELOAD

    for method, name in (
        ("tools/call", "weather"), ("tools/call", "weather-history"), ("prompts/get", "greet"), ("prompts/get", "none"),
        *(("resources/read", name) for name in (*DOCS, "file:///docs/xy")),
    ):  # fmt: skip
        expect_result(ask(gateway, api, method, name))
    for method, name, text in (
        ("tools/call", "reset", FORBIDDEN), ("tools/call", "reset-all", FORBIDDEN),
        ("tools/call", "forecast", NOT_LISTED), ("tools/call", "my-weather", NOT_LISTED),
        ("resources/read", KEYS, FORBIDDEN), ("resources/read", "file:///docs/x", FORBIDDEN),
    ):  # fmt: skip
        expect_denied(ask(gateway, api, method, name), text)


@behaviour("mcp-definitions-list-primitives")
def test_definitions_allow_primitives_of_each_kind(gateway: Gateway) -> Steps:
    """A definition that allows some resources or prompts refuses the others, and lets all tools through."""
    api = write_proxy(
        gateway, needs_key=False,
        middleware={"mcpResources": {"file:///docs/*": {"allow": ON}}, "mcpPrompts": {"greet": {"allow": ON}}},
    )  # fmt: skip
    yield RELOAD

    for method, name in (("resources/read", DOCS[0]), ("prompts/get", "greet"), ("tools/call", "reset")):
        expect_result(ask(gateway, api, method, name))
    for method, name in (("resources/read", KEYS), ("prompts/get", "summarise")):
        expect_denied(ask(gateway, api, method, name), NOT_LISTED)


@behaviour("mcp-definitions-list-methods")
def test_definitions_allow_and_block_methods(gateway: Gateway) -> Steps:
    """A definition whose paths are internal ones of methods blocks some methods, and all that it does not allow."""
    operations = {"tools/list": "allow", "tools/call": "allow", "ping": "block"}
    paths = {f"/json-rpc-method:{name}": operation(f"json-rpc-method:{name}") for name in operations}
    settings = {f"json-rpc-method:{name}": {effect: ON} for name, effect in operations.items()}
    api = write_proxy(gateway, needs_key=False, paths=paths, middleware={"operations": settings})
    yield RELOAD

    expect_result(ask(gateway, api, "tools/list"))
    expect_result(call(gateway, api, "weather"))
    expect_denied(ask(gateway, api, "ping"), FORBIDDEN)
    for method, name in (("prompts/list", ""), ("prompts/get", "greet"), ("initialize", "")):
        expect_denied(ask(gateway, api, method, name), METHOD_NOT_LISTED)


@behaviour("mcp-definitions-list-methods")
def test_paths_named_as_methods_are_internal(gateway: Gateway) -> Steps:
    """A path of the definition that is named as a method is its internal path, which no client may ask for."""
    operations = {"call": {"allow": ON}, "read": {"block": ON}}
    paths = {"/tools/call": operation("call"), "/resources/read": operation("read")}
    api = write_proxy(gateway, needs_key=False, paths=paths, middleware={"operations": operations})
    yield RELOAD

    expect_result(call(gateway, api, "weather"))
    expect_denied(ask(gateway, api, "resources/read", DOCS[0]), FORBIDDEN)
    expect_denied(ask(gateway, api, "prompts/get", "greet"), METHOD_NOT_LISTED)
    expect_refused(send(gateway, api, "x", kind=TEXT, path="tools/call"), 403, FORBIDDEN)
