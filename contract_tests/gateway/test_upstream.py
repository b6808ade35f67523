"""The upstream of an API: the requests that it receives, and its answers that come back."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    call,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    needs_own_upstream,
    write_open_api,
)
from contract_tests.gateway.client import Gateway

CLOSED = "http://127.0.0.1:9/"  # the port of the discard service, which no machine offers
DATE = "Mon, 01 Jan 2001 00:00:00 GMT"
LONG = b"short and stout\n" * 400
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
TYPES = (  # of bodies, by Go's net/http/sniff.go @go1.24
    (b"", ""), (b"a", TEXT), (b"a\x1b\x7f\x80\t\n\x0c\r\xff", TEXT), (b"a" * 512 + b"\0", TEXT), (b"<!DOCTYPE", TEXT),
    (b"a" * 511 + b"\0", "application/octet-stream"), (b"\x0b", "application/octet-stream"),
    *((b"a" + byte, "application/octet-stream") for byte in (b"\x08", b"\x0e", b"\x1a", b"\x1c", b"\x1f")),
    (b"\t\n\x0c\r <!doctype html>", HTML), (b"<!DocType HTML\n", TEXT), (b"<!-- -->", HTML), (b"<az>", TEXT),
    *((b"<" + tag + b" ", HTML) for tag in b"html head script iframe h1 div font table a style title".split()),
    *((b"<" + tag + b">", HTML) for tag in b"B BODY BR P".split()),
    (b" <?xml", "text/xml; charset=utf-8"), (b"%PDF-", "application/pdf"), (b"%!PS-Adobe-", "application/postscript"),
    (b"\xfe\xff\0a", "text/plain; charset=utf-16be"), (b"\xff\xfea\0", "text/plain; charset=utf-16le"),
    (b"\xef\xbb\xbf\0", TEXT), (b"\0\0\1\0", "image/x-icon"), (b"\0\0\2\0", "image/x-icon"), (b"BM\0", "image/bmp"),
    (b"GIF87a\0", "image/gif"), (b"GIF89a\0", "image/gif"), (b"RIFF\0\0\0\0WEBPVP", "image/webp"),
    (b"\x89PNG\r\n\x1a\n\0", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"FORM\0\0\0\0AIFF", "audio/aiff"),
    (b"ID3\0", "audio/mpeg"), (b"OggS\0", "application/ogg"), (b"MThd\0\0\0\6", "audio/midi"),
    (b"RIFF\0\0\0\0AVI ", "video/avi"), (b"RIFF\0\0\0\0WAVE", "audio/wave"), (b"\x1a\x45\xdf\xa3\0", "video/webm"),
    (b"\0\0\0\x0cftypmp42", "video/mp4"), (b"\0\0\0\x14ftypisom\0\0\0\0mp41", "video/mp4"),
    *((body, "application/octet-stream") for body in (
        b"\0\0\0\x10ftypisommp42", b"\0\0\0\x10ftypmp42", b"\0\0\0\x0bftypmp42", b"\0\0\0\x08ftypmp42",
        b"\0\0\0\x0cftypmp4",
    )),
    (b"\0" * 34 + b"LP", "application/vnd.ms-fontobject"), (b"\0\1\0\0", "font/ttf"), (b"OTTO\0", "font/otf"),
    (b"ttcf\0", "font/collection"), (b"wOFF\0", "font/woff"), (b"wOF2\0", "font/woff2"),
    (b"\x1f\x8b\x08\0", "application/x-gzip"), (b"PK\3\4\0", "application/zip"), (b"\0asm\0", "application/wasm"),
    (b"Rar!\x1a\7\0", "application/x-rar-compressed"), (b"Rar!\x1a\7\1\0", "application/x-rar-compressed"),
)  # fmt: skip


@behaviour("upstreams-see-who-asks")
def test_the_upstream_sees_who_asks(gateway: Gateway) -> Steps:
    """The upstream receives the request's headers, the client in X-Forwarded-For, and default headers."""
    api = write_open_api(gateway)
    yield RELOAD

    headers = {
        "X-Own": "1",
        "User-Agent": "me",
        "X-Forwarded-For": "192.0.2.1",
        "Accept-Encoding": "x",
        "Te": "trailers",
    }
    exchange = gateway.send("GET", f"/{api.id}/a", headers=list(headers.items()))
    upstream_headers = exchange.object_at("headers")
    forwarded, _, client = str(upstream_headers.get("x-forwarded-for", "")).rpartition(", ")
    if not gateway.options.upstream and (forwarded != "192.0.2.1" or not client):
        raise Mismatch(
            "X-Forwarded-For: 192.0.2.1, and the client's address", repr(upstream_headers), exchange
        )
    expect_upstream_saw(gateway, exchange, x_own="1", user_agent="me", accept_encoding="x", te="trailers")
    ranged = gateway.send("GET", f"/{api.id}/a", headers=[("Range", "bytes=0-1")])
    host = urlsplit(gateway.upstream.url).netloc
    expect_upstream_saw(gateway, ranged, accept_encoding=None, range="bytes=0-1", host=host)
    version = gateway.send("GET", "/hello", headers=[]).document.get("version")
    expected = {"user_agent": f"Tyk/{version}", "accept_encoding": "gzip"}
    expect_upstream_saw(gateway, call(gateway, api), x_forwarded_for=client, **expected)


