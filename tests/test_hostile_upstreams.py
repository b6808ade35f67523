"""Upstreams that send what no client may see as it is; a gateway 5.14.0 answered each case as these tests expect."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from answering import OK, answering
from asking import send, talk
from orders import ORDERS, get, serve, told

from mockserver import MockGateway
from mockserver.gateway.proxy import upstream
from mockserver.http.client import Client
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.received_body import Bounds, Together

HELLO = b"Content-Length: 5\r\n\r\nhello"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
FORGED = b"helloHTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Forged: yes\r\n\r\nPWNED!"
REFUSED = {
    "two lengths in one": OK + b"Content-Length: 5, 5\r\n\r\nhello",
    "lengths that differ": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "length of letters": OK + b"Content-Length: x\r\n\r\nhello",
    "negative length": OK + b"Content-Length: -1\r\n\r\nhello",
    "length with a plus": OK + b"Content-Length: +5\r\n\r\nhello",
    "huge length": OK + b"Content-Length: 99999999999999999999\r\n\r\nhello",
    "empty length": OK + b"Content-Length: \r\n\r\nhello",
    "gzip as transfer": OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "gzip and chunks": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "chunked twice": OK + CHUNKED + CHUNKED + b"\r\n" + CHUNKS,
    "identity": OK + b"Transfer-Encoding: identity\r\n" + HELLO,
    "empty transfer": OK + b"Transfer-Encoding: \r\n" + HELLO,
    "bare CR": OK + b"X-A: b\rSet-Cookie: e=1\r\n" + HELLO,
    "NUL": OK + b"X-A: b\x00c\r\n" + HELLO,
    "control character": OK + b"X-A: b\x01c\r\n" + HELLO,
    "first line folded": OK + b" X-A: b\r\n" + HELLO,
    "no colon": OK + b"X-A b\r\n" + HELLO,
    "empty name": OK + b": b\r\n" + HELLO,
    "odd name": OK + b"x@a: b\r\n" + HELLO,
    "trailer that frames": OK + b"Trailer: Content-Length\r\n" + CHUNKED + b"\r\n" + CHUNKS,
    "status of four digits": b"HTTP/1.1 1000 X\r\n" + HELLO,
    "status of letters": b"HTTP/1.1 abc X\r\n" + HELLO,
    "no HTTP": b"hello",
    "empty line first": b"\r\n" + OK + HELLO,
    "nothing": b"",
    "head cut": OK + b"X-A: b",
    "endless head": OK + b"X-A: b\r\n" * 200_000,
    "endless line": OK + b"X-A: " + b"b" * (2 << 20),
    "endless interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 60_000,
}  # fmt: skip
PASSED: dict[str, tuple[bytes, int, dict[str, str], bytes]] = {  # bytes, status, headers, body
    "length beside chunks": (OK + CHUNKED + b"Content-Length: 3\r\n\r\n" + CHUNKS, 200, {"Transfer-Encoding": "chunked"}, b"hello"),
    "two answers in one body": (OK + CHUNKED + b"Content-Length: 5\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(FORGED), FORGED), 200, {"Transfer-Encoding": "chunked"}, FORGED),
    "the same length twice": (OK + b"Content-Length: 5\r\n" + HELLO, 200, {"Content-Length": "5"}, b"hello"),
    "leading zeros": (OK + b"Content-Length: 005\r\n\r\nhello", 200, {"Content-Length": "5"}, b"hello"),
    "more than the length": (OK + b"Content-Length: 3\r\n\r\nhello", 200, {"Content-Length": "3"}, b"hel"),
    "chunks of HTTP/1.0": (b"HTTP/1.0 200 OK\r\n" + CHUNKED + HELLO, 200, {"Content-Length": "5"}, b"hello"),
    "folded": (OK + b"X-A: b\r\n\t c\r\n" + HELLO, 200, {"X-A": "b c"}, b"hello"),
    "name with a space": (OK + b"X A: b\r\n" + HELLO, 200, {"X A": ""}, b"hello"),
    "bare LF": (b"HTTP/1.1 200 OK\nX-A: b\nContent-Length: 5\n\nhello", 200, {"X-A": "b"}, b"hello"),
    "named by Connection": (OK + b"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\n" + HELLO, 200, {"X-Hop": "", "Keep-Alive": ""}, b"hello"),
    "named beside close": (OK + b"Connection: X-Hop, close\r\nX-Hop: 1\r\nUpgrade: x\r\n" + HELLO, 200, {"X-Hop": "1", "Upgrade": "", "Connection": ""}, b"hello"),
    "trailers": (OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\nX-U: 2\r\n\r\n", 200, {"X-U": ""}, b"hello"),
    "chunks that end early": (OK + CHUNKED + b"\r\n5\r\nhel", 200, {"Transfer-Encoding": "chunked"}, b"hel"),
    "no chunk": (OK + CHUNKED + b"\r\nzz\r\nhello\r\n0\r\n\r\n", 200, {}, b""),
    "interim answers": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + HELLO, 200, {"Link": ""}, b"hello"),
    "switching protocols": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", 200, {"Content-Length": "5", "Upgrade": ""}, b"hello"),
    "204 with a body": (b"HTTP/1.1 204 No Content\r\nContent-Type: a/b\r\n" + HELLO, 204, {"Content-Length": "", "Content-Type": "a/b"}, b""),
    "304 with a body": (b"HTTP/1.1 304 Not Modified\r\nContent-Type: a/b\r\n" + HELLO, 304, {"Content-Length": "", "Content-Type": ""}, b""),
    "unknown status": (b"HTTP/3.7 999 X\r\n" + HELLO, 999, {"Content-Length": "5"}, b"hello"),
    "gzip": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello") + gzip.compress(b"!"), 200, {"Content-Encoding": ""}, b"hello!"),
    "gzip and junk": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello") + b"junk", 200, {}, b"hello"),
    "no gzip": (OK + b"Content-Encoding: gzip\r\n" + HELLO, 200, {"Content-Length": ""}, b""),
}  # fmt: skip
OWN = {
    "length ends early": OK + b"Content-Length: 10\r\n\r\nhello"
}  # a gateway sends the five bytes and closes
ANSWERS = REFUSED | {name: answer for name, (answer, *_) in PASSED.items()} | OWN


@pytest.fixture(scope="module", name="orders")
def _orders() -> Iterator[MockGateway]:
    """A mock with an API before an upstream that gives the ANSWERS."""
    paths = {"/" + name.replace(" ", "_"): answer for name, answer in ANSWERS.items()}
    with answering({**paths, "/endless": _drip, "/bomb": _bomb}) as url, MockGateway() as gateway:
        _serve(gateway, url)
        yield gateway


def _serve(gateway: MockGateway, url: str, **members: Any) -> None:
    serve(gateway, proxy={**ORDERS["proxy"], "target_url": url}, **{"use_keyless": True, **members})  # type: ignore[dict-item]


def _drip(file: Any) -> None:
    file.write(OK + b"Content-Length: 9999\r\n\r\n")
    while not _STOPPED.wait(0.02):
        file.write(b"x")


def _bomb(file: Any) -> None:
    file.write(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(1 << 22)))


_STOPPED = threading.Event()


@pytest.mark.parametrize("name", [*REFUSED, *OWN])
def test_an_answer_that_go_refuses_is_not_passed_on(orders: MockGateway, name: str) -> None:
    """An answer that Go's client refuses, or whose body is cut, becomes a 500, whatever the method."""
    for method in ("GET", "HEAD") if name not in OWN else ("GET",):
        answer = send(orders, method, f"/orders/{name.replace(' ', '_')}", [])
        assert answer.status == 500
    assert (
        told(get(orders, "", f"/orders/{name.replace(' ', '_')}"))[1]
        == "There was a problem proxying the request"
    )


