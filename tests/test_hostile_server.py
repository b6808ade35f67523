"""The HTTP client ends each exchange in time and in bounded memory, whatever the server sends."""

from __future__ import annotations

import time

import pytest
from asking import HANGS
from hostile import CHUNKED, HEAD, Conversation, Peer, answering, dripping, flooding, hostile

from mockserver.http.client import Client, ClientError, TimedOut, Unreachable
from mockserver.http.deadline import Deadline

LINE = b"X-Line: " + b"1" * 60_000 + b"\r\n"
INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"

SLOW = {
    "nothing": answering(),
    "a status line": dripping(b"HTTP/1.1 200 ", b"O"),
    "interim answers": dripping(b"HTTP/1.1 100 Continue\r\n", b"X"),
    "a header": dripping(HEAD + b"X-Long: ", b"x"),
    "a body": dripping(HEAD + b"Content-Length: 9999999\r\n\r\n", b"x"),
    "a body without a length": dripping(HEAD + b"\r\n", b"x"),
    "a chunk size": dripping(CHUNKED, b"0"),
    "a chunk": dripping(CHUNKED + b"ffffff\r\n", b"x"),
    "a chunk's extension": dripping(CHUNKED + b"1;", b"x"),
    "a trailer": dripping(CHUNKED + b"0\r\nX: ", b"x"),
    "lines of a trailer": dripping(CHUNKED + b"0\r\n", b"X: 1\r\n"),
}
ENDLESS = {
    "interim answers": (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "over 5 interim responses"),
    "other interim answers": (flooding(b"", INTERIM), "over 5 interim responses"),
    "headers": (flooding(HEAD, b"X: 1\r\n"), "the headers exceed 100 lines"),
    "folded headers": (flooding(HEAD + b"X: 1\r\n", b" 1\r\n"), "the headers exceed 100 lines"),
    "long headers": (flooding(HEAD, LINE), "the headers exceed 256 KiB"),
    "long interim answers": (
        flooding(b"", b"HTTP/1.1 103 Early Hints\r\n" + LINE * 2 + b"\r\n"), "the headers exceed 256 KiB",
    ),
    "a status line": (flooding(b"HTTP/1.1 200 ", b"x"), "got more than 65536 bytes"),
    "trailers": (flooding(CHUNKED + b"0\r\n", b"X: 1\r\n"), "the headers exceed 100 lines"),
    "long trailers": (flooding(CHUNKED + b"0\r\n", LINE), "the headers exceed 256 KiB"),
    "a chunk size": (flooding(CHUNKED, b"0"), "the body is incomplete"),
    "a chunk's extension": (flooding(CHUNKED + b"1;", b"x"), "the body is incomplete"),
    "small chunks": (flooding(CHUNKED, b"1\r\nx\r\n"), "the body is longer than 0 MiB"),
    "a body": (flooding(HEAD + b"\r\n", b"x"), "the body is longer than 0 MiB"),
    "a length": (answering(HEAD, b"Content-Length: ", b"9" * 5000, b"\r\n\r\n"), "Exceeds the limit"),
    "a negative chunk": (answering(CHUNKED, b"-5\r\nhello\r\n"), "the body is incomplete"),
}  # fmt: skip


@pytest.mark.parametrize("conversation", SLOW.values(), ids=SLOW)
def test_what_comes_slowly_ends_at_the_deadline(conversation: Conversation) -> None:
    """An answer that never ends, however it goes on, is given up at the deadline of the exchange."""
    start = time.monotonic()
    with hostile(conversation) as url, Client(url, timeout=0.4) as client, pytest.raises(TimedOut):
        client.send("GET", "/")
    assert time.monotonic() - start < HANGS