@behaviour("upstreams-may-see-the-host")
def test_the_upstream_may_see_the_host(gateway: Gateway) -> Steps:
    """The upstream receives its own Host, or with preserve_host_header the Host of the request."""
    needs_own_upstream(gateway)
    plain = write_open_api(gateway)
    preserving = write_open_api(gateway, "", {"preserve_host_header": True})
    named = write_open_api(
        gateway, proxy={"target_url": gateway.upstream.url.replace("://", "://user:word@")}
    )
    yield RELOAD

    host = urlsplit(gateway.upstream.url).netloc
    expect_upstream_saw(gateway, call(gateway, named), host=host, authorization=None)
    exchange = call(gateway, preserving)
    expect_upstream_saw(gateway, exchange, host=urlsplit(exchange.url).netloc)
    expect_upstream_saw(gateway, call(gateway, plain), host=host)


@behaviour("upstreams-see-bodies")
def test_the_upstream_sees_the_body(gateway: Gateway) -> Steps:
    """The upstream receives the body and its length; POST, PUT and PATCH have a length without a body too."""
    api = write_open_api(gateway)
    yield RELOAD

    for method, body, length in (
        ("POST", "a=1", "3"), ("PUT", "", "0"), ("POST", "", "0"), ("PATCH", "", "0"), ("DELETE", "x", "1"),
        ("GET", "", None), ("DELETE", "", None), ("PATCH", "{}", "2"), ("GET", "xy", "2"),
    ):  # fmt: skip
        exchange = gateway.send(method, f"/{api.id}/a", body or None, headers=[])
        expect_upstream_saw(gateway, exchange, content_length=length)
        if not gateway.options.upstream and exchange.document.get("body") != body:
            raise Mismatch(f"the upstream sees the body {body!r}", shorten(exchange.text, 200), exchange)


@behaviour("headers-of-one-hop-end-here")
def test_headers_of_one_hop_end_here(gateway: Gateway) -> Steps:
    """The upstream receives no hop-by-hop header, and no header that Connection names."""
    api = write_open_api(gateway)
    yield RELOAD

    names = ("Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer")
    connection_headers = [("Connection", "x-own, X-More"), ("X-Own", "1"), ("X-More", "1"), ("X-Other", "2")]
    exchange = gateway.send(
        "GET", f"/{api.id}/a", headers=[*((name, "x") for name in names), *connection_headers]
    )
    absent = dict.fromkeys(
        name.lower().replace("-", "_") for name in (*names, "Connection", "X-Own", "X-More")
    )
    if exchange.object_at("headers").get("connection") == "keep-alive":
        del absent["connection"]
    expect_upstream_saw(gateway, exchange, x_other="2", **absent)


@behaviour("target-paths-come-first")
def test_the_path_of_the_target_comes_first(gateway: Gateway) -> Steps:
    """The upstream's path is the target's, one slash and the request's; the queries have the same order."""
    plain, slashed, unstripped, with_query = (
        write_open_api(gateway, path, {"disable_strip_slash": keeps})
        for path, keeps in (("base", False), ("base/", False), ("base/", True), ("base?x=1", False))
    )
    yield RELOAD

    for api, path, reached in (
        (plain, "", "/base"),
        (plain, "a", "/base/a"),
        (slashed, "", "/base"),
        (slashed, "a/", "/base/a/"),
        (unstripped, "", "/base/"),
        (unstripped, "a", "/base/a"),
        (with_query, "", "/base?x=1"),
        (with_query, "a?y=2", "/base/a?x=1&y=2"),
        (plain, "a%20b/%C3%A9?q=%20", "/base/a%20b/%C3%A9?q=%20"),
        (plain, "a~!$&'()*+,;=:@b", "/base/a~%21$&%27%28%29%2A+,;=:@b"),
        (plain, "%41~!$&'()*+,;=:@b", "/base/%41~!$&'()*+,;=:@b"),
        (slashed, "a%2Fb|", "/base/a/b%7C"),
        (slashed, "a%2Fb", "/base/a%2Fb"),
        (plain, "%FF", "/base/%FF"),
    ):
        expect_path(gateway, call(gateway, api, path=path), reached)