@pytest.mark.parametrize("name", PASSED)
def test_an_answer_that_go_takes_is_framed_anew(orders: MockGateway, name: str) -> None:
    """An answer that Go's client takes is passed on with its body, without what frames it or names one hop."""
    _, status, headers, body = PASSED[name]
    answer = get(orders, "", f"/orders/{name.replace(' ', '_')}")
    assert (answer.status, answer.body, answer.trailing) == (status, body, b"")
    assert {header: answer.get(header) for header in headers} == headers


@pytest.mark.parametrize(
    "name", ["two answers in one body", "length beside chunks", "more than the length", "no chunk"]
)
def test_no_answer_can_be_read_as_two(orders: MockGateway, name: str) -> None:
    """After a hostile answer the same connection gives the answer to the next request, and nothing between."""
    with Client(orders.url) as client:
        first = client.send("GET", f"/orders/{name.replace(' ', '_')}")
        second = client.send("GET", "/hello")
    assert (first.trailing, client.unsolicited, client.dropped) == (b"", b"", [])
    assert (second.status, second.get("X-Forged")) == (200, "")


def test_a_status_that_go_cannot_write_closes_the_connection(gateway: MockGateway) -> None:
    """At a status under 100 a gateway panics, so that its client gets no answer."""
    with answering({"/low": b"HTTP/1.1 099 X\r\n" + HELLO}) as url:
        _serve(gateway, url)
        assert talk(gateway, b"GET /orders/low HTTP/1.1\r\nHost: x\r\n\r\n") == b""


