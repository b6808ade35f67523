"""The HTTP server, by raw bytes: what Go's net/http accepts, refuses and frames."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asking import limited, talk

from mockserver import MockGateway
from mockserver.http.chunked_body import ChunkedBody
from mockserver.http.limits import Limits
from mockserver.http.messages import parse_head

SECRET = "raw-secret"
AUTH = f"X-Tyk-Authorization: {SECRET}\r\n".encode()
END = b"Host: h\r\nConnection: close\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


def test_an_answer_is_framed_as_go_frames_it(gateway: MockGateway) -> None:
    """An answer has Go's order of headers, its length, and no Server header."""
    assert talk(gateway, b"GET /tyk/policies HTTP/1.1\r\n" + AUTH + END) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: X\r\n"
        b"Content-Length: 3\r\nConnection: close\r\n\r\n[]\n"
    )
    assert gateway.journal[-1].body == b""


def get_policy_of_length(gateway: MockGateway, length: int) -> tuple[bytes, bytes]:
    """Head and body, as they were sent, of an answer whose JSON has so many bytes."""
    empty = len(gateway.gateway.codec.encode(gateway.gateway.codec.decode(b'{"id":"x"}'))) + 1
    gateway.policies.seed({"id": "x", "name": "n" * (length - empty)})
    head, _, body = talk(gateway, b"GET /tyk/policies/x HTTP/1.1\r\n" + AUTH + END).partition(b"\r\n\r\n")
    return head, body


def test_a_body_of_two_kilobytes_has_a_length(gateway: MockGateway) -> None:
    """A body of 2048 bytes is sent with its Content-Length."""
    head, body = get_policy_of_length(gateway, 2048)
    assert b"Content-Length: 2048" in head
    assert b"Transfer-Encoding" not in head
    assert len(body) == 2048
    assert body.endswith(b"}\n")


def test_a_body_over_two_kilobytes_is_one_chunk(gateway: MockGateway) -> None:
    """A body of 2049 bytes is sent in one chunk."""
    head, body = get_policy_of_length(gateway, 2049)
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert body.startswith(b"801\r\n{")
    assert body.endswith(b"}\n\r\n0\r\n\r\n")


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
        b"G@T /hello HTTP/1.1\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: x\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: -1\r\n" + END,
        b"GET /hello HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + END + b"aa",
    ],
    ids=[
        "no request line",
        "two spaces",
        "no slash",
        "bad escape",
        "control character in the target",
        "two Hosts",
        "NUL in a value",
        "no colon",
        "bad name",
        "folded first line",
        "bad method",
        "length of letters",
        "negative length",
        "two lengths",
    ],
)
def test_a_malformed_message_is_refused(gateway: MockGateway, data: bytes) -> None:
    """A malformed request is refused with plain text, and the connection closes."""
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
    ids=[
        "no Host",
        "bad Host",
        "space before the colon",
        "HTTP/2.0",
        "gzip",
        "expectation",
        "long header",
        "OPTIONS *",
        "lower-case method",
        "absolute target",
        "bare newlines",
    ],
)
def test_an_odd_message_is_answered_as_go_answers_it(gateway: MockGateway, data: bytes, line: bytes) -> None:
    """An unusual request has the status line of Go's net/http."""
    assert talk(gateway, data).split(b"\r\n")[0] == b"HTTP/1.1 " + line


def test_http_1_0_ends_a_long_body_with_its_connection(gateway: MockGateway) -> None:
    """A long body for HTTP/1.0 ends with the connection, for it has neither a length nor chunks."""
    gateway.policies.seed({"id": "long", "name": "n" * 3000})
    request = b"GET /tyk/policies/long HTTP/1.0\r\nConnection: keep-alive\r\n" + AUTH + b"\r\n"
    head, _, body = talk(gateway, request).partition(b"\r\n\r\n")
    assert head == b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nDate: X"
    assert (body[:1], body[-2:]) == (b"{", b"}\n")


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
    ids=["two chunks", "extension and trailer", "no end of a chunk", "bad size", "bare newlines", "empty"],
)
def test_a_chunked_body_is_read_up_to_its_first_error(
    gateway: MockGateway, parts: tuple[bytes, ...], status: bytes
) -> None:
    """The gateway takes the first JSON value of a chunked body, even if a later chunk is broken."""
    assert talk(gateway, chunked(*parts)).split(b" ")[1] == status


def test_a_truncated_body_is_malformed(gateway: MockGateway) -> None:
    """A body shorter than its Content-Length is malformed, even if it has a whole JSON value."""
    data = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b'Content-Length: 50\r\n\r\n{"id":"half"}'
    assert talk(gateway, data, half_close=True) == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nDate: X\r\n"
        b'Content-Length: 49\r\n\r\n{"status":"error","message":"Request malformed"}\n'
    )
    assert gateway.journal[-1].body == b""


