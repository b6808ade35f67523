"""Who may use the mock's own API: this machine under its own names, and no web page of another site."""

from __future__ import annotations

import http.client
import json
import socket

import pytest
from asking import send, talk

from mockserver import MockGateway
from mockserver.serving.control_access import RESPONSE_HEADERS, ControlAccess, Sender
from mockserver.serving.wsgi_app import create_app

HOSTS = {  # whether the mock's own API answers under a Host, on its usual address
    "127.0.0.1": True, "127.0.0.1:8080": True, "127.0.0.1:": True, "127.9.9.9:1": True, "127.0.0.1.": True,
    "[::1]": True, "[::1]:8080": True, "[0:0:0:0:0:0:0:1]": True, "[::ffff:127.0.0.1]:80": True,
    "[::FFFF:7F00:1]": True, "localhost": True, "localhost:8080": True, "LocalHost:1": True, "localhost.": True,
    "rebound.example": False, "rebound.example:8080": False, "localhost.rebound.example": False,
    "127.0.0.1.rebound.example": False, "rebound.localhost": False, "localhost..": False, "0.0.0.0": False,
    "192.0.2.7": False, "[2001:db8::1]": False, "[::ffff:192.0.2.7]": False, "[::]": False, "::1": False,
    "user@localhost": False, "localhost@rebound.example": False, "localhost:8080@rebound.example": False,
    "localhost:http": False, "localhost:80:80": False, "localhost, rebound.example": False, "[localhost]": False,
    "[127.0.0.1]": False, "[::1": False, "[::1]x": False, "127.1": False, "2130706433": False,
    "0x7f000001": False, "0177.0.0.1": False, "localhost/x": False, "localhost\\x": False, "": False, ".": False,
    "127.0.0.1%00": False, "\u0131localhost": False,
}  # fmt: skip


def _refusal(
    *hosts: str, names: tuple[str, ...] = ("127.0.0.1",), remote: bool = False, **sender: object
) -> str:
    known = {"address": "127.0.0.1", "authorities": hosts, **sender}
    return ControlAccess(names, remote=remote).refusal(Sender(**known))  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "is_answered"), HOSTS.items(), ids=map(repr, HOSTS))
def test_the_host_must_name_this_machine(host: str, is_answered: bool) -> None:
    """A Host is taken if it is a loopback address or localhost, in any form and with any port."""
    refusal = _refusal(host)
    assert (refusal == "") is is_answered
    if refusal:
        assert refusal.startswith(
            f"/_mock/ answers to the names of this machine, not to {host!r}; ask 127.0.0.1"
        )
    assert _refusal(host, remote=True) == ""


@pytest.mark.parametrize("name", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1", "Mock.Test"])
def test_the_address_of_the_server_is_a_name_of_this_machine(name: str) -> None:
    """The address or name that the server listens on is taken, and a client of that address too."""
    host = f"[{name}]:8080" if ":" in name else f"{name.lower()}:8080"
    assert _refusal(host, names=(name,)) == ""
    assert _refusal(host) != ""
    assert _refusal("localhost", names=(name,), address=name) == ""
    assert _refusal("localhost", address=name).startswith(f"/_mock/ answers only this machine, not {name}")


def test_a_request_without_a_host_is_refused() -> None:
    """A request that names no host at all, as HTTP/1.0 allows, is refused unless other machines may control."""
    assert "not to no name" in _refusal()
    assert _refusal(remote=True) == ""


@pytest.mark.parametrize(
    "hosts", [("localhost", "rebound.example"), ("rebound.example", "localhost"), ("127.0.0.1", "")]
)
def test_each_host_of_a_request_counts(hosts: tuple[str, ...]) -> None:
    """A request whose target and whose Host header name two hosts is refused if one of them is foreign."""
    assert _refusal(*hosts) != ""
    assert _refusal("localhost", "127.0.0.1") == ""


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("192.0.2.7", False), ("::ffff:192.0.2.7", False), ("2001:db8::1", False), ("", False), ("@", False),
        ("unix:", False),
    ],
)  # fmt: skip
def test_the_client_must_be_on_this_machine(address: str, is_here: bool) -> None:
    """A client is on this machine if its address is a loopback address, also as IPv6 maps one of IPv4."""
    assert (_refusal("localhost", address=address) == "") is is_here
    assert _refusal("localhost", address=address, remote=True) == ""