def test_an_exchange_has_a_deadline(orders: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upstream that sends byte after byte is given up at the deadline of the whole exchange."""
    monkeypatch.setattr(upstream, "BOUNDS", Bounds(0.2, 1 << 20))
    try:
        assert told(get(orders, "", "/orders/endless")) == (504, "Upstream service reached hard timeout.")
    finally:
        _STOPPED.set()


def test_a_decompressed_body_is_bounded(orders: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small body in gzip that expands beyond the bound of a body is refused."""
    monkeypatch.setattr(upstream, "BOUNDS", Bounds(10, 1 << 20))
    assert get(orders, "", "/orders/bomb").status == 500


def test_all_bodies_together_are_bounded(orders: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that would be too much with all others is refused, and each is counted while it is received."""
    monkeypatch.setattr(upstream, "BOUNDS", Bounds(10, 8 << 20, Together(4 << 20)))
    for _ in range(3):  # each answer gives back what it took
        assert get(orders, "", "/orders/bomb").status == 200
    monkeypatch.setattr(upstream, "BOUNDS", Bounds(10, 8 << 20, Together(3 << 20)))
    for _ in range(2):
        assert told(get(orders, "", "/orders/bomb")) == (503, upstream.IS_FULL)
    monkeypatch.setattr(upstream, "BOUNDS", Bounds(10, 8 << 20, Together(0)))
    assert get(orders, "", "/orders/gzip").status == 200


def test_an_api_that_targets_itself_ends(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A request that the mock gets from itself again and again is refused, with the cause in body and log."""
    _serve(gateway, f"{gateway.url}/orders/")
    status, message = told(get(gateway, ""))
    assert status == 508
    assert "leads to its own listen path" in message
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_loop_that_hides_its_hops_ends(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop whose API drops X-Forwarded-For ends at the number of exchanges in progress, and the mock lives."""
    versions = {
        "not_versioned": False,
        "versions": {"127.0.0.1": {"name": "127.0.0.1"}},
        "default_version": "127.0.0.1",
    }
    definition = {"location": "header", "key": "X-Forwarded-For", "strip_versioning_data": True}
    _serve(gateway, f"{gateway.url}/orders/", version_data=versions, definition=definition)
    monkeypatch.setattr(gateway.gateway, "waiting", threading.BoundedSemaphore(5))
    assert get(gateway, "").status == 503
    assert send(gateway, "GET", "/hello").status == 200


@pytest.mark.parametrize("value", ["s3cret-value\r X: y", "s3cret-value\x00", "s3cret-value\n"])
def test_an_error_shows_no_value_of_a_header(value: str) -> None:
    """A request that cannot be sent fails with the name of the header, and without its value."""
    outgoing = Outgoing("GET", "/", "x", (("Authorization", value),))
    with pytest.raises(TransportError) as error:
        outgoing.data()
    assert "Authorization" in str(error.value)
    assert "s3cret" not in repr(error.value)
    assert error.value.__cause__ is error.value.__context__ is None


def test_a_failed_exchange_logs_no_secret(
    orders: MockGateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the log nor stderr has a credential, though the exchange fails or the request is odd."""
    secret = b"s3cret-value"
    for path in (b"bare_CR", b"nothing", b"head_cut"):
        for fold in (b"", b"\r\n \rX: y", b"\r\n \x00"):
            head = b"X-Tyk-Authorization: " + secret + fold + b"\r\nAuthorization: " + secret + fold
            talk(
                orders,
                b"GET /orders/"
                + path
                + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + head
                + b"\r\n\r\n",
            )
    printed = capfd.readouterr()
    assert secret.decode() not in caplog.text + printed.out + printed.err


def test_a_rejection_is_made_anew() -> None:
    """Two rejections of one kind are two exceptions, for an exception keeps its traceback, and so its frames."""
    assert upstream.NOT_REACHED() is not upstream.NOT_REACHED()