@pytest.mark.parametrize(
    ("parts", "is_added"),
    [((b'b\r\n{"id":"ck"}\r\n',), True), ((b'5\r\n{"id"\r\n', b'6\r\n:"ck"}'), False)],
    ids=["after a chunk", "within a chunk"],
)
def test_a_chunked_body_may_be_truncated(
    gateway: MockGateway, parts: tuple[bytes, ...], is_added: bool
) -> None:
    """Complete chunks of a truncated body count, an incomplete one does not, and the connection closes."""
    head = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + AUTH + b"\r\n"
    answer = talk(gateway, head + b"".join(parts), half_close=True)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n" if is_added else b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nConnection: close\r\n" in answer


def test_a_truncated_head_is_refused(gateway: MockGateway) -> None:
    """A client that ends its side within a head is refused."""
    assert talk(gateway, b"GET /hello HTTP/1.1\r\nHo", half_close=True) == BAD


@pytest.mark.parametrize("size", [1, 2, 1000], ids=["byte by byte", "two bytes at a time", "in one piece"])
def test_a_chunked_body_may_come_in_any_pieces(size: int) -> None:
    """The chunks are the same however they are cut on their way, and what follows the body is left."""
    sent = b'1F;x\r\n{"id":"ck","name":"a longname"}\r\n2\r\n\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n'
    received, chunks = bytearray(), ChunkedBody(1000)
    for start in range(0, len(sent), size):
        assert not chunks.done
        received += sent[start : start + size]
        while chunks.take(received, 3) and not chunks.done:
            pass
    assert (chunks.done, chunks.broken) == (True, False)
    assert chunks.body == b'{"id":"ck","name":"a longname"}\r\n'
    assert received == b""


@pytest.mark.parametrize(
    ("line", "is_broken"),
    [
        (b"2;" + b"x" * 4092 + b"\r\n", False),
        (b"2;" + b"x" * 4093 + b"\r\n", True),
        (b"2" * 4095, False),
        (b"2" * 4096, True),
    ],
    ids=["4096 bytes", "4097 bytes", "4095 bytes without an end", "4096 bytes without an end"],
)
def test_a_line_before_a_chunk_has_a_limit(line: bytes, is_broken: bool) -> None:
    """A line of over 4096 bytes breaks the body, as in gateways 5.12.0 and 5.14.0."""
    chunks = ChunkedBody(1 << 64)
    chunks.take(bytearray(line), 1)
    assert (chunks.broken, chunks.done) == (is_broken, is_broken)


def test_an_unknown_encoding_is_refused(gateway: MockGateway) -> None:
    """A transfer encoding besides "chunked" is refused with a text of its own, as in gateways 5.12.0 and 5.14.0."""
    assert talk(gateway, b"POST /hello HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + END) == (
        b"HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Connection: close\r\n\r\nUnsupported transfer encoding"
    )


def test_folded_lines_continue_a_header() -> None:
    """A line that begins with a space or a tab continues the value before it, after one space."""
    head = parse_head(b"GET / HTTP/1.1\r\nHost: h\r\nX-A: \tone q\t \r\n\t two q\t\r\n  three\r\nX-B: \t")
    assert head.headers == (("Host", "h"), ("X-A", "one q two q three"), ("X-B", ""))


@pytest.mark.parametrize(("more", "status"), [(0, b"100 Continue"), (1, b"413 Request Entity Too Large")])
def test_a_body_has_a_limit(gateway: MockGateway, more: int, status: bytes) -> None:
    """A request that announces a body over the limit is refused, and one at the limit is not."""
    head = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %d\r\n"
    head += AUTH + b"\r\n"
    answer = talk(gateway, head % (Limits().body + more), half_close=True)
    assert Limits().body == 268_435_456
    assert answer.startswith(b"HTTP/1.1 " + status + b"\r\n")


@pytest.mark.parametrize(("longest", "status"), [(11, b"200 OK"), (10, b"413 Request Entity Too Large")])
def test_a_chunked_body_has_a_limit(gateway: MockGateway, longest: int, status: bytes) -> None:
    """A body whose chunks exceed the limit together is refused."""
    parts = b'5\r\n{"id"\r\n', b'6\r\n:"ck"}\r\n', b"0\r\n\r\n"
    with limited(gateway, body=longest):
        assert talk(gateway, chunked(*parts)).startswith(b"HTTP/1.1 " + status + b"\r\n")


WRONG_AUTH = b"X-Tyk-Authorization: wrong\r\n"


@pytest.mark.parametrize(
    ("headers", "status"),
    [(AUTH + WRONG_AUTH, b"200"), (WRONG_AUTH + AUTH, b"403")],
    ids=["right first", "wrong first"],
)
def test_the_first_of_several_secrets_counts(gateway: MockGateway, headers: bytes, status: bytes) -> None:
    """Of two X-Tyk-Authorization headers the gateway reads the first."""
    data = talk(gateway, b"GET /tyk/policies HTTP/1.1\r\n" + headers + END)
    assert data.split(b" ")[1] == status
