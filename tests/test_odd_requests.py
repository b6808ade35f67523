"""Unusual requests, each answered as gateway 5.14.0 answers it."""

from __future__ import annotations

import re

import pytest
from asking import talk

from mockserver import MockGateway

AUTH = b"X-Tyk-Authorization: s3cret\r\n"
HOST = b"Host: h\r\n"
CLOSE = b"Connection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
POLICY = b'{"id":"ck"}'
CHUNK = b"b\r\n" + POLICY + b"\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def get(headers: bytes, path: bytes = b"/x", version: bytes = b"1.1") -> bytes:
    """A GET with these lines of headers."""
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + headers + b"\r\n"


def post(headers: bytes, body: bytes, version: bytes = b"1.1") -> bytes:
    """A POST of a policy with these lines of headers."""
    return b"POST /tyk/policies HTTP/" + version + b"\r\n" + HOST + AUTH + headers + b"\r\n" + body


def trailer(lines: bytes) -> bytes:
    """A chunked POST with these lines after the last chunk, and another request."""
    return post(CHUNKED, CHUNK + b"0\r\n" + lines) + NEXT


def chunked(body: bytes) -> bytes:
    """A chunked POST with this as its body."""
    return post(CHUNKED + CLOSE, body)


FOLDED = {
    "NUL": (HOST + b"X: a\r\n b\x00c\r\n", 400),
    "CR": (HOST + b"X: a\r\n b\rX-Y: c\r\n", 400),
    "CR after a blank": (HOST + b"X: a\r\n \rX\r\n", 400),
    "escape": (HOST + b"X: a\r\n b\x1b[2J\r\n", 400),
    "colon on the second line": (HOST + b"X\r\n : b\r\n", 400),
    "empty line": (HOST + b"X: a\r\n  \r\nA: b\r\n", 404),
    "Host": (b"Host:\r\n h\r\n", 404),
}
SECRETS = {
    "after a line": (b"X-Tyk-Authorization:\r\n s3cret\r\n", 200),
    "after two lines": (b"X-Tyk-Authorization:\r\n\t\r\n s3cret\r\n", 200),
    "before a blank line": (b"X-Tyk-Authorization: s3cret\r\n \r\n", 403),
    "with a no-break space": (b"X-Tyk-Authorization: s3cret\xa0\r\n", 403),
}
FRAMES = {
    "folded length": (post(b"Content-Length:\r\n 11\r\n" + CLOSE, POLICY), [200]),
    "folded encoding": (post(b"Transfer-Encoding:\r\n chunked\r\n" + CLOSE, CHUNK + b"0\r\n\r\n"), [200]),
    "1.0 has no chunks": (post(CHUNKED + b"Content-Length: 11\r\n", POLICY, b"1.0"), [200]),
    "1.0 has no chunks, and no length": (post(CHUNKED, CHUNK + b"0\r\n\r\n", b"1.0"), [400]),
    "1.0 with an unknown encoding": (
        post(b"Transfer-Encoding: gzip\r\nContent-Length: 11\r\n", POLICY, b"1.0"), [200],
    ),
    "chunks and an invalid length": (post(CHUNKED + b"Content-Length: x\r\n", CHUNK + b"0\r\n\r\n"), [400]),
    "chunks and two lengths": (
        post(CHUNKED + b"Content-Length: 1\r\nContent-Length: 2\r\n", CHUNK + b"0\r\n\r\n"), [400],
    ),
    "length with many zeros": (post(b"Content-Length: " + b"0" * 20 + b"11\r\n" + CLOSE, POLICY), [200]),
    "length over 63 bits": (post(b"Content-Length: 9223372036854775808\r\n", POLICY), [400]),
    "length twice": (post(b"Content-Length: 11\r\nContent-Length: 11\r\n" + CLOSE, POLICY), [200]),
    "length twice, written differently": (
        post(b"Content-Length: 11\r\nContent-Length: 011\r\n" + CLOSE, POLICY), [400],
    ),
    "encoding twice": (post(CHUNKED + CHUNKED, CHUNK + b"0\r\n\r\n"), [501]),
    "line end after a POST": (post(b"Content-Length: 11\r\n", POLICY) + b"\r\n" + NEXT, [200, 404]),
    "four bytes of line ends": (post(b"Content-Length: 11\r\n", POLICY) + b"\r\n\r\n" + NEXT, [200, 404]),
    "six bytes of line ends": (post(b"Content-Length: 11\r\n", POLICY) + b"\r\n\r\n\r\n" + NEXT, [200, 400]),
    "line end before the first request": (b"\r\n" + NEXT, [400]),
    "CONNECT without Host": (b"CONNECT h:80 HTTP/1.1\r\nConnection: close\r\n\r\n", [301]),
}  # fmt: skip
CONNECTIONS = {
    "second header closes": (get(HOST + b"Connection: keep-alive\r\nConnection: close\r\n") + NEXT, [404]),
    "longer word": (get(HOST + b"Connection: closed\r\n") + NEXT, [404, 404]),
    "word with a hyphen": (get(HOST + b"Connection: x-close\r\n") + NEXT, [404, 404]),
    "list": (get(HOST + b"Connection: a , Close ,b\r\n") + NEXT, [404]),
    "1.0, second header": (get(b"Connection: a\r\nConnection: keep-alive\r\n", version=b"1.0") + NEXT, [404]),
    "1.0, both": (get(b"Connection: keep-alive, close\r\n", version=b"1.0") + NEXT, [404, 404]),
    "1.0, longer word": (get(b"Connection: xkeep-alive\r\n", version=b"1.0") + NEXT, [404]),
}
EXPECTATIONS = {
    "1.0": (post(b"Expect: 100-continue\r\nContent-Length: 11\r\n", POLICY, b"1.0"), [200]),
    "list": (post(b"Expect: 100-continue, x\r\nContent-Length: 11\r\n" + CLOSE, POLICY), [100, 200]),
    "second header": (post(b"Expect: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n", POLICY), [417]),
    "empty": (get(HOST + b"Expect:\r\n" + CLOSE), [404]),
}
TRAILERS = {
    "bare line feeds": (trailer(b"A: b\n\n"), [200, 404]),
    "bare line feed within": (trailer(b"A: b\nC: d\r\n\r\n"), [200, 404]),
    "bare line feed at once": (trailer(b"\n"), [200, 404]),
    "bare line feed at the end": (trailer(b"A: b\r\n\n"), [200, 404]),
    "folded": (trailer(b"A: b\r\n c\r\n\r\n"), [200, 404]),
    "no colon": (trailer(b"nocolon\r\n\r\n"), [200]),
    "bad name": (trailer(b"A@: b\r\n\r\n"), [200]),
    "NUL": (trailer(b"A: b\x00\r\n\r\n"), [200]),
    "folded first line": (trailer(b" A: b\r\n\r\n"), [200]),
    "4096 bytes": (trailer(b"A: " + b"b" * 4089 + b"\r\n\r\n"), [200, 404]),
    "4097 bytes": (trailer(b"A: " + b"b" * 4090 + b"\r\n\r\n"), [200]),
    "many lines": (trailer(b"A: b\r\n" * 700 + b"\r\n"), [200]),
    "announced": (post(CHUNKED + b"Trailer: X-A\r\n" + CLOSE, CHUNK + b"0\r\nX-A: b\r\n\r\n"), [200]),
    "announced length": (post(CHUNKED + b"Trailer: a, Content-Length\r\n", CHUNK + b"0\r\n\r\n"), [400]),
    "announced without chunks": (
        post(b"Trailer: Content-Length\r\nContent-Length: 11\r\n" + CLOSE, POLICY), [200],
    ),
}  # fmt: skip
LONG, LONGER = (
    b"".join(b"1;" + b"x" * size + b"\r\n%c\r\n" % byte for byte in POLICY) + b"0\r\n\r\n"
    for size in (1200, 3000)
)
CHUNKS = {
    "blanks after the size": (chunked(b"b \t\r\n" + POLICY + b"\r\n0\r\n\r\n"), [200]),
    "blanks before an extension": (chunked(b"b \t;x\r\n" + POLICY + b"\r\n0\r\n\r\n"), [400]),
    "blank before the size": (chunked(b" " + CHUNK + b"0\r\n\r\n"), [400]),
    "carriage return in an extension": (chunked(b"b;a\rb\r\n" + POLICY + b"\r\n0\r\n\r\n"), [400]),
    "16 digits": (chunked(b"0" * 15 + CHUNK + b"0\r\n\r\n"), [200]),
    "17 digits": (chunked(b"0" * 16 + CHUNK + b"0\r\n\r\n"), [400]),
    "several zeros": (chunked(CHUNK + b"0000\r\n\r\n"), [200]),
    "long extensions": (chunked(LONG), [200]),
    "too long extensions": (chunked(LONGER), [400]),
}


