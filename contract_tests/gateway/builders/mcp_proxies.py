"""MCP proxies that a test writes, messages to them, and checks of the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, needs_own_upstream, write_policy
from contract_tests.gateway.builders.open_apis import EXTENSION, TOKENS, document
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import MCPS

JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain")
CODES = {400: -32600, 401: -32001, 403: -32002, 404: -32601, 429: -32003, 500: -32603}  # of errors, by status
ON = {"enabled": True}
PER_HOUR = 3600
DOCS, KEYS = ["file:///docs/a", "file:///docs/b"], "file:///keys/a"  # resources of the suite's upstream
_NAMES = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_ITEMS = {"tools": "name", "prompts": "name", "resources": "uri", "resourceTemplates": "uriTemplate"}


def write_proxy(
    gateway: Gateway,
    *,
    path: str = "mcp",
    needs_key: bool = True,
    schemes: Mapping[str, Any] = TOKENS,
    settings: dict[str, Any] | None = None,
    middleware: Mapping[str, Any] | None = None,
    upstream: Mapping[str, Any] = MappingProxyType({}),
    paths: Mapping[str, Any] = MappingProxyType({}),
) -> Api:
    """Write an MCP proxy for the suite's upstream, which speaks MCP at the path `mcp`.

    Raises:
        NotApplicable: the gateway has no Redis, or cannot reach the suite's upstream.
    """
    needs_store(gateway)
    needs_own_upstream(gateway)
    own: dict[str, Any] = {"schemes": schemes, "settings": settings}
    sent = document(gateway, **(own if needs_key else {"schemes": {}, "settings": {}, "security": []}))
    part = sent[EXTENSION]
    if not needs_key:
        del part["server"]["authentication"], sent["security"]
    part["upstream"] = {"url": part["upstream"]["url"] + path, **upstream}
    sent["paths"] = dict(paths)
    if middleware is not None:
        part["middleware"] = middleware
    name = str(part["info"]["id"])
    expect_written(gateway.send("POST", MCPS, sent), name, "added")
    return Api(name, part["info"]["orgId"])


def operation(identifier: str) -> dict[str, Any]:
    """The item of a path in a definition whose POST has this operation id."""
    return {"post": {"operationId": identifier, "responses": {"200": {"description": identifier}}}}


def write_right(gateway: Gateway, api: Api, right: Mapping[str, Any], **members: Any) -> str:
    """Write a policy whose right to the proxy has these members; return its id."""
    return write_policy(gateway, api, access_rights={api.id: {**api.rights[api.id], **right}}, **members)


def send(
    gateway: Gateway, api: Api, body: Any, key: str = "", *, kind: tuple[str, str] = JSON, path: str = ""
) -> Exchange:
    """POST a body to a proxy, without the gateway's secret."""
    headers = [kind, *([("Authorization", key)] if key else [])]
    return gateway.send("POST", f"/{api.id}/{path}", body, headers=headers)


def message(method: str, name: str = "") -> dict[str, Any]:
    """A message whose method takes the name of a primitive, if one is given."""
    params = {"params": {_NAMES[method]: name}} if name else {}
    return {"jsonrpc": "2.0", "id": 1, "method": method, **params}


def ask(gateway: Gateway, api: Api, method: str, name: str = "", key: str = "") -> Exchange:
    """Send a message to a proxy."""
    return send(gateway, api, message(method, name), key)


def call(gateway: Gateway, api: Api, tool: str, key: str = "") -> Exchange:
    """Send a message that calls a tool."""
    return ask(gateway, api, "tools/call", tool, key)


def expect_result(exchange: Exchange) -> None:
    """Expect the upstream's answer to a message, with a result."""
    if exchange.status != 200 or "result" not in exchange.document:
        raise Mismatch("200 with a result", f"{exchange.status} {shorten(exchange.text)}", exchange)


def expect_denied(exchange: Exchange, text: str, status: int = 403) -> None:
    """Expect an error of the gateway itself in the form of JSON-RPC, for a message with the id 1."""
    error = f'{{"code":{CODES[status]},"message":"{text}","data":{{"http_code":{status}}}}}'
    expect(exchange, status, f'{{"jsonrpc":"2.0","error":{error},"id":1}}')


def expect_items(exchange: Exchange, member: str, names: Sequence[str], result: Any = None) -> None:
    """Expect a list whose items have these names in this order; items without a name are passed over."""
    found = result if result is not None else exchange.document.get("result")
    items = found.get(member) if isinstance(found, dict) else None
    listed = [item.get(_ITEMS[member]) for item in items or () if isinstance(item, dict)]
    if exchange.status != 200 or [name for name in listed if name] != list(names):
        raise Mismatch(
            f"200 with {member} {list(names)}", f"{exchange.status} {shorten(exchange.text)}", exchange
        )
