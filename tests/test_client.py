"""The HTTP client: the details of an answer that it reports, and its errors for a broken one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from mockserver.http.client import Client, ClientError, Incomplete
from mockserver.http.echo_server import Echo


@contextmanager
def server(*answers: bytes, close: bool = True) -> Iterator[str]:
    """The URL of a server with one connection, on which each request is answered by the next bytes."""
    finished = threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        peer.settimeout(10)
        with peer:
            for answer in answers:
                peer.recv(65536)
                peer.sendall(answer)
            if not close:
                finished.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finished.set()
        thread.join(10)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: "


def test_bytes_behind_a_body_are_reported() -> None:
    """Bytes behind the declared length are no part of the body, and are reported as a surplus."""
    with server(HEAD + b"2\r\n\r\nokXY") as url, Client(url, 5) as client:
        answer = client.send("GET", "/")
    assert (answer.body, answer.trailing) == (b"ok", b"XY")


def test_a_host_among_the_headers_is_the_only_one() -> None:
    """A Host among the headers stands for that of the URL."""
    with Echo(shows_headers=True) as echo, Client(echo.url, 5) as client:
        hosts = [
            json.loads(client.send("GET", "/", headers).body)["headers"]["host"]
            for headers in ([], [("host", "a.test")], [("X", "1"), ("Host", "b.test")])
        ]
    assert hosts == [urlsplit(echo.url).netloc, "a.test", "b.test"]


def test_two_answers_on_one_connection_are_read() -> None:
    """The client reads both answers of a connection that the server keeps open."""
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
    ids=["by its length", "in chunks"],
)
def test_a_truncated_body_is_an_error(answer: bytes, reason: str) -> None:
    """A connection that closes within a body raises Incomplete with the bytes that arrived."""
    with server(answer) as url, Client(url, 5) as client, pytest.raises(Incomplete, match=reason) as caught:
        client.send("GET", "/")
    assert caught.value.answer.body == b"ok"


def test_a_stalled_body_is_an_error() -> None:
    """A server that stops within a body raises Incomplete once nothing has arrived for the timeout."""
    with (
        server(HEAD + b"9\r\n\r\nok", close=False) as url,
        Client(url, 0.2) as client,
        pytest.raises(Incomplete, match="2 of 9 bytes"),
    ):
        client.send("GET", "/")


@pytest.mark.parametrize(("head", "kept"), [(b"", True), (b"Connection: close\r\n", False)])
def test_an_answer_says_whether_its_connection_is_kept(head: bytes, kept: bool) -> None:
    """A connection is kept unless the answer has the header Connection: close."""
    with (
        server(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n") as url,
        Client(url, 5) as client,
    ):
        assert client.send("GET", "/").keeps_alive is kept


def test_an_answer_that_is_not_http_is_an_error() -> None:
    """An answer without a status line raises ClientError."""
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
    ids=["duplicates", "no colon", "folded", "folded first line", "no name", "latin-1"],
)
def test_headers_are_kept_as_they_were_sent(lines: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    """Headers keep their case, order and duplicates, and a line without a colon does not hide the next."""
    with (
        server(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\nok") as url,
        Client(url, 5) as client,
    ):
        answer = client.send("GET", "/")
    assert answer.headers == (*headers, ("Content-Length", "2"))
    assert answer.body == b"ok"


@pytest.mark.parametrize(
    "lines", [b"X: 1\r\n" * 101, b"X: " + b"1" * (64 << 10) + b"\r\n"], ids=["many", "long"]
)
def test_endless_headers_are_an_error(lines: bytes) -> None:
    """An answer with over 100 headers, or one of over 64 KiB, raises ClientError."""
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
    ids=["after 100 Continue", "HTTP/1.0", "no length", "negative length", "204", "chunked"],
)
def test_a_body_is_as_long_as_its_head_says(head: bytes, body: bytes) -> None:
    """A body ends at its Content-Length, at its last chunk, or with the connection."""
    rest = b"\r\n0\r\n\r\n" if b"Chunked" in head else b""
    with server(head + b"ok" + rest) as url, Client(url, 5) as client:
        assert client.send("GET", "/").body == body


def test_a_long_body_is_compressed_in_memory() -> None:
    """The client keeps a long body compressed, so that a run can keep all answers in memory."""
    body = b'{"name":"gold"},' * 100_000
    with server(HEAD + b"%d\r\n\r\n" % len(body) + body) as url, Client(url, 5) as client:
        answer = client.send("GET", "/")
    assert answer.body == body
    assert len(answer.stored) < len(body) // 10


def test_a_body_over_the_limit_is_an_error() -> None:
    """A body over the client's limit raises ClientError, and is not read."""
    body = b"x" * (3 << 20)
    with (
        server(HEAD + b"%d\r\n\r\n" % len(body) + body) as url,
        Client(url, 5, longest=2 << 20) as client,
        pytest.raises(ClientError, match="the body is longer than 2 MiB"),
    ):
        client.send("GET", "/")