@pytest.mark.parametrize(("headers", "status"), FOLDED.values(), ids=FOLDED)
def test_a_folded_header_is_checked_as_a_whole(gateway: MockGateway, headers: bytes, status: int) -> None:
    """A character that no value may have is refused in a folded line too."""
    assert statuses(gateway, get(headers + CLOSE)) == [status]


@pytest.mark.parametrize(("headers", "status"), SECRETS.values(), ids=SECRETS)
def test_a_folded_secret_is_trimmed_at_its_start(gateway: MockGateway, headers: bytes, status: int) -> None:
    """Blanks and folds before a value are no part of it, those after it are."""
    assert statuses(gateway, get(HOST + headers + CLOSE, b"/tyk/policies")) == [status]


ODD = {
    f"{kind}: {name}": case
    for kind, cases in {
        "frame": FRAMES, "connection": CONNECTIONS, "expectation": EXPECTATIONS, "trailer": TRAILERS, "chunk": CHUNKS,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), ODD.values(), ids=ODD)
def test_an_odd_request_is_answered_as_by_a_gateway(
    gateway: MockGateway, sent: bytes, expected: list[int]
) -> None:
    """Length, chunks, trailers, Connection and Expect have the meaning that Go gives them."""
    assert statuses(gateway, sent) == expected


def statuses(gateway: MockGateway, sent: bytes) -> list[int]:
    """The statuses of all answers until the connection ends."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", talk(gateway, sent))]
