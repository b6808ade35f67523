"""Responses, as net/http frames them."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import pytest

from mockserver.http.messages import Reply, parse_head
from mockserver.http.responses import response_bytes, today

GET, HEAD = b"GET / HTTP/1.1\r\nHost: h", b"HEAD / HTTP/1.1\r\nHost: h"
OLD = b"GET / HTTP/1.0"
LONG = b"n" * 2049


@pytest.mark.parametrize(
    ("head", "reply", "lines", "body"),
    [
        (GET, Reply(b"{}"), b"200 OK|Content-Type: application/json|Date: X|Content-Length: 2", b"{}"),
        (GET, Reply(b"", 200, ()), b"200 OK|Date: X|Content-Length: 0", b""),
        (GET, Reply(b"", 204, ()), b"204 No Content|Date: X", b""),
        (GET, Reply(b"", 304, ()), b"304 Not Modified|Date: X", b""),
        (GET, Reply(b"", 205, ()), b"205 Reset Content|Date: X|Content-Length: 0", b""),
        (GET, Reply(b"", 305, ()), b"305 Use Proxy|Date: X|Content-Length: 0", b""),
        (GET, Reply(b"", 799, ()), b"799 status code 799|Date: X|Content-Length: 0", b""),
        (HEAD, Reply(b"{}", 200, ()), b"200 OK|Date: X|Content-Length: 2", b""),
        (HEAD, Reply(b"", 200, ()), b"200 OK|Date: X", b""),
        (HEAD, Reply(LONG, 200, ()), b"200 OK|Date: X|Content-Length: 2049", b""),
        (
            GET,
            Reply(LONG, 200, ()),
            b"200 OK|Date: X|Transfer-Encoding: chunked",
            b"801\r\n" + LONG + b"\r\n0\r\n\r\n",
        ),
        (GET, Reply(LONG[1:], 200, ()), b"200 OK|Date: X|Content-Length: 2048", LONG[1:]),
        (
            GET,
            Reply(b"ab", 200, (("transfer-Encoding", "chunked"),)),
            b"200 OK|Date: X|Transfer-Encoding: chunked",
            b"2\r\nab\r\n0\r\n\r\n",
        ),
        (
            GET,
            Reply(b"", 200, (("Transfer-Encoding", "chunked"),)),
            b"200 OK|Date: X|Transfer-Encoding: chunked",
            b"0\r\n\r\n",
        ),
        (GET, Reply(LONG, 200, (("content-Length", "2049"),)), b"200 OK|Date: X|Content-Length: 2049", LONG),
        (HEAD, Reply(b"", 200, (("Content-Length", "7"),)), b"200 OK|Date: X|Content-Length: 7", b""),
        (GET, Reply(b"", 200, (("B", "1"), ("A", "2"))), b"200 OK|A: 2|B: 1|Date: X|Content-Length: 0", b""),
        (GET, Reply(b"", 200, (("dAte", "then"),)), b"200 OK|dAte: then|Content-Length: 0", b""),
    ],
)
def test_a_response_is_framed_by_its_reply(head: bytes, reply: Reply, lines: bytes, body: bytes) -> None:
    """The status, the headers and the length of the body decide how a response is framed."""
    encoded = response_bytes(parse_head(head), reply, close=False)
    expected = b"HTTP/1.1 " + lines.replace(b"|", b"\r\n") + b"\r\n\r\n" + body
    assert re.sub(rb"Date: [^\r]*", b"Date: X", encoded) == expected


@pytest.mark.parametrize(
    ("head", "close", "lines"),
    [
        (GET, False, b"HTTP/1.1 200 OK|Date: X|Content-Length: 0"),
        (GET, True, b"HTTP/1.1 200 OK|Date: X|Content-Length: 0|Connection: close"),
        (OLD, False, b"HTTP/1.0 200 OK|Date: X|Content-Length: 0|Connection: keep-alive"),
        (OLD, True, b"HTTP/1.0 200 OK|Date: X|Content-Length: 0"),
    ],
)
def test_a_response_says_what_its_version_does_not(head: bytes, close: bool, lines: bytes) -> None:
    """A response of HTTP/1.1 names the connection if it closes, and one of HTTP/1.0 if it stays open."""
    encoded = response_bytes(parse_head(head), Reply(b"", 200, ()), close=close)
    assert re.sub(rb"Date: [^\r]*", b"Date: X", encoded) == lines.replace(b"|", b"\r\n") + b"\r\n\r\n"


def test_a_long_response_of_http_1_0_has_no_frame() -> None:
    """A long body of HTTP/1.0 ends with the connection, and has neither a length nor chunks."""
    encoded = response_bytes(parse_head(OLD), Reply(LONG, 200, ()), close=True)
    assert re.sub(rb"Date: [^\r]*", b"Date: X", encoded) == b"HTTP/1.0 200 OK\r\nDate: X\r\n\r\n" + LONG


@pytest.mark.parametrize(
    "line",
    [
        "413 Request Entity Too Large", "414 Request URI Too Long", "415 Unsupported Media Type",
        "416 Requested Range Not Satisfiable", "417 Expectation Failed", "418 I'm a teapot",
        "422 Unprocessable Entity", "423 Locked",
    ],
)  # fmt: skip
def test_a_status_has_the_phrase_of_go(line: str) -> None:
    """The phrase of a status is that of Go, where it differs from Python's and beside it."""
    encoded = response_bytes(parse_head(GET), Reply(b"", int(line[:3])), close=False)
    assert encoded.startswith(f"HTTP/1.1 {line}\r\n".encode())


