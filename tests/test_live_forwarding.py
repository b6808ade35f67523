"""A proxy that records live traffic passes on what was sent, and no broken or hostile answer."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import answering
from hostile import HEAD, Peer, hostile
from proxying import Proxy, proxying, talk
from tls import Chain, front

from mockserver import MockGateway
from mockserver.http.client import Client
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.echo_server import Echo
from mockserver.http.forwarder import Forwarder


@pytest.fixture(name="echo")
def _echo(tmp_path: Path) -> Iterator[Proxy]:
    """A proxy before a server that shows what it was sent."""
    with Echo(shows_headers=True) as echo, proxying(echo.url, tmp_path / "live.jsonl") as proxy:
        yield proxy


def sent(proxy: Proxy, *parts: bytes) -> dict[str, str]:
    """What the server was sent."""
    document: dict[str, str] = json.loads(talk(proxy, *parts).partition(b"\r\n\r\n")[2])
    return document


def test_a_request_is_passed_on_as_it_was_sent(echo: Proxy) -> None:
    """Method, target, headers and body arrive as sent; the Host of the proxy becomes that of the server."""
    head = f"PATCH /a%2Fb//c?x=%20&y HTTP/1.1\r\nHost: {echo.url[7:]}\r\nX-A: 1\r\nx-a: 2\r\n"
    length = "Content-Length: 4\r\nConnection: close\r\n\r\n"
    document = sent(echo, head.encode() + length.encode() + "ä{}".encode())
    headers = document["headers"]
    assert (document["method"], document["body"]) == ("PATCH", "ä{}")
    assert document["path"] == "/a%2Fb//c?x=%20&y"
    assert headers["x-a"] == "1, 2"  # type: ignore[index]  # an object
    assert "127.0.0.1" in headers["host"]  # type: ignore[index]  # of the server
    assert headers["host"] != echo.url[7:]  # type: ignore[index]  # as above
    assert "accept-encoding" not in headers


def test_another_host_is_kept(echo: Proxy) -> None:
    """A Host that is not the proxy's own is passed on, for a gateway may decide by it."""
    request = b"GET / HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n"
    assert sent(echo, request)["headers"]["host"] == "api.test"  # type: ignore[index]  # an object


def test_hop_by_hop_headers_stay_behind(echo: Proxy) -> None:
    """Headers of the client's connection, and those that Connection names, are not passed on; Via is added."""
    request = (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\n"
        b"Keep-Alive: timeout=5\r\nProxy-Authorization: Basic x\r\nUpgrade: h2c\r\nVia: 1.0 before\r\n\r\n"
    )
    headers = sent(echo, request)["headers"]
    assert set(headers) <= {"host", "via"}
    assert re.fullmatch(r"1\.0 before, 1\.1 tyk-contract-[0-9a-f]{8}", headers["via"])  # type: ignore[index]