FORWARDED = {  # whether a proxy on this machine asks for this machine
    "127.0.0.1": True, "::1": True, "127.0.0.1, 127.0.0.1": True, "[::1]:5": True, "127.0.0.1:5": True, "": True,
    "for=127.0.0.1;proto=http;by=192.0.2.7": True, 'For="[::1]:5";host=example.com': True, "proto=https": True,
    "192.0.2.7": False, "127.0.0.1, 192.0.2.7": False, "192.0.2.7,127.0.0.1": False, "2001:db8::1": False,
    "192.0.2.7:80": False, "unknown": False, "_hidden": False, "for=192.0.2.7": False, "x": False,
    'for=127.0.0.1, FOR="[2001:db8::1]:80"': False, "proto=http; for=192.0.2.7": False, "localhost.evil": False,
}  # fmt: skip


@pytest.mark.parametrize(("value", "is_here"), FORWARDED.items(), ids=map(repr, FORWARDED))
def test_the_client_of_a_proxy_must_be_on_this_machine(value: str, *, is_here: bool) -> None:
    """A request that a proxy on this machine forwards is refused if it comes from another machine."""
    for values in ((value,), ("", value), ("127.0.0.1", value)):
        assert (_refusal("localhost", forwarded=values) == "") is is_here
        assert _refusal("localhost", forwarded=values, remote=True) == ""


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "forwarded"])
def test_a_forwarded_request_of_another_machine_is_refused(gateway: MockGateway, name: str) -> None:
    """The mock's own API reads the headers of proxies, and other paths do not."""
    value = "for=192.0.2.7" if name.lower() == "forwarded" else "192.0.2.7"
    assert send(gateway, "GET", "/_mock/state", [(name, value)]).status == 403
    assert send(gateway, "GET", "/_mock/state", [(name, "127.0.0.1")]).status == 200
    assert send(gateway, "GET", "/hello", [(name, value)]).status == 200


PAGES = {  # whether a page may use the mock's own API at 127.0.0.1:8080
    "http://127.0.0.1:8080": True, "http://127.0.0.1:8080/": True, "http://127.0.0.1:8080/_mock/state?a#b": True,
    "HTTP://127.0.0.1:8080": True, "": True,
    "http://127.0.0.1": False, "http://127.0.0.1:3000/app": False, "http://localhost:8080": False,
    "null": False, "about:blank": False, "file:///x": False, "http://evil.test": False, "http:127.0.0.1:8080": False,
    "http://evil.test/http://127.0.0.1:8080": False, "http://127.0.0.1:8080@evil.test/": False,
    "http://evil.test\\@127.0.0.1:8080/": False, "http://127.0.0.1:8080.evil.test": False,
    "chrome-extension://127.0.0.1:8080": False, "http://127.0.0.1:8080 http://evil.test": False,
    "http://127.0.0.1:8080,http://evil.test": False,
}  # fmt: skip


@pytest.mark.parametrize("remote", [False, True], ids=["this machine", "remote"])
@pytest.mark.parametrize(("page", "is_own"), PAGES.items(), ids=map(repr, PAGES))
def test_a_page_must_be_of_the_same_origin(page: str, is_own: bool, remote: bool) -> None:
    """An Origin or a Referer must have the host and port of the request, also with remote control."""
    for pages in ((page, ""), ("", page), ("http://127.0.0.1:8080", page)):
        refusal = _refusal("127.0.0.1:8080", pages=pages, remote=remote)
        assert (refusal == "") is is_own, pages


def test_a_page_of_a_rebound_name_is_refused_with_remote_control() -> None:
    """With remote control a page under a name is refused, for DNS may point any name here; an address is not."""
    for host, is_own in (("mock.test:80", False), ("192.0.2.7:80", True), ("localhost", True)):
        assert (_refusal(host, pages=(f"http://{host}",), remote=True) == "") is is_own


@pytest.mark.parametrize(
    ("site", "is_own"),
    [
        ("", True),
        ("none", True),
        ("same-origin", True),
        ("same-site", False),
        ("cross-site", False),
        ("x", False),
    ],
)
def test_the_browser_tells_of_other_sites(site: str, is_own: bool) -> None:
    """A request that a browser made for another site is refused, whatever its method."""
    assert (_refusal("localhost", site=site) == "") is is_own


