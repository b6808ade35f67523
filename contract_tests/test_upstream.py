"""What of a request reaches the upstream of an API, and what of its answer comes back."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from contract_tests.apis import (
    call,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    needs_own_upstream,
    open_api,
)
from contract_tests.case import RELOAD, Steps, behaviour
from contract_tests.checks import Mismatch, expect
from contract_tests.gateway import Gateway

CLOSED = "http://127.0.0.1:9/"  # the port of a service that nobody offers any more
DATE = "Mon, 01 Jan 2001 00:00:00 GMT"
LONG = b"short and stout\n" * 400


@behaviour("upstreams-see-who-asks")
def test_the_upstream_sees_who_asks(gateway: Gateway) -> Steps:
    """The request's headers, its client behind those it came by; the gateway and gzip where it names none."""
    made = open_api(gateway)
    yield RELOAD

    sent = {
        "X-Own": "1",
        "User-Agent": "me",
        "X-Forwarded-For": "192.0.2.1",
        "Accept-Encoding": "x",
        "Te": "trailers",
    }
    exchange = gateway.send("GET", f"/{made.id}/a", headers=list(sent.items()))
    seen = exchange.document.get("headers", {})
    before, _, client = str(seen.get("x-forwarded-for", "")).rpartition(", ")
    if not gateway.options.upstream and (before != "192.0.2.1" or not client):
        raise Mismatch("X-Forwarded-For: 192.0.2.1, and the client's address", repr(seen), exchange)
    expect_upstream_saw(gateway, exchange, x_own="1", user_agent="me", accept_encoding="x", te="trailers")
    ranged = gateway.send("GET", f"/{made.id}/a", headers=[("Range", "bytes=0-1")])
    host = urlsplit(gateway.target.upstream()).netloc
    expect_upstream_saw(gateway, ranged, accept_encoding=None, range="bytes=0-1", host=host)
    version = gateway.send("GET", "/hello", headers=[]).document.get("version")
    own = {"user_agent": f"Tyk/{version}", "accept_encoding": "gzip"}
    expect_upstream_saw(gateway, call(gateway, made), x_forwarded_for=client, **own)


@behaviour("upstreams-may-see-the-host")
def test_the_upstream_may_see_the_host(gateway: Gateway) -> Steps:
    """The gateway's, as the client named it, where the API says so."""
    needs_own_upstream(gateway)
    own = open_api(gateway)
    kept = open_api(gateway, "", {"preserve_host_header": True})
    yield RELOAD

    expect_upstream_saw(gateway, call(gateway, kept), host=urlsplit(gateway.target.url).netloc)
    expect_upstream_saw(gateway, call(gateway, own), host=urlsplit(gateway.target.upstream()).netloc)


@behaviour("upstreams-see-bodies")
def test_the_upstream_sees_the_body(gateway: Gateway) -> Steps:
    """Of any method, with its length; of methods that should have one the length is told though it has none."""
    made = open_api(gateway)
    yield RELOAD

    for method, body, length in (
        ("POST", "a=1", "3"), ("PUT", "", "0"), ("POST", "", "0"), ("PATCH", "", "0"), ("DELETE", "x", "1"),
        ("GET", "", None), ("DELETE", "", None), ("PATCH", "{}", "2"), ("GET", "xy", "2"),
    ):  # fmt: skip
        exchange = gateway.send(method, f"/{made.id}/a", body or None, headers=[])
        expect_upstream_saw(gateway, exchange, content_length=length)
        if not gateway.options.upstream and exchange.document.get("body") != body:
            raise Mismatch(f"the upstream sees the body {body!r}", exchange.text[:200], exchange)


@behaviour("headers-of-one-hop-end-here")
def test_headers_of_one_hop_end_here(gateway: Gateway) -> Steps:
    """The upstream sees no header that is for the gateway alone, nor one that Connection names."""
    made = open_api(gateway)
    yield RELOAD

    names = ("Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer")
    named = [("Connection", "x-own, X-More"), ("X-Own", "1"), ("X-More", "1"), ("X-Other", "2")]
    exchange = gateway.send("GET", f"/{made.id}/a", headers=[*((name, "x") for name in names), *named])
    gone = dict.fromkeys(name.lower().replace("-", "_") for name in (*names, "Connection", "X-Own", "X-More"))
    if exchange.document.get("headers", {}).get("connection") == "keep-alive":
        del gone["connection"]
    expect_upstream_saw(gateway, exchange, x_other="2", **gone)


