"""The client: what of an answer it tells, and what it makes of a broken one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mockserver.http.client import Client, ClientError, Incomplete


@contextmanager
def server(*answers: bytes, close: bool = True) -> Iterator[str]:
    """One connection: each request is answered by the next bytes."""
    done = threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            for answer in answers:
                peer.recv(65536)
                peer.sendall(answer)
            if not close:
                done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join(10)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: "


def test_what_follows_a_body_is_told() -> None:
    """And the next request has a connection of its own."""
    with server(HEAD + b"2\r\n\r\nokXY") as url, Client(url, 5) as client:
        answer = client.send("GET", "/")
    assert (answer.body, answer.trailing) == (b"ok", b"XY")


def test_a_second_answer_on_one_connection_is_read() -> None:
    """The stream is kept, and nothing of it is lost."""
    with server(HEAD + b"2\r\n\r\nok", HEAD + b"3\r\n\r\nyes") as url, Client(url, 5) as client:
        bodies = [client.send("GET", "/").body for _ in range(2)]
    assert bodies == [b"ok", b"yes"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HEAD + b"9\r\n\r\nok", "the body is incomplete: 2 of 9 bytes arrived"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
            "the body is incomplete: 2 bytes arrived, and not the last chunk",
        ),
    ],
)
def test_a_body_that_ends_early_is_told(answer: bytes, reason: str) -> None:
    """With what came of it."""
    with server(answer) as url, Client(url, 5) as client, pytest.raises(Incomplete, match=reason) as caught:
        client.send("GET", "/")
    assert caught.value.answer.body == b"ok"


def test_a_body_that_stalls_is_given_up() -> None:
    """Before the time for a whole answer is over."""
    with (
        server(HEAD + b"9\r\n\r\nok", close=False) as url,
        Client(url, 0.2) as client,
        pytest.raises(Incomplete, match="2 of 9 bytes"),
    ):
        client.send("GET", "/")


@pytest.mark.parametrize(("head", "kept"), [(b"", True), (b"Connection: close\r\n", False)])
def test_whether_a_connection_is_kept_is_told(head: bytes, kept: bool) -> None:
    """By the answer's own words."""
    with (
        server(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n") as url,
        Client(url, 5) as client,
    ):
        assert client.send("GET", "/").keeps_alive is kept


def test_what_is_no_http_is_told() -> None:
    """In one line."""
    with (
        server(b"hello\r\n\r\n") as url,
        Client(url, 5) as client,
        pytest.raises(ClientError, match="not an HTTP response"),
    ):
        client.send("GET", "/")


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        (b"X-One: 1\r\nx-one:2 \r\n", (("X-One", "1"), ("x-one", "2"))),
        (b"no header\r\nX-One: 1\r\n", (("no header", ""), ("X-One", "1"))),
        (b"X-One: 1\r\n  and more\r\n", (("X-One", "1 and more"),)),
        (b" X-One: 1\r\n", ((" X-One", "1"),)),
        (b": 1\r\n", (("", "1"),)),
        (b"X-\xe9: \xe9\r\n", (("X-\xe9", "\xe9"),)),
    ],
)
def test_headers_are_told_as_they_came(lines: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    """Whatever they are; none of them is lost behind a line that is no header."""
    with (
        server(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\nok") as url,
        Client(url, 5) as client,
    ):
        answer = client.send("GET", "/")
    assert answer.headers == (*headers, ("Content-Length", "2"))
    assert answer.body == b"ok"


@pytest.mark.parametrize("lines", [b"X: 1\r\n" * 101, b"X: " + b"1" * (64 << 10) + b"\r\n"])
def test_endless_headers_are_given_up(lines: bytes) -> None:
    with (
        server(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n") as url,
        Client(url, 5) as client,
        pytest.raises(ClientError, match="not an HTTP response: HTTPException the headers exceed"),
    ):
        client.send("GET", "/")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n", b"ok"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\nConnection: close\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n2\r\n", b"ok"),
    ],
)
def test_a_body_is_as_long_as_its_head_says(head: bytes, body: bytes) -> None:
    """Or as long as the connection is open."""
    rest = b"\r\n0\r\n\r\n" if b"Chunked" in head else b""
    with server(head + b"ok" + rest) as url, Client(url, 5) as client:
        assert client.send("GET", "/").body == body


def test_a_long_body_is_kept_packed() -> None:
    """A run keeps all answers; one of thousands of policies would fill its memory."""
    body = b'{"name":"gold"},' * 10_000
    with server(HEAD + b"%d\r\n\r\n" % len(body) + body) as url, Client(url, 5) as client:
        answer = client.send("GET", "/")
    assert answer.body == body
    assert len(answer.stored) < len(body) // 10


def test_a_body_that_is_too_long_is_not_read() -> None:
    body = b"x" * (3 << 20)
    with (
        server(HEAD + b"%d\r\n\r\n" % len(body) + body) as url,
        Client(url, 5, longest=2 << 20) as client,
        pytest.raises(ClientError, match="the body is longer than 2 MiB"),
    ):
        client.send("GET", "/")
