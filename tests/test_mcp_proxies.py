"""MCP proxies of the mock beyond what recordings show: files, the journal, and odd answers of an upstream."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asking import call, connect, read_to_end, send

from mockserver import MockGateway
from mockserver.gateway.proxy.mcp import event_streams
from mockserver.golang import raw_json
from mockserver.http.client import Answer
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ALLOWED = {"mcp_access_rights": {"tools": {"allowed": ["a"]}}}


@pytest.fixture(name="upstream")
def _upstream() -> Iterator[Echo]:
    with Echo() as echo:
        yield echo


def proxy(target: str, **middleware: Any) -> dict[str, Any]:
    """The definition of a proxy at /tools/ that requires a key."""
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return {
        "openapi": "3.0.3", "info": {"title": "tools", "version": "1"}, "paths": {},
        "components": {"securitySchemes": {"token": scheme}}, "security": [{"token": []}],
        "x-tyk-api-gateway": {
            "info": {"id": "tools", "orgId": "acme", "name": "tools", "state": {"active": True}},
            "upstream": {"url": target},
            "server": {
                "listenPath": {"value": "/tools/", "strip": True},
                "authentication": {"enabled": True, "securitySchemes": {"token": {"enabled": True}}},
            },
            **({"middleware": middleware} if middleware else {}),
        },
    }  # fmt: skip


def start(gateway: MockGateway, target: str, right: dict[str, Any] | None = None, **middleware: Any) -> None:
    """Add a proxy, and the key acmekey with this right to it."""
    call(gateway, "POST", "/tyk/mcps", proxy(target, **middleware))
    call(gateway, "GET", "/tyk/reload?block=true")
    rights = {"tools": {"api_id": "tools", "versions": ["Default"], **(right or {})}}
    call(gateway, "POST", "/tyk/keys/key", {"org_id": "acme", "access_rights": rights})


def ask(gateway: MockGateway, message: Any) -> Answer:
    """Send a message to the proxy with the key."""
    headers = [("Authorization", "acmekey"), ("Content-Type", "application/json")]
    return send(gateway, "POST", "/tools/", headers, json.dumps(message).encode())


def test_a_proxy_is_read_from_its_files(tmp_path: Path, upstream: Echo) -> None:
    """A gateway writes both forms of a proxy, and another one with that directory serves it with its rules."""
    with MockGateway(gateway="5.14", apis=tmp_path) as gateway:
        start(gateway, f"{upstream.url}mcp", mcpTools={"weather": {"block": {"enabled": True}}})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tools-mcp.json", "tools.json"]
    with MockGateway(gateway="5.14", apis=tmp_path) as gateway:
        call(
            gateway,
            "POST",
            "/tyk/keys/key",
            {"org_id": "acme", "access_rights": {"tools": {"versions": ["Default"]}}},
        )
        assert ask(gateway, PING).status == 200
        blocked = {**PING, "method": "tools/call", "params": {"name": "weather"}}
        assert json.loads(ask(gateway, blocked).body)["error"]["message"] == "Requested endpoint is forbidden"


def test_a_file_of_a_proxy_without_versions_stops_no_reload(tmp_path: Path, upstream: Echo) -> None:
    """A proxy in a file that was edited by hand to have no versions is loaded, and refuses messages."""
    with MockGateway(gateway="5.14", apis=tmp_path) as gateway:
        start(gateway, f"{upstream.url}mcp")
        file = tmp_path / "tools.json"
        definition = json.loads(file.read_text())
        definition["version_data"]["versions"] = None
        file.write_text(json.dumps(definition))
        assert call(gateway, "GET", "/tyk/reload?block=true")[0] == 200
        answer = ask(gateway, PING)
    message = json.loads(answer.body)["error"]["message"]
    assert (answer.status, message) == (403, "No default API version for this non-versioned API found")


def test_the_journal_has_one_request_of_a_message(upstream: Echo) -> None:
    """The journal shows one request to the upstream, with the path of the request and the body of the message."""
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        ask(gateway, {**PING, "method": "tools/call", "params": {"name": "weather"}})
        entry = gateway.journal[-1]
    assert (entry.upstream["method"], entry.upstream["target"]) == ("POST", "/mcp")
    assert json.loads(entry.upstream["body"])["params"] == {"name": "weather"}


def test_a_message_that_broke_off_is_not_parsed(upstream: Echo) -> None:
    """A body that ends before its length is answered as one that is no JSON (a gateway 5.14.0 does so)."""
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        with connect(gateway) as connection:
            head = "POST /tools/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
            connection.sendall(head.encode() + json.dumps(PING).encode())
            connection.shutdown(socket.SHUT_WR)
            answer = read_to_end(connection).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    assert '"parse error"' in answer


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'{"jsonrpc": 1, "result": {"tools": []}}', b'{"result": [1]}', b'{"result": {"tools": 7}}',
        b'{"result": {"tool": []}} x', b'{"error": {"code": 1}, "id": 1}', b"\xff",
    ],
)  # fmt: skip
def test_an_answer_that_is_no_list_stays(upstream: Echo, body: bytes) -> None:
    """What is no list of tools comes back as the upstream sent it, whatever the rights."""
    upstream.answers["/odd"] = Reply(body)
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}odd", ALLOWED)
        assert ask(gateway, LIST).body == body


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ('{"result": {"tools": null}, "id": 2}', '{"jsonrpc":"","id":2,"result":{"tools":[]}}'),
        ('{"RESULT": {"tools": [{"name": "a"}, {"name": "b"}, 7]}}', '{"jsonrpc":"","id":null,"result":{"tools":[{"name":"a"},7]}}'),
        ('{"jsonrpc": "2.0", "error": null, "result": {"tools": [{"name": "b", "n": 1.50}], "b": "\\/é", "a": [1, {}]}}',
         '{"jsonrpc":"2.0","id":null,"result":{"a":[1,{}],"b":"\\/é","tools":[]},"error":null}'),
    ],
    ids=["null", "names in other case", "texts stay"],
)  # fmt: skip
def test_a_list_is_encoded_anew(upstream: Echo, sent: str, answered: str) -> None:
    """A list is sent with its members in Go's order, and values that no right concerns with the same text."""
    upstream.answers["/odd"] = Reply(sent.encode())
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}odd", ALLOWED)
        assert ask(gateway, LIST).body.decode() == answered


