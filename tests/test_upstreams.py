"""The framing of an upstream's answer on its way back; a gateway 5.12.0 showed each case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from answering import answering
from asking import send, talk
from orders import ORDERS, serve

from mockserver import MockGateway
from mockserver.golang.content_sniffing import content_type

CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n5\r\n<html\r\n0\r\n\r\n"
ANSWERS = {
    "/chunks": b"HTTP/1.1 200 OK\r\n" + CHUNKS,
    "/refused-in-chunks": b"HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\n" + CHUNKS,
    "/no-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "/until-closed": b"HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\n<html",
    "/no-body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/as-before": b'HTTP/1.1 304 Not Modified\r\nEtag: "x"\r\n\r\n',
    "/empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    "/packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\n<html>",
}


@pytest.fixture(scope="module", name="orders")
def _orders() -> Iterator[MockGateway]:
    """A mock with an API before an upstream that gives the ANSWERS."""
    with answering(ANSWERS) as url, MockGateway() as gateway:
        serve(gateway, proxy={**ORDERS["proxy"], "target_url": url}, use_keyless=True)  # type: ignore[dict-item]
        yield gateway


@pytest.mark.parametrize(
    ("method", "path", "length", "kind", "body"),
    [
        ("GET", "/chunks", "chunked", "", b"<html"),
        ("GET", "/refused-in-chunks", "chunked", "a/b", b"<html"),
        ("GET", "/no-chunk", "chunked", "", b""),
        ("GET", "/until-closed", "chunked", "a/b", b"<html"),
        ("GET", "/no-body", "", "", b""),
        ("GET", "/as-before", "", "", b""),
        ("GET", "/empty", "0", "", b""),
        ("GET", "/short", "6", "text/html; charset=utf-8", b"<html>"),
        ("GET", "/packed", "6", "", b"<html>"),
        ("HEAD", "/chunks", "", "", b""),
        ("HEAD", "/empty", "0", "", b""),
        ("HEAD", "/short", "6", "", b""),
    ],
)
def test_an_answer_is_framed_as_its_upstream_frames_it(
    orders: MockGateway, method: str, path: str, length: str, kind: str, body: bytes
) -> None:
    """An answer without Content-Length is sent in chunks, and its type is not guessed."""
    answer = send(orders, method, f"/orders{path}", [])
    framed = answer.get("Transfer-Encoding") or answer.get("Content-Length")
    assert (framed, answer.get("Content-Type"), answer.body) == (length, kind, body)


def test_a_box_longer_than_the_body_is_not_searched() -> None:
    """The length that a video's first box declares is not trusted beyond the body."""
    assert content_type(b"\xff\xff\xff\xfcftypisom" + bytes(500)) == "application/octet-stream"


@pytest.mark.parametrize(
    ("framing", "sent"),
    [
        (b"Content-Length: 9", b"half"),
        (b"Transfer-Encoding: chunked", b"4\r\nhalf\r\n"),
        (b"Transfer-Encoding: chunked", b"4\r\nhalf\r\nno number\r\n"),
    ],
    ids=["length", "chunks", "a bad chunk"],
)
def test_a_request_that_broke_off_does_not_reach_the_upstream(
    orders: MockGateway, framing: bytes, sent: bytes
) -> None:
    """A request whose body broke off is answered with 500, and its beginning is not sent on."""
    head = b"POST /orders/short HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + framing + b"\r\n\r\n"
    answer = talk(orders, head + sent, half_close=True)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"error": "There was a problem with reading Body of the Request."' in answer
    assert orders.journal[-1].upstream is None
