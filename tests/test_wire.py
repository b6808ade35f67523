"""The server, by raw bytes: what Go's net/http takes, refuses and frames."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from mockserver import MockGateway

SECRET = "raw-secret"
AUTH = f"X-Tyk-Authorization: {SECRET}\r\n".encode()
END = b"Host: h\r\nConnection: close\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


def talk(gateway: MockGateway, data: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes, read until the connection ends; the date is blanked."""
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return re.sub(rb"Date: [^\r]*", b"Date: X", b"".join(parts))


def test_an_answer_is_framed_as_go_frames_it(gateway: MockGateway) -> None:
    """The order of headers, the length, and no server's name."""
    assert talk(gateway, b"GET /tyk/policies HTTP/1.1\r\n" + AUTH + END) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: X\r\n"
        b"Content-Length: 3\r\nConnection: close\r\n\r\n[]\n"
    )


def test_a_body_over_two_kilobytes_comes_in_one_chunk(gateway: MockGateway) -> None:
    """2048 bytes have a length, 2049 are chunked."""
    empty = len(gateway.gateway.codec.encode(gateway.gateway.codec.decode(b'{"id":"x"}'))) + 1
    for length, name in ((2048, "x"), (2049, "y")):
        gateway.policies.seed({"id": name, "name": "n" * (length - empty)})
        data = talk(gateway, b"GET /tyk/policies/%s HTTP/1.1\r\n" % name.encode() + AUTH + END)
        head, _, body = data.partition(b"\r\n\r\n")
        chunked = b"Transfer-Encoding: chunked" in head
        assert chunked is (length > 2048)
        assert (b"Content-Length: 2048" in head) is not chunked
        assert (
            body.startswith(b"801\r\n{") and body.endswith(b"}\n\r\n0\r\n\r\n")
            if chunked
            else body[-1:] == b"\n"
        )


@pytest.mark.parametrize(
    "data",
    [
        b"GARBAGE\r\n\r\n",
        b"GET  /hello HTTP/1.1\r\n" + END,
        b"GET hello HTTP/1.1\r\n" + END,
        b"GET /hel%lo HTTP/1.1\r\n" + END,
        b"GET /a\x01 HTTP/1.1\r\n" + END,
        b"GET /hello HTTP/1.1\r\nHost: h\r\n" + END,
        b"GET /hello HTTP/1.1\r\nX: a\x00b\r\n" + END,
        b"GET /hello HTTP/1.1\r\nX\r\n" + END,
        b"GET /hello HTTP/1.1\r\nX@: y\r\n" + END,
        b"GET /hello HTTP/1.1\r\n X: y\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: x\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: -1\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + END + b"aa",
    ],
)
def test_a_malformed_message_is_refused(gateway: MockGateway, data: bytes) -> None:
    """With the bare text, and the connection closed."""
    assert talk(gateway, data) == BAD


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"GET /hello HTTP/1.1\r\n\r\n", b"400 Bad Request: missing required Host header"),
        (b"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", b"400 Bad Request: malformed Host header"),
        (b"GET /hello HTTP/1.1\r\nX : y\r\n" + END, b"400 Bad Request: invalid header name"),
        (
            b"GET /hello HTTP/2.0\r\n" + END,
            b"505 HTTP Version Not Supported: unsupported protocol version",
        ),
        (b"POST /hello HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + END, b"501 Not Implemented"),
        (b"GET /hello HTTP/1.1\r\nExpect: nonsense\r\n" + END, b"417 Expectation Failed"),
        (b"GET /hello HTTP/1.1\r\nX: " + b"a" * 1_100_000, b"431 Request Header Fields Too Large"),
        (b"OPTIONS * HTTP/1.1\r\n" + END, b"200 OK"),
        (b"get /hello HTTP/1.1\r\n" + END, b"405 Method Not Allowed"),
        (b"GET http://elsewhere/tyk//reload HTTP/1.1\r\n" + AUTH + END, b"301 Moved Permanently"),
        (b"GET /hello HTTP/1.1\nHost: h\nConnection: close\n\n", b"200 OK"),
    ],
)
def test_an_odd_message_is_answered_as_go_answers_it(gateway: MockGateway, data: bytes, line: bytes) -> None:
    """By its first line."""
    assert talk(gateway, data).split(b"\r\n")[0] == b"HTTP/1.1 " + line


def test_http_1_0_ends_its_connection(gateway: MockGateway) -> None:
    """Unless the client asks to keep it."""
    assert talk(gateway, b"GET /hello HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 OK\r\n")


def test_http_1_0_ends_a_long_body_with_its_connection(gateway: MockGateway) -> None:
    """For it has no length and no chunks, though the client asks to keep it."""
    gateway.policies.seed({"id": "long", "name": "n" * 3000})
    asked = b"GET /tyk/policies/long HTTP/1.0\r\nConnection: keep-alive\r\n" + AUTH + b"\r\n"
    head, _, body = talk(gateway, asked).partition(b"\r\n\r\n")
    assert head == b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nDate: X"
    assert (body[:1], body[-2:]) == (b"{", b"}\n")


def test_requests_in_one_piece_are_answered_in_their_order(gateway: MockGateway) -> None:
    """A connection is kept, and what was sent ahead is not lost."""
    one = b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
    data = talk(
        gateway,
        one + b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" + one + b"GET /tyk HTTP/1.1\r\n" + END,
    )
    assert re.findall(rb"HTTP/1.1 (\d+)", data) == [b"404", b"200", b"404", b"404"]


def chunked(*parts: bytes) -> bytes:
    """A POST of a policy in chunks."""
    head = b"POST /tyk/policies HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
    return head + AUTH + END + b"".join(parts)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((b'5\r\n{"id"\r\n', b'6\r\n:"ck"}\r\n', b"0\r\n\r\n"), b"200"),
        ((b'B;x=y\r\n{"id":"ck"}\r\n', b"0\r\nTrailer: x\r\n\r\n"), b"200"),
        ((b'b\r\n{"id":"ck"}xx', b"0\r\n\r\n"), b"200"),
        ((b"zz\r\n",), b"400"),
        ((b'b\n{"id":"ck"}\n', b"0\n\n"), b"400"),
        ((b"0\r\n\r\n",), b"400"),
    ],
)
def test_a_chunked_body_is_read_as_far_as_it_goes(
    gateway: MockGateway, parts: tuple[bytes, ...], status: bytes
) -> None:
    """The first JSON value counts, though the rest be broken."""
    assert talk(gateway, chunked(*parts)).split(b" ")[1] == status


def test_a_body_that_breaks_off_is_malformed(gateway: MockGateway) -> None:
    """Even where a whole value had come."""
    data = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b'Content-Length: 50\r\n\r\n{"id":"half"}'
    assert b"Request malformed" in talk(gateway, data, half_close=True)


def test_the_first_of_several_secrets_counts(gateway: MockGateway) -> None:
    """A header that stands twice is not joined."""
    wrong = b"X-Tyk-Authorization: wrong\r\n"
    for headers, status in ((AUTH + wrong, b"200"), (wrong + AUTH, b"403")):
        data = talk(gateway, b"GET /tyk/policies HTTP/1.1\r\n" + headers + END)
        assert data.split(b" ")[1] == status


def test_a_slow_sender_does_not_hold_up_others(gateway: MockGateway) -> None:
    """Each connection goes at its own pace."""
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b"Content-Length: 10\r\n\r\n{")
        assert b"200 OK" in talk(gateway, b"GET /hello HTTP/1.1\r\n" + END)
