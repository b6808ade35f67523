"""Messages to MCP proxies: their form, the way that they take, and the form of refusals."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    Api,
    expect_passed,
    expect_refused,
    write_key,
)
from contract_tests.gateway.builders.mcp_proxies import (
    JSON,
    ON,
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
from contract_tests.gateway.client import Gateway

FORBIDDEN = "Requested endpoint is forbidden"
_PING = message("ping")
_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
_READ = {"jsonrpc": "2.0", "id": 1, "method": "resources/read"}
_PARSE, _REQUEST, _PARAMS = (-32700, "parse error"), (-32600, "invalid request"), (-32602, "invalid params")
BAD_BODIES: list[tuple[str, Any, tuple[int, str], str]] = [  # with the error, and the id in the answer
    ("cut off", "{", _PARSE, "null"),
    ("batch", [_PING], _PARSE, "null"),
    ("more follows", '{"jsonrpc": "2.0", "id": 1, "method": "ping"} x', _PARSE, "null"),
    ("method of a wrong type", {**_PING, "method": 7}, _PARSE, "null"),
    ("null", "null", _REQUEST, "null"),
    ("other version", {**_PING, "jsonrpc": "1.0"}, _REQUEST, "1"),
    ("no method", {"jsonrpc": "2.0", "id": "a"}, _REQUEST, '"a"'),
    ("long id", '{"id": 12345678901234567890, "method": "ping"}', _REQUEST, "12345678901234567000"),
    ("id is an object", {"id": {"b": 1.0, "a": "<"}}, _REQUEST, '{"a":"\\u003c","b":1}'),
    ("no parameters", _CALL, (-32602, "missing required params object"), "1"),
    ("parameters in a list", {**_CALL, "params": []}, (-32602, "invalid params: expected object"), "1"),
    ("no name", {**_CALL, "params": {"uri": "a"}}, (-32602, "missing required parameter: name"), "1"),
    ("empty name", {**_CALL, "params": {"name": ""}}, _PARAMS, "1"),
    ("no URI", {**_READ, "params": {"name": "a"}}, (-32602, "missing required parameter: uri"), "1"),
    ("URI of a wrong type", {**_READ, "params": {"uri": 1}}, _PARAMS, "1"),
]


@behaviour("mcp-messages-reach-the-upstream")
def test_messages_reach_the_upstream(gateway: Gateway) -> Steps:
    """A message reaches the upstream at its path without its query, and any other request as it is."""
    api = write_proxy(gateway, path="base", needs_key=False)
    middleware = {kind: {"reset": {"block": ON}} for kind in ("mcpTools", "mcpResources")}
    with_primitives = write_proxy(gateway, path="base", needs_key=False, middleware=middleware)
    yield RELOAD

    for method, name in (
        ("tools/call", "weather"),
        ("resources/read", "file:///a"),
        ("ping", ""),
        ("no/such", ""),
    ):
        body = message(method, name)
        for proxy in (api, with_primitives):
            _expect_seen(send(gateway, proxy, body, path="deep/path?x=1"), "POST", "/base/deep/path", body)
    _expect_seen(send(gateway, api, _PING, path="?x=1"), "POST", "/base", _PING)
    for kind in (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Type", "application/jsonrpc"),
    ):
        _expect_seen(send(gateway, api, _PING, path="?x=1", kind=kind), "POST", "/base", _PING)
    _expect_seen(send(gateway, api, _PING, path="?x=1", kind=TEXT), "POST", "/base?x=1", _PING)
    _expect_seen(send(gateway, api, "{", kind=TEXT), "POST", "/base", "{")
    for method in ("GET", "DELETE"):
        _expect_seen(gateway.send(method, f"/{api.id}/a?x=1", headers=[]), method, "/base/a?x=1", "")
    put = gateway.send("PUT", f"/{api.id}/a?x=1", _PING, headers=[JSON])
    _expect_seen(put, "PUT", "/base/a?x=1", _PING)


@behaviour("mcp-messages-reach-the-upstream")
def test_answers_come_back(gateway: Gateway) -> Steps:
    """The answer of the upstream comes back with its headers, also to a notification and to other methods."""
    api = write_proxy(gateway, needs_key=False)
    yield RELOAD

    exchange = ask(gateway, api, "initialize")
    expect_result(exchange)
    if exchange.header("Mcp-Session-Id") != "5e55":
        raise Mismatch("the upstream's Mcp-Session-Id", exchange.header("Mcp-Session-Id"), exchange)
    expect_result(call(gateway, api, "weather"))
    unknown = ask(gateway, api, "no/such")
    if unknown.object_at("error").get("message") != "Method not found":
        raise Mismatch("the upstream's error", shorten(unknown.text), unknown)
    notification = send(gateway, api, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    for other, status in ((notification, 202), (gateway.send("DELETE", f"/{api.id}/", headers=[]), 204)):
        if other.status != status:
            raise Mismatch(f"the upstream's {status}", str(other.status), other)


@pytest.mark.parametrize(
    ("body", "error", "identifier"), [pytest.param(*case, id=name) for name, *case in BAD_BODIES]
)
@behaviour("mcp-messages-are-checked")
def test_a_bad_message_is_refused(
    gateway: Gateway, body: Any, error: tuple[int, str], identifier: str
) -> Steps:
    """A body that is no message is answered with 400 and an error of JSON-RPC, whatever the credential."""
    api = write_proxy(gateway)
    yield RELOAD

    code, text = error
    answer = f'{{"jsonrpc":"2.0","error":{{"code":{code},"message":"{text}"}},"id":{identifier}}}\n'
    expect(send(gateway, api, body), 400, answer)
    expect_refused(send(gateway, api, body, kind=TEXT), 401, NEEDS_KEY)


@behaviour("mcp-errors-are-json-rpc")
def test_a_refused_message_is_told_in_json_rpc(gateway: Gateway) -> Steps:
    """A message without a credential that may pass is refused in JSON-RPC with its id, other requests as ever."""
    api, other = write_proxy(gateway), write_proxy(gateway)
    unreachable = write_proxy(gateway, needs_key=False, upstream={"url": "http://127.0.0.1:9/"})
    gold = write_right(gateway, other, {})
    yield RELOAD

    key = write_key(gateway, other, gold)
    for credential, status, text in (
        ("", 401, NEEDS_KEY),
        ("nobody", 403, DISALLOWED),
        (key, 403, DISALLOWED),
    ):
        expect_denied(ask(gateway, api, "ping", key=credential), text, status)
        expect_refused(send(gateway, api, _PING, credential, kind=TEXT), status, text)
        expect_refused(_get(gateway, api, credential), status, text)
    expect_denied(ask(gateway, unreachable, "ping"), "There was a problem proxying the request", 500)
    expect_result(ask(gateway, other, "ping", key=key))


@behaviour("mcp-challenges-name-metadata")
def test_a_missing_credential_is_challenged(gateway: Gateway) -> Steps:
    """A refusal for want of a credential names the metadata of the proxy, and one for want of rights does not."""
    api, other = write_proxy(gateway), write_proxy(gateway)
    gold = write_right(gateway, other, {})
    yield RELOAD

    end = f'/{api.id}/.well-known/oauth-protected-resource"'
    for exchange in (
        ask(gateway, api, "ping"),
        ask(gateway, api, "ping", key="nobody"),
        _get(gateway, api, ""),
    ):
        challenge = exchange.header("WWW-Authenticate")
        if not challenge.startswith('Bearer realm="tyk", resource_metadata="http') or not challenge.endswith(
            end
        ):
            raise Mismatch(f"WWW-Authenticate with resource_metadata={end}", challenge or "none", exchange)
    key = write_key(gateway, other, gold)
    exchange = ask(gateway, api, "ping", key=key)
    if exchange.header("WWW-Authenticate"):
        raise Mismatch("no WWW-Authenticate", exchange.header("WWW-Authenticate"), exchange)


@behaviour("mcp-internal-paths-are-hidden")
def test_internal_paths_are_hidden(gateway: Gateway) -> Steps:
    """The internal path of a primitive of the definition answers 404 to a client, and those of others pass."""
    api = write_proxy(gateway, path="base", needs_key=False, middleware={"mcpTools": {"weather": {}}})
    yield RELOAD

    expect_refused(send(gateway, api, "x", kind=TEXT, path="mcp-tool:weather"), 404, "Not Found")
    expect_passed(send(gateway, api, "x", kind=TEXT, path="mcp-tool:other"))
    expect_passed(gateway.send("GET", f"/{api.id}/mcp-tool:weather", headers=[]))
    expect_passed(call(gateway, api, "weather"))


def _get(gateway: Gateway, api: Api, key: str) -> Exchange:
    return gateway.send("GET", f"/{api.id}/", headers=[("Authorization", key)] if key else [])


def _expect_seen(exchange: Exchange, method: str, path: str, body: Any) -> None:
    """Expect that the upstream, an echo, received this request."""
    expect_passed(exchange)
    seen = {name: exchange.document.get(name) for name in ("method", "path")}
    if seen != {"method": method, "path": path}:
        raise Mismatch(f"the upstream receives {method} {path}", shorten(exchange.text), exchange)
    sent = exchange.body or b""
    if body and exchange.document.get("body") != sent.decode():
        raise Mismatch("the upstream receives the body", shorten(exchange.text), exchange)