def test_chunks_stay_chunks(echo: Proxy) -> None:
    """A chunked body arrives whole and chunked, and not with a length that its client did not send."""
    request = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    document = sent(echo, request + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
    assert document["body"] == "abcde"
    assert document["headers"]["transfer-encoding"] == "chunked"  # type: ignore[index]  # an object
    assert "content-length" not in document["headers"]


def test_two_framings_become_one(echo: Proxy) -> None:
    """Of a request with a length and chunks only the chunks count and are passed on."""
    request = (
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n"
    )
    headers = sent(echo, request)["headers"]
    assert "content-length" not in headers


def test_a_client_that_waits_may_go_on(echo: Proxy) -> None:
    """A client that expects 100 Continue gets it from the proxy, and the server gets no Expect."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    document = sent(echo, head, b"ab")
    assert document["body"] == "ab"
    assert "expect" not in document["headers"]


@pytest.mark.parametrize(
    ("request_line", "extra", "status", "text"),
    [
        ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", 501, "HTTP/1.1 alone"),
        ("CONNECT a.test:443 HTTP/1.1", "", 501, "opens no tunnels"),
    ],
)
def test_what_needs_another_protocol_is_refused(
    echo: Proxy, request_line: str, extra: str, status: int, text: str
) -> None:
    """An upgrade and a tunnel are refused with a message that says what to do."""
    request = (
        f"{request_line}\r\nHost: a\r\n{extra}\r\nGET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    answer = talk(echo, request.encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert text in json.loads(answer.partition(b"\r\n\r\n")[2].split(b"\n")[0])["message"]
    assert b"/after" in answer


def test_a_proxy_before_itself_is_told(tmp_path: Path) -> None:
    """A proxy whose requests come back to it ends the loop, and says why."""
    with proxying("http://127.0.0.1:1", tmp_path / "live.jsonl") as proxy:
        forwarder = Forwarder(proxy.url)
        proxy.traffic._forwarder = forwarder
        with Client(proxy.url) as client:
            answer = client.send("GET", "/")
    assert (answer.status, b"leads back to this proxy" in answer.body) == (508, True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b'HTTP/1.1 304 Not Modified\r\nEtag: "x"\r\n\r\n',
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://a.test/b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
    ids=["length", "empty", "chunks", "204", "304", "redirect", "compressed"],
)
def test_an_answer_arrives_as_it_was_sent(answer: bytes, tmp_path: Path) -> None:
    """Status, headers, framing and body of an answer are those of the server, without a decompression."""
    with answering({"/": answer}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        received = talk(proxy, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head, _, body = received.partition(b"\r\n\r\n")
        expected, _, expected_body = answer.partition(b"\r\n\r\n")
        assert sorted(head.split(b"\r\n")) == sorted([*expected.split(b"\r\n"), b"Connection: close"])
        assert body == expected_body


def test_the_answer_to_head_has_its_length(tmp_path: Path) -> None:
    """The answer to HEAD has the length that the server tells, and no body."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
    with answering({"/": answer}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        received = talk(proxy, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert received == b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nConnection: close\r\n\r\n"


def test_a_connection_is_kept_for_further_requests(echo: Proxy) -> None:
    """Several requests of one connection are answered in their order."""
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5))
    answer = talk(echo, requests + b"GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert re.findall(rb'"path": ?"([^"]*)"', answer) == [b"/0", b"/1", b"/2", b"/3", b"/4", b"/end"]


def test_large_bodies_go_both_ways(tmp_path: Path) -> None:
    """A body of some MiB is passed on and answered byte for byte."""
    body = bytes(range(256)) * (4 << 12)

    def converse(peer: Peer) -> None:
        data = b""
        while not data.endswith(b"END"):
            data += peer.take()
        received = data.partition(b"\r\n\r\n")[2]
        peer.say(HEAD, b"Content-Length: %d\r\n\r\n" % len(received), received)

    with (
        hostile(converse) as url,
        proxying(url, tmp_path / "live.jsonl") as proxy,
        Client(proxy.url, 60) as client,
    ):
        assert client.send("POST", "/", [], body + b"END").body == body + b"END"


def test_an_answer_before_the_end_of_a_body_is_passed_on(tmp_path: Path) -> None:
    """A server that refuses a body before it has read it is heard all the same."""

    def refuse(peer: Peer) -> None:
        peer.take()
        peer.say(b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 3\r\n\r\nbig")
        peer.connection.shutdown(socket.SHUT_WR)
        while peer.take():
            pass

    with (
        hostile(refuse) as url,
        proxying(url, tmp_path / "live.jsonl") as proxy,
        Client(proxy.url, 30) as client,
    ):
        answer = client.send("POST", "/", [], bytes(8 << 20))
        assert (answer.status, answer.body) == (413, b"big")


def test_an_unreachable_server_is_a_bad_gateway(tmp_path: Path) -> None:
    """A server that is not there is a 502 that names it, and the proxy works on."""
    with proxying("http://127.0.0.1:1", tmp_path / "live.jsonl") as proxy, Client(proxy.url) as client:
        for _ in range(2):
            answer = client.send("GET", "/hello")
            assert answer.status == 502
            assert json.loads(answer.body)["message"] == "no answer from 127.0.0.1:1: Connection refused"


def test_a_request_that_the_proxy_refuses_is_told(echo: Proxy) -> None:
    """A request that cannot be read is refused, counted and logged, and reaches no server."""
    assert talk(echo, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n").startswith(
        b"HTTP/1.1 400 "
    )
    assert dict(echo.traffic.counts) == {"refused": 1}


@pytest.mark.parametrize(
    "url",
    ["ftp://a", "http://", "http://a/path", "http://a?b", "http://u:p@a", "http://a:99999", "http://a:x"],
)
def test_a_url_must_name_a_server_alone(url: str) -> None:
    """The URL of a server has no query or user, and a path only as --base-path; the message says so."""
    with pytest.raises(ValueError, match=r"http://host:8080|give http://a, or --base-path /path"):
        Forwarder(url)


def test_the_options_of_a_connection_hold_for_what_is_forwarded(tmp_path: Path) -> None:
    """A proxy sends headers, base path and client certificate as its options say, and shows none of them."""
    chain = Chain(tmp_path)
    settings = ConnectionSettings.of(
        cacert=chain.root, cert=chain.client, cert_key=chain.client_key, base_path="/gw",
        headers=["X-Way: way-secret", "X-Own: settings"], environment={},
    )  # fmt: skip
    with (
        Echo(shows_headers=True) as server,
        front(server.url, chain.server(asks=True)) as url,
        proxying(url, tmp_path / "live.jsonl", settings=settings) as proxy,
    ):
        request = b"GET /tyk/policies?a HTTP/1.1\r\nHost: a\r\nX-Own: client\r\nConnection: close\r\n\r\n"
        document = sent(proxy, request)
        absolute = talk(proxy, b"GET http://a/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert document["path"] == "/gw/tyk/policies?a"
    assert document["headers"]["x-way"] == "way-secret"  # type: ignore[index]  # an object
    assert document["headers"]["x-own"] == "client"  # type: ignore[index]  # as above
    assert proxy.steps[0]["request"]["target"] == "/tyk/policies?a"
    assert absolute.startswith(b"HTTP/1.1 400 ")
    assert b"--base-path" in absolute


def test_an_untrusted_server_gets_no_request(tmp_path: Path) -> None:
    """A proxy refuses a certificate of an unknown CA, unless --insecure allows any."""
    chain, insecure = Chain(tmp_path), ConnectionSettings.of(insecure=True, environment={})
    request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with Echo() as server, front(server.url, chain.server()) as url:
        with proxying(url, tmp_path / "a.jsonl") as proxy:
            assert talk(proxy, request).startswith(b"HTTP/1.1 502 ")
        with proxying(url, tmp_path / "b.jsonl", settings=insecure) as proxy:
            assert talk(proxy, request).startswith(b"HTTP/1.1 200 ")


def test_a_proxy_on_the_way_is_refused() -> None:
    """Live traffic cannot go through an HTTP proxy, which is told before anything is forwarded."""
    settings = ConnectionSettings.of(proxy="http://proxy:3128", environment={})
    with pytest.raises(ValueError, match="leave out --http-proxy and TYK_CONTRACT_PROXY"):
        Forwarder("http://gateway.test", settings=settings)


def test_a_gateway_behind_the_proxy_is_the_gateway(gateway: MockGateway, tmp_path: Path) -> None:
    """Answers of a gateway through the proxy are those of the gateway itself, head and body."""
    gateway.client.get("/hello")  # the answer of the first probe has headers of its own
    with proxying(gateway.url, tmp_path / "live.jsonl") as proxy:
        for line in (b"GET /hello", b"GET /tyk/policies", b"GET /nothing", b"GET /tyk//policies"):
            request = b"%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Tyk-Authorization: %b\r\n\r\n" % (
                line,
                gateway.secret.encode(),
            )
            own = Proxy(gateway.url, proxy.traffic, proxy.path, proxy.recording, proxy.log)
            assert talk(proxy, request) == talk(own, request)