def test_raw_values_are_split_at_their_own_level() -> None:
    """The parts of a value are found whatever brackets, commas and quotes its strings have."""
    text = ' [ {"a": [1, 2], "b": "],\\"<"} , "x, y" ,null, [ ] ] '
    assert raw_json.elements(text) == ['{"a":[1,2],"b":"],\\"\\u003c"}', '"x, y"', "null", "[]"]
    assert raw_json.members('{"a": 1, "b": {"c": ","}, "a": [2]}') == {'"a"': "[2]", '"b"': '{"c":","}'}
    assert (raw_json.elements("[ ]"), raw_json.members("{ }")) == ([], {})


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("data: a\n\n", "data: NEW\n\n"),
        ("id: 1\r\nevent: message\r\ndata: a\r\n\r\n", "event: message\ndata: NEW\nid: 1\n\n"),
        ("data: a\ndata: b\nretry: 10\n\n", "data: NEW\nretry: 10\n\n"),
        ("data: a\n\ndata: lost", "data: NEW\n\n"),
        ("data: alone", "data: alone"),
        ("data: a\n\n" + "b" * 4096, "data: NEW\n\n" + "b" * 4096),
        (": note\n\nevent: other\ndata: a\n\nid: 1\n\n", ": note\n\nevent: other\ndata: a\n\nid: 1\n\n"),
        ("data:a\r\rid: \0\ndata: a\nretry: x\n\n", "data: NEW\n\ndata: NEW\n\n"),
    ],
    ids=[
        "message",
        "all fields",
        "several lines",
        "incomplete",
        "incomplete alone",
        "incomplete and long",
        "others",
        "odd fields",
    ],
)
def test_events_are_rewritten_one_by_one(stream: str, expected: str) -> None:
    """Each whole event of the kind message gets other data; a short one without its end is lost behind them."""
    assert event_streams.rewritten(stream, lambda data: "NEW" if data else None) == expected