@behaviour("upstreams-answer")
def test_the_answer_of_the_upstream_comes_back(gateway: Gateway) -> Steps:
    """The upstream's answer comes back without hop-by-hop headers, and decompressed unless requested."""
    needs_own_upstream(gateway)
    name, compressed, short = gateway.new_id(), gateway.new_id(), gateway.new_id()
    headers = [
        ("X-Own", "1"),
        ("X-Own", "2"),
        ("Content-Type", "text/tea"),
        ("Date", DATE),
        ("Server", "pot"),
    ]
    hop_headers = [("Keep-Alive", "timeout=5"), ("Trailer", "X"), ("Connection", "X-More"), ("X-More", "1")]
    gateway.upstream.serve(name, LONG, 418, [*headers, *hop_headers])
    gateway.upstream.serve(
        compressed, gzip.compress(LONG), headers=[("Content-Encoding", "gzip"), ("Content-Type", "text/tea")]
    )
    gateway.upstream.serve(short, gzip.compress(b"short"), headers=[("Content-Encoding", "gzip")])
    api = write_open_api(gateway)
    yield RELOAD

    for method, body in (("GET", LONG.decode()), ("POST", LONG.decode()), ("HEAD", "")):
        exchange = call(gateway, api, path=name, method=method)
        expect(exchange, 418, body, "text/tea")
        returned = (
            [header for header in exchange.answer.headers if header[0] in dict(headers)]
            if exchange.answer
            else []
        )
        if sorted(returned) != sorted(headers):
            raise Mismatch(f"headers {headers}", repr(returned), exchange)
        for header in ("Keep-Alive", "Trailer", "X-More", "Transfer-Encoding"):
            if exchange.header(header):
                raise Mismatch(f"no {header}", f"{header}: {exchange.header(header)}", exchange)
        if exchange.header("Content-Length") != str(len(LONG)):
            length = exchange.header("Content-Length")
            raise Mismatch(f"Content-Length: {len(LONG)}", f"Content-Length: {length or 'none'}", exchange)
    decompressed = call(gateway, api, path=compressed)
    expect(decompressed, 200, LONG.decode(), "text/tea")
    chunks = call(gateway, api, path=short)
    if (chunks.text, chunks.header("Transfer-Encoding")) != ("short", "chunked"):
        actual = f"{chunks.text!r}, Content-Length: {chunks.header('Content-Length') or 'none'}"
        raise Mismatch("'short' in chunks, because its length was unknown", actual, chunks)
    encoded = gateway.send("GET", f"/{api.id}/{compressed}", headers=[("Accept-Encoding", "gzip")])
    if encoded.header("Content-Encoding") != "gzip" or decompressed.header("Content-Encoding"):
        raise Mismatch(
            "compressed if the client accepts it, else decompressed", repr(shorten(encoded.text, 40)), encoded
        )


@behaviour("types-are-found-out")
def test_the_type_of_a_body_is_found_out(gateway: Gateway) -> Steps:
    """The type of an uncompressed body comes from its first bytes, if the upstream names none."""
    needs_own_upstream(gateway)
    names = [gateway.new_id() for _ in TYPES]
    for name, (body, _) in zip(names, TYPES, strict=True):
        gateway.upstream.serve(name, body, headers=())
    gateway.upstream.serve(
        compressed := gateway.new_id(), gzip.compress(LONG), headers=[("Content-Encoding", "gzip")]
    )
    api = write_open_api(gateway)
    yield RELOAD

    head = call(gateway, api, path=names[1], method="HEAD")
    encoded = gateway.send("GET", f"/{api.id}/{compressed}", headers=[("Accept-Encoding", "gzip")])
    exchanges = [
        (call(gateway, api, path=name), content_type)
        for name, (_, content_type) in zip(names, TYPES, strict=True)
    ]
    for exchange, content_type in ((head, ""), (encoded, ""), *exchanges):
        if exchange.header("Content-Type") != content_type:
            actual = f"Content-Type: {exchange.header('Content-Type') or 'none'}"
            raise Mismatch(f"Content-Type: {content_type or 'none'}", actual, exchange)


@behaviour("upstreams-may-be-gone")
def test_an_upstream_may_be_gone(gateway: Gateway) -> Steps:
    """A request to an unreachable upstream answers 500 without the headers of a quota."""
    api = write_open_api(gateway, proxy={"target_url": CLOSED})
    yield RELOAD

    exchange = call(gateway, api)
    expect_refused(exchange, 500, "There was a problem proxying the request")
    if exchange.header("X-RateLimit-Limit"):
        raise Mismatch("no X-RateLimit-Limit", exchange.header("X-RateLimit-Limit"), exchange)