@pytest.mark.parametrize(("conversation", "reason"), ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_refused(conversation: Conversation, reason: str) -> None:
    """An answer without end is given up at a limit of its size, long before the deadline."""
    with (
        hostile(conversation) as url,
        Client(url, timeout=30, longest=50_000) as client,
        pytest.raises(ClientError, match=reason) as caught,
    ):
        client.send("GET", "/")
    assert len(str(caught.value)) <= 200


ODD_HEADS = {
    "a line of carriage returns": b"\r\r\n",
    "a carriage return at the end": b"\r",
    "a folded line at the start": b" folded\r\n",
    "a line without a colon": b"no colon\r\n",
    "a line without a name": b": x\r\n",
    "null bytes": b"\0\r\n\0:\0\r\n",
}


@pytest.mark.parametrize("lines", ODD_HEADS.values(), ids=ODD_HEADS)
@pytest.mark.parametrize("start", [HEAD, CHUNKED + b"0\r\n"], ids=["headers", "trailers"])
def test_odd_lines_are_read(start: bytes, lines: bytes) -> None:
    """Lines of a head or a trailer that are no headers are read as they are, and what follows is too."""

    def conversation(peer: Peer) -> None:
        peer.take()
        peer.say(start, lines)

    with hostile(conversation) as url, Client(url, 5) as client:
        assert client.send("GET", "/").status == 200


def test_a_server_that_does_not_read_is_given_up() -> None:
    """A request that the server does not read is given up at the deadline."""
    with hostile(Peer.hold) as url, Client(url, timeout=0.4) as client, pytest.raises(TimedOut):
        client.send("POST", "/", body=b"x" * (32 << 20))


def test_a_tls_handshake_that_is_not_answered_is_given_up() -> None:
    """A server that does not answer a TLS handshake is given up at the deadline."""
    with (
        hostile(Peer.hold) as url,
        Client(url.replace("http", "https"), timeout=0.4) as client,
        pytest.raises(Unreachable, match="does not answer the TLS handshake"),
    ):
        client.send("GET", "/")


def test_a_retry_has_no_deadline_of_its_own() -> None:
    """A request that is sent again, because its connection was closed, has the time that is left."""
    turns = iter(range(9))

    def conversation(peer: Peer) -> None:
        peer.take()
        if next(turns) == 0:
            peer.say(HEAD, b"Content-Length: 0\r\n\r\n")
            peer.take()
            peer.closing.wait(1.5)
        else:
            peer.hold()

    with hostile(conversation) as url, Client(url, timeout=2) as client:
        client.send("GET", "/")
        start = time.monotonic()
        with pytest.raises(TimedOut):
            client.send("GET", "/")
    assert client.dropped == ["GET /"]
    assert time.monotonic() - start < 3


def test_five_interim_answers_are_read() -> None:
    """Up to five interim answers of any status come before the answer, as in Go's client."""
    parts = INTERIM * 4, b"HTTP/1.1 100 Continue\r\n\r\n", HEAD, b"Content-Length: 2\r\n\r\nok"
    with hostile(answering(*parts)) as url, Client(url, 5) as client:
        assert client.send("GET", "/").body == b"ok"


@pytest.mark.parametrize("size", [1, 32 << 20], ids=["reading", "sending"])
def test_a_deadline_that_is_moved_ends_an_exchange(size: int) -> None:
    """An exchange ends at once, though it has time, when another thread ends the time of all exchanges."""
    limit = Deadline(60)

    def conversation(peer: Peer) -> None:
        peer.take()
        limit.shorten(0)
        peer.hold()

    start = time.monotonic()
    with hostile(conversation) as url, Client(url, 50, within=limit) as client, pytest.raises(TimedOut):
        client.send("POST", "/", body=b"x" * size)
    assert time.monotonic() - start < HANGS


def test_a_deadline_is_never_later_than_the_one_it_is_within() -> None:
    """A deadline within another ends with that, wherever that is moved to, and can be set anew."""
    outer = Deadline(100)
    inner = Deadline(50, within=outer)
    assert 40 < inner.left <= 50
    outer.shorten(10)
    outer.shorten(20)
    assert 5 < inner.left <= 10
    outer.set(0)
    assert inner.is_over
    outer.set(70)
    assert not inner.is_over