def _status(answer: bytes) -> str:
    return answer.partition(b"\r\n")[0].decode().partition(" ")[2]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /_mock/journal HTTP/1.1\r\nHost: rebound.example:{port}", "403 Forbidden"),
        ("GET /_mock/journal HTTP/1.1\r\nHost: 127.0.0.1:{port}", "200 OK"),
        ("GET /%5fmock/journal HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("GET /_mock/nothing HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("HEAD /_mock/state HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("OPTIONS /_mock/reset HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("PATCH /_mock/reset HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("GET /_mock/state HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site", "403 Forbidden"),
        ("GET /_mock/state HTTP/1.1\r\nHost: localhost\r\nReferer: http://evil.test/", "403 Forbidden"),
        ("GET http://rebound.example/_mock/state HTTP/1.1\r\nHost: localhost", "403 Forbidden"),
        ("GET HTTP://user@localhost/_mock/state HTTP/1.1\r\nHost: localhost", "403 Forbidden"),
        ("GET http://localhost/_mock/state HTTP/1.1\r\nHost: rebound.example", "403 Forbidden"),
        ("GET http://127.0.0.1:1/_mock/state HTTP/1.1\r\nHost: localhost", "200 OK"),
        ("GET /_mock/state HTTP/1.1\r\nHost:", "403 Forbidden"),
        ("GET /_mock/state HTTP/1.0\r\nX: 1", "403 Forbidden"),
        ("GET /_mock/state HTTP/1.0\r\nHost: localhost", "200 OK"),
        ("GET /_mock/state HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example", "400 Bad Request"),
        ("GET /_mock/state HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: rebound.example", "200 OK"),
        (
            "GET /_mock/state HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.test",
            "403 Forbidden",
        ),
    ],
)  # fmt: skip
def test_the_server_checks_each_request(gateway: MockGateway, head: str, status: str) -> None:
    """The rule holds for each method, path and form of a request to the mock's own API, and no other request."""
    port = gateway.url.rpartition(":")[2]
    head = head.format(port=port) + "\r\nConnection: close\r\n\r\n"
    assert _status(talk(gateway, head.encode())) == status
    other = head.replace("/_mock/", "/tyk/").replace("/%5fmock/", "/tyk/")
    assert "/_mock/ answers" not in talk(gateway, other.encode()).decode("latin-1")


def test_flask_checks_each_request() -> None:
    """Under another WSGI server the rule holds too, for paths without a route as well."""
    client = create_app(config={"listen_address": "mock.test"}).test_client()
    for path in ("/_mock/journal", "/_mock/nothing", "/_mock/reset/"):
        assert client.get(path, headers={"Host": "rebound.example"}).status_code == 403
    assert client.get("/_mock/state", headers={"Host": "mock.test:5000"}).status_code == 200
    absolute = {"RAW_URI": "http://rebound.example/_mock/state"}
    assert client.get("/_mock/state", environ_overrides=absolute).status_code == 403
    remote = create_app(remote_control=True).test_client()
    assert remote.get("/_mock/state", headers={"Host": "mock.test"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", "/_mock/state", (), 200),
        ("GET", "/_mock/journal", (), 200),
        ("POST", "/_mock/reset", (), 200),
        ("POST", "/_mock/clock", (), 400),
        ("OPTIONS", "/_mock/clock", (), 200),
        ("GET", "/_mock/nothing", (), 404),
        ("GET", "/_mock/nothing/", (), 404),
        ("GET", "/_mock/reset", (), 405),
        ("GET", "/_mock/state", [("Origin", "http://evil.test")], 403),
    ],
)
def test_no_browser_keeps_or_embeds_an_answer(
    gateway: MockGateway, method: str, target: str, headers: list[tuple[str, str]], status: int
) -> None:
    """Each answer under /_mock/ forbids to store, frame, sniff and embed it, and other answers have no such header."""
    answer = send(gateway, method, target, headers, b"" if method == "POST" else None)
    assert answer.status == status
    assert RESPONSE_HEADERS.items() <= dict(answer.headers).items()
    assert not RESPONSE_HEADERS.keys() & dict(send(gateway, "GET", "/hello").headers).keys()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_server_on_all_addresses_answers_on_both_loopbacks(address: str) -> None:
    """A mock on `::` answers its own API over IPv4 and over IPv6."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6 with IPv4 in it")
    with MockGateway(config={"listen_address": "::"}) as gateway:
        connection = http.client.HTTPConnection(address, int(gateway.url.rpartition(":")[2]), timeout=10)
        connection.request("GET", "/_mock/state")
        answer = connection.getresponse()
        assert (answer.status, "gateway" in json.loads(answer.read())) == (200, True)
        connection.close()


def test_a_client_of_an_ipv6_address_names_it_in_brackets() -> None:
    """A client that is given [::1] sends a Host that the mock's own API takes."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with MockGateway(config={"listen_address": "::1"}) as gateway:
        assert send(gateway, "GET", "/_mock/state").status == 200
