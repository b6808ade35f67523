"""Definitions and requests that break a careless reader; a gateway 5.14.0 answered each case as these tests expect."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from asking import HANGS, call, connect, send, talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orders import ORDERS, get, serve, told

from mockserver import MockGateway
from mockserver.gateway.listen_path import PathPrefix
from mockserver.golang.absolute_urls import AbsoluteUrl, BadUrl, parse
from mockserver.http.client import Client
from mockserver.http.echo_server import Echo


def _serve(gateway: MockGateway, **proxy: str) -> None:
    serve(gateway, use_keyless=True, proxy={**ORDERS["proxy"], **proxy})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:x/", "http://[::1", "http://[zz]/", "http://127.0.0.1/%zz", "http://127.0.0.1/a\x01b", "http://a b/",
     "http://127.0.0.1/?a=\tb", "http://127.0.0.1/?a=\nb", ":x", "http://a:b:c/", "http://u\u00e9@h/", "http://%41/", "a:b\x7f"],
)  # fmt: skip
def test_an_api_with_a_target_that_is_no_url_is_not_served(gateway: MockGateway, target: str) -> None:
    """An API whose target_url Go does not parse is skipped, and a warning says why without the URL."""
    _serve(gateway, target_url=target)
    assert get(gateway, "").status == 404
    (warning,) = gateway.gateway.warnings()
    assert "the target_url is not a URL: it" in warning


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "https://127.0.0.1:1/",
        "ws://[::1]:1/",
        "http://localhost:1",
    ],
)
def test_a_target_that_cannot_be_reached_is_a_500(gateway: MockGateway, target: str) -> None:
    """A target of this machine at which nothing listens is answered as an upstream that is down."""
    _serve(gateway, target_url=target)
    assert told(get(gateway, "")) == (500, "There was a problem proxying the request")


@pytest.mark.parametrize(
    ("end", "path", "reached"),
    [
        ("?a=\u00e9", "/orders/p?x=1", "/p?a=\u00c3\u00a9&x=1"),
        ("\u00e9", "/orders/p", "/%C3%A9/p"),
        ("a b", "/orders/p", "/a%20b/p"),
        ("#f", "/orders/p", "/p"),
        ("?a=1&b=%zz", "/orders/p?x=1", "/p?a=1&b=%zz&x=1"),
        ("", "/orders/zz?x=\u00e9", "/zz?x=\u00e9"),
        ("", "/orders/\u00e9", "/%E9"),
        ("", '/orders/a?x={}|\\^`"<>', '/a?x={}|\\^`"<>'),
        ("", "/orders/%0d%0aX:y?b%0d%0aX:y", "/%0d%0aX:y?b%0d%0aX:y"),
        ("", "/orders/\\a", "/%5Ca"),
    ],
)
def test_a_target_is_sent_as_its_bytes(gateway: MockGateway, end: str, path: str, reached: str) -> None:
    """The path and the query of a request reach the upstream as bytes, whatever they are."""
    with Echo() as echo:
        _serve(gateway, target_url=echo.url.replace("http:", "HTTP:") + end)
        received = talk(
            gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
        )
    assert json.loads(received.partition(b"\r\n\r\n")[2])["path"] == reached


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("HTTP://u:p@Host:80/a%20b?c#d", AbsoluteUrl("http", "Host:80", "/a b", "c")),
        ("http://[fe80::1%25lo]:1", AbsoluteUrl("http", "[fe80::1%25lo]:1")),
        ("mailto:x", AbsoluteUrl("mailto")),
        ("///a", AbsoluteUrl("", "", "///a")),
        ("", AbsoluteUrl()),
    ],
)
def test_a_url_has_parts(text: str, url: AbsoluteUrl) -> None:
    """A URL is parsed as Go parses it; a relative or opaque one has no authority."""
    assert parse(text) == url


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://H", "h", 80),
        ("wss://h", "h", 443),
        ("ftp://h", "h", 0),
        ("http://[::1%25lo]:1", "::1%lo", 1),
        ("http://h:", "h", 80),
    ],
)
def test_a_url_has_a_host_and_a_port(text: str, host: str, port: int) -> None:
    """The host is without brackets and escapes, and the port is that of the scheme unless given."""
    assert (parse(text).host, parse(text).port) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "http://h/#%zz",
        "1:2",
        "http://[1.2.3.4]",
        "http://h[::1]",
        "http://[::1]x",
        "http://h:1:2",
        "http://h\\x",
    ],
)
def test_a_text_is_no_url(text: str) -> None:
    """A text that Go does not parse is refused."""
    with pytest.raises(BadUrl):
        parse(text)


@pytest.mark.parametrize(
    ("listen_path", "path", "reached"),
    [
        ("/a/{n:[0-9]{2}}/", "/a/12/p", "/base/p"),
        ("/a/{n:[0-9]{2}}/", "/a/1/p", ""),
        ("/a/{n:(?:a|b)}/", "/a/b/p", "/base/p"),
        ("/a/{x:a|b}/c/", "/a/b/c/p", "/base/p"),
        ("/a/{x:a|b}/c/", "/a/a", ""),
        ("/a.x/", "/a.x/p", "/base/p"),
        ("/a.x/", "/aax/p", ""),
        ("/a(/", "/a(/p", "/base/p"),
        ("/a/{a}-{b}/", "/a/x-y/p", "/base/p"),
        ("/a/{n:(?i)ab}c/", "/a/ABc/p", "/base/p"),
        ("/a/{n:(?i)ab}c/", "/a/ABC/p", ""),
        ("/a/{n:a$}", "/a/a", "/base"),
        ("/a/{n:a$}", "/a/a/p", ""),
        ("/a/{n}/{n}/", "/a/b/c/p", "/base/p"),
        ("/a/{x:(?:a+)+b}/", "/a/aab/p", "/base/p"),
    ],
)
def test_a_listen_path_is_matched_as_by_mux(
    gateway: MockGateway, listen_path: str, path: str, reached: str
) -> None:
    """A variable of a listen path may have any expression of Go, also with braces, choices and flags."""
    _serve(gateway, listen_path=listen_path)
    answer = send(gateway, "GET", path)
    assert (json.loads(answer.body)["path"] if answer.status == 200 else "") == reached


@pytest.mark.parametrize(
    ("listen_path", "reason"),
    [
        ("/a/{n", "braces"), ("/a/}/", "braces"), ("/a/}{/", "braces"), ("/a/{n:}/", "missing"), ("/a/{:a}/", "missing"),
        ("/a/{n:(?=a)a}/", "invalid perl"), ("/a/{x:a{1001}}/", "repetition"), ("a/", "slash"), ("/a/{n:(a|b)}/", "capturing"),
        (r"/a/{n:(?:x)\1}/", "escape"), ("/a/{n:" + "x" * 9000 + "}/", "8192"), ("/a/{n:(?:x{1000}){30}}/", "repetition"),
        ("/a/{n:a)(?:b}/", "unexpected"),
    ],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_a_listen_path_that_mux_refuses_is_not_served(
    gateway: MockGateway, listen_path: str, reason: str
) -> None:
    """An API of whose listen path mux makes no route is skipped, and not served by its id either."""
    _serve(gateway, listen_path=listen_path)
    assert send(gateway, "GET", "/orders/p").status == 404
    (warning,) = gateway.gateway.warnings()
    assert reason in warning
    assert len(warning) < 400


def test_an_id_with_braces_serves_nothing_else() -> None:
    """A prefix of which mux makes no route matches no path, and raises nothing."""
    prefix = PathPrefix("/a{b/")
    assert prefix.end("/a{b/x") is None
    assert PathPrefix("/a/").end("/a/x") == 3


@pytest.mark.parametrize(
    "listen_path", ["/a/{x:(?:a+)+b}/", "/a/{x:(?:a?){500}a{500}b}/", "/a/{x:(?:.*.*)*b}/"]
)
def test_a_listen_path_does_not_occupy_the_mock(gateway: MockGateway, listen_path: str) -> None:
    """While a long path is matched against an expression, the mock answers others; the long one is answered too."""
    _serve(gateway, listen_path=listen_path)
    with connect(gateway) as connection, Client(gateway.url) as client:
        connection.sendall(b"GET /a/" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        started = time.monotonic()
        assert client.send("GET", "/hello").status == 200
        assert time.monotonic() - started < HANGS
        assert connection.recv(12) == b"HTTP/1.1 404"


# ------------------------------------------------------------ whatever is sent, the mock itself does not fail

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
ODD = st.sampled_from(
    [
        "1e999",
        "-1",
        "\u00e9",
        "%zz",
        "{",
        "{n:(",
        "}",
        "[::1",
        "\x00",
        " ",
        "//",
        "?",
        "#",
        "..",
        "http:",
        "127.0.0.1",
        ":",
    ]
)
PIECES = st.lists(st.one_of(TEXTS, ODD), max_size=5).map("".join)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), PIECES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(PIECES, inner, max_size=3)),
    max_leaves=5,
)
BOUNDED = settings(
    max_examples=60, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def _answered(received: bytes) -> bool:
    return received == b"" or b"the mock failed" not in received


@BOUNDED
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "target_url": st.one_of(PIECES, PIECES.map("http://127.0.0.1:1/{}".format)),
            "listen_path": st.one_of(PIECES, PIECES.map("/orders/{}".format)),
            "strip_listen_path": st.booleans(),
            "disable_strip_slash": st.booleans(),
            "preserve_host_header": st.booleans(),
        },
    ),
    st.dictionaries(
        st.sampled_from([
            "jwt_source", "jwt_signing_method", "jwt_identity_base_field", "jwt_policy_field_name", "expiration", "slug",
            "version_data", "definition", "auth", "auth_configs", "global_rate_limit", "scopes", "oauth_meta", "enable_jwt",
            "use_oauth2", "strip_auth_data", "use_keyless", "jwt_default_policies", "jwt_expires_at_validation_skew",
        ]),
        VALUES, max_size=4,
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=12),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
)  # fmt: skip
def test_no_definition_makes_the_mock_fail(
    gateway: MockGateway, proxy: dict[str, Any], members: dict[str, Any], rest: str, credential: str
) -> None:
    """Whatever a definition says and a request has, the answer is one of a gateway."""
    definition = {**ORDERS, "use_keyless": True, **members, "proxy": {**ORDERS["proxy"], **proxy}}  # type: ignore[dict-item]
    body = (
        json.dumps(definition, allow_nan=False, default=str) if _is_json(definition) else json.dumps(ORDERS)
    )
    headers = [("X-Tyk-Authorization", gateway.secret)]
    assert _answered(send(gateway, "POST", "/tyk/apis", headers, body.encode()).body)
    gateway.reload()
    for path in ("/orders/", "/orders/oauth/token/"):
        request = f"GET {path}{rest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {credential}\r\n\r\n"
        assert _answered(talk(gateway, request.encode("latin-1")))
    call(gateway, "DELETE", "/tyk/apis/orders")


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