@behaviour("target-paths-come-first")
def test_the_path_of_the_target_comes_first(gateway: Gateway) -> Steps:
    """Then that of the request, with one slash between them, escaped as Go does; their queries in the same order."""
    plain, slashed, kept, asked = (
        open_api(gateway, path, {"disable_strip_slash": keeps})
        for path, keeps in (("base", False), ("base/", False), ("base/", True), ("base?x=1", False))
    )
    yield RELOAD

    for made, path, reached in (
        (plain, "", "/base"),
        (plain, "a", "/base/a"),
        (slashed, "", "/base"),
        (slashed, "a/", "/base/a/"),
        (kept, "", "/base/"),
        (kept, "a", "/base/a"),
        (asked, "", "/base?x=1"),
        (asked, "a?y=2", "/base/a?x=1&y=2"),
        (plain, "a%20b/%C3%A9?q=%20", "/base/a%20b/%C3%A9?q=%20"),
        (plain, "a~!$&'()*+,;=:@b", "/base/a~%21$&%27%28%29%2A+,;=:@b"),
        (plain, "%41~!$&'()*+,;=:@b", "/base/%41~!$&'()*+,;=:@b"),
        (slashed, "a%2Fb|", "/base/a/b%7C"),
        (slashed, "a%2Fb", "/base/a%2Fb"),
        (plain, "%FF", "/base/%FF"),
    ):
        expect_path(gateway, call(gateway, made, path=path), reached)


@behaviour("upstreams-answer")
def test_the_answer_of_the_upstream_comes_back(gateway: Gateway) -> Steps:
    """Its status, its body, its length and date, all its headers but those of one hop; what is packed comes unpacked."""
    needs_own_upstream(gateway)
    name, packed = gateway.new_id(), gateway.new_id()
    told = [("X-Own", "1"), ("X-Own", "2"), ("Content-Type", "text/tea"), ("Date", DATE), ("Server", "pot")]
    of_hop = [("Keep-Alive", "timeout=5"), ("Trailer", "X"), ("Connection", "X-More"), ("X-More", "1")]
    gateway.target.serve(name, LONG, 418, [*told, *of_hop])
    gateway.target.serve(
        packed, gzip.compress(LONG), headers=[("Content-Encoding", "gzip"), ("Content-Type", "text/tea")]
    )
    made = open_api(gateway)
    yield RELOAD

    for method, body in (("GET", LONG.decode()), ("POST", LONG.decode()), ("HEAD", "")):
        exchange = call(gateway, made, path=name, method=method)
        expect(exchange, 418, body, "text/tea")
        found = [each for each in exchange.answer.headers if each[0] in dict(told)] if exchange.answer else []
        if sorted(found) != sorted(told):
            raise Mismatch(f"headers {told}", repr(found), exchange)
        for header in ("Keep-Alive", "Trailer", "X-More", "Transfer-Encoding"):
            if exchange.header(header):
                raise Mismatch(f"no {header}", f"{header}: {exchange.header(header)}", exchange)
        if exchange.header("Content-Length") != str(len(LONG)):
            length = exchange.header("Content-Length")
            raise Mismatch(f"Content-Length: {len(LONG)}", f"Content-Length: {length or 'none'}", exchange)
    unpacked = call(gateway, made, path=packed)
    expect(unpacked, 200, LONG.decode(), "text/tea")
    asks = gateway.send("GET", f"/{made.id}/{packed}", headers=[("Accept-Encoding", "gzip")])
    if asks.header("Content-Encoding") != "gzip" or unpacked.header("Content-Encoding"):
        raise Mismatch("packed where the client asks for it, else not", repr(asks.text[:40]), asks)


@behaviour("upstreams-may-be-gone")
def test_an_upstream_may_be_gone(gateway: Gateway) -> Steps:
    """Where nobody listens the gateway answers 500, and tells no quota."""
    made = open_api(gateway, proxy={"target_url": CLOSED})
    yield RELOAD

    exchange = call(gateway, made)
    expect_refused(exchange, 500, "There was a problem proxying the request")
    if exchange.header("X-RateLimit-Limit"):
        raise Mismatch("no X-RateLimit-Limit", exchange.header("X-RateLimit-Limit"), exchange)