def test_the_date_is_in_the_form_of_http() -> None:
    """The Date header has the current time as GMT."""
    date = today().decode()
    assert len(date) == len("Mon, 02 Jan 2006 15:04:05 GMT")
    assert date.endswith(" GMT")
    assert parsedate_to_datetime(date).tzinfo is not None


@pytest.mark.parametrize(("method", "length"), [("GET", b"5"), ("HEAD", b"99")])
def test_a_length_is_that_of_the_body(method: str, length: bytes) -> None:
    """A reply cannot frame a body wrongly: only the response to HEAD has the length that the reply states."""
    head = parse_head(method.encode() + b" / HTTP/1.1\r\nHost: x")
    reply = Reply(b"hello", 200, (("Content-Length", "99"),))
    assert b"\r\nContent-Length: " + length + b"\r\n" in response_bytes(head, reply, close=False)


@pytest.mark.parametrize(
    ("headers", "lines"),
    [
        ((("X-A", "a\r\nX-B: b\r\n\r\nHTTP/1.1 200 OK"),), b"X-A: a  X-B: b    HTTP/1.1 200 OK\r\n"),
        ((("X-A", " a\n"),), b"X-A: a\r\n"),
        ((("X-A\r\nX-B", "b"), ("X C", "c"), ("", "d"), ("X-漢", "e"), ("X-F", "f")), b"X-F: f\r\n"),
        ((("X-A", "漢 \udcff"),), "X-A: 漢 ?\r\n".encode()),
        ((("X-A", "\xe9"),), b"X-A: \xe9\r\n"),
        ((("Content-Length", "abc"),), b""),
    ],
)
@pytest.mark.parametrize("head", [GET, HEAD])
def test_no_header_of_a_reply_is_more_than_one_line(
    head: bytes, headers: tuple[tuple[str, str], ...], lines: bytes
) -> None:
    """Line breaks in the value of a header are sent as blanks, and a name that is no token is left out."""
    encoded = response_bytes(parse_head(head), Reply(b"ok", 200, headers), close=False)
    expected = b"HTTP/1.1 200 OK\r\n" + lines + b"Date: X\r\nContent-Length: 2\r\n\r\n"
    assert re.sub(rb"Date: [^\r]*", b"Date: X", encoded) == expected + (b"ok" if head is GET else b"")


@pytest.mark.parametrize("size", [4, 4000])
@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(status: int, size: int) -> None:
    """The body of a reply with status 204 or 304, as an upstream makes it, is not sent: it would split the response."""
    response = response_bytes(parse_head(GET), Reply(b"x" * size, status), close=False)
    assert response.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in response