@pytest.mark.parametrize("line", [b"\n", b"\r", b"a\n", b"data:\n"])
def test_a_stream_of_too_many_lines_is_not_read(upstream: Echo, line: bytes) -> None:
    """A stream of over a million lines, which could fill the memory as events or fields, is answered 500."""
    body = line * 1_000_001
    upstream.answers["/odd"] = Reply(body, 200, (("Content-Type", event_streams.CONTENT_TYPE),))
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}odd", ALLOWED)
        answer = ask(gateway, LIST)
    assert (answer.status, "a stream of over 1,000,000 lines" in answer.body.decode()) == (500, True)


RESOURCE, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"


def serve(upstream: Echo, path: str, document: Any) -> None:
    upstream.answers[path] = Reply(json.dumps(document).encode())


def test_clients_ask_the_authorization_server_for_the_upstream(upstream: Echo) -> None:
    """The resource in requests to the pages of an authorization server is the upstream, not the gateway."""
    serve(upstream, f"{RESOURCE}/mcp", {"authorization_servers": [upstream.url]})
    endpoints = {"authorization_endpoint": "https://a.test/go?x=1", "token_endpoint": f"{upstream.url}token"}
    serve(upstream, SERVER, endpoints)
    serve(upstream, "/token", {"access_token": "t"})
    own = quote(f"{upstream.url}mcp", safe="")
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        page = send(gateway, "GET", "/__tyk-as/tools/authorize?resource=gateway&state=s&x=2")
        form = ("Content-Type", "application/x-www-form-urlencoded")
        token = send(gateway, "POST", "/__tyk-as/tools/token", [form], b"resource=gateway&code=c")
    assert (page.status, dict(page.headers)["Location"]) == (
        302,
        f"https://a.test/go?resource={own}&state=s&x=2",
    )
    assert (token.status, json.loads(token.body)) == (200, {"access_token": "t"})
    assert upstream.bodies["/token"][-1].decode() == f"code=c&resource={own}"


def test_metadata_of_an_upstream_are_kept_for_five_minutes(upstream: Echo) -> None:
    """The metadata of an upstream are fetched again after five minutes."""
    serve(upstream, f"{RESOURCE}/mcp", {"a": 1})
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        bodies = [send(gateway, "GET", f"{RESOURCE}/tools").body]
        serve(upstream, f"{RESOURCE}/mcp", {"a": 2})
        for seconds in (299, 2):
            gateway.advance(seconds)
            bodies.append(send(gateway, "GET", f"{RESOURCE}/tools").body)
    assert [json.loads(body)["a"] for body in bodies] == [1, 1, 2]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/__tyk-as/tools/authorize", "upstream authorization server unavailable"),
        (f"{SERVER}/__tyk-as/tools", "upstream authorization server unavailable"),
        (f"{RESOURCE}/tools", "upstream PRM unavailable"),
    ],
)
def test_an_upstream_without_metadata_is_a_bad_gateway(upstream: Echo, path: str, told: str) -> None:
    """A page that needs the metadata of an upstream without any is answered with 502."""
    upstream.answers[f"{RESOURCE}/mcp"] = Reply(b"[]")
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        answer = send(gateway, "GET", path)
    assert (answer.status, answer.body.decode()) == (502, f"{told}\n")


def test_older_gateways_tell_no_metadata(upstream: Echo) -> None:
    """A gateway of 5.12 knows no metadata: it passes requests for them on."""
    with MockGateway(gateway="5.12") as gateway:
        start(gateway, f"{upstream.url}mcp")
        assert send(gateway, "GET", f"{RESOURCE}/tools").status == 404
        body = send(gateway, "GET", f"/tools{RESOURCE}", [("Authorization", "acmekey")]).body
    assert json.loads(body)["path"] == f"/mcp{RESOURCE}"


def test_an_authorization_server_cannot_split_a_redirect(upstream: Echo) -> None:
    """The address in a redirect has no line of its own, whatever the upstream names as its page."""
    serve(upstream, f"{RESOURCE}/mcp", {"authorization_servers": [upstream.url]})
    serve(upstream, SERVER, {"authorization_endpoint": "https://a.test/g\u00f6#x\r\nSet-Cookie: a=b"})
    with MockGateway(gateway="5.14") as gateway:
        start(gateway, f"{upstream.url}mcp")
        page = send(gateway, "GET", "/__tyk-as/tools/authorize?a=1")
    assert dict(page.headers)["Location"] == "https://a.test/g%C3%B6?a=1"
    assert "set-cookie" not in {name.lower() for name, _ in page.headers}
