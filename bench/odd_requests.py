"""Generators of invalid, unusual, truncated, slow and huge requests.

Each makes one from a random source and the targets of a service.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

from bench.servers import ADMIN_SECRET, KEY, SECRET

Pieces = list[bytes]  # the parts of a request, sent with pauses in between
Targets = Sequence[str]  # of a service; the first one lists the policies
Kind = Callable[[random.Random, Targets], Pieces]
OF_GATEWAY = (
    "/tyk/policies", "/tyk/policies/gold", "/tyk/keys", "/tyk/keys/create", "/tyk/keys/preview", "/tyk/keys/a",
    "/tyk/apis", "/tyk/apis/a", "/tyk/reload", "/tyk/org/keys/acme", "/tyk/oauth/clients/create", "/hello", "/",
    "/_mock/why", "/_mock/seed", "/_mock/clock", "/api/portal/policies",
)  # fmt: skip
OF_DASHBOARD = (
    "/api/portal/policies", "/api/portal/policies/gold", "/api/portal/policies/5e9d9544a1dcd60001d0ed21",
    "/api/portal/policies/search?q=a&sort=name", "/api/portal/policies?p=2", "/admin/policies/import", "/api/users",
    "/api/users/a/actions/reset", "/api/apis", "/api/apis/search?q=a", "/api/apis/a", "/api/apis/oas", "/api/apis/oas/a",
    "/api/keys", "/api/keys/a", "/api/apis/a/keys", "/api/apis/oauth/a", "/api/assets", "/api/assets/a",
    "/api/portal/catalogue", "/admin/organisations", "/admin/organisations/import", "/admin/users",
    "/admin/system/reload", "/graphql", "/hello", "/", "/_mock/clock", "/_mock/faults",
)  # fmt: skip
TARGETS = {"gateway": OF_GATEWAY, "dashboard": OF_DASHBOARD}
METHODS = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "CONNECT",
    "get",
    "X",
    "G\tT",
    "",
)
CREDENTIALS = (f"X-Tyk-Authorization: {SECRET}", f"Authorization: {KEY}", f"admin-auth: {ADMIN_SECRET}")
FRAGMENTS = (
    "{", "}", "[", "]", '"', ":", ",", "null", "true", "-0", "1e999", "1E400", "00", "NaN", "\\u0000", "\\ud800", "\\x",
    '"id"', '"ID"', '"id":"a"', '"rate":1e3', '"per":-1', '"access_rights":{}', '"partitions":7', "\x00", "\x7f", "/**/",
    '"apply_policies":["gold"]', '"expires":99999999999999999999', '"\ufeff"', "é", "💥", " ", "\n",
)  # fmt: skip


def request(method: str, target: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """The bytes of a request with the secrets of both services; `length` adds a Content-Length."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *CREDENTIALS, *headers]
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def broken_json(rng: random.Random, targets: Targets) -> Pieces:
    """A write whose body is a sequence of JSON fragments, or random bytes."""
    body = "".join(rng.choices(FRAGMENTS, k=rng.randrange(30))).encode()
    if rng.random() < 0.3:
        body = rng.randbytes(rng.randrange(200))
    return [request(rng.choice(("POST", "PUT")), rng.choice(targets), body)]


def bent_json(rng: random.Random, targets: Targets) -> Pieces:
    """A write of a valid policy in which a few bytes are changed."""
    policy = {
        "id": "bent",
        "name": "bent",
        "rate": 5,
        "per": 6,
        "access_rights": {"a": {"versions": ["v"], "limit": {"rate": 1}}},
    }
    body = bytearray(json.dumps(policy).encode())
    for _ in range(rng.randrange(1, 4)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return [request(rng.choice(("POST", "PUT")), rng.choice(targets), bytes(body))]


def huge_or_deep(rng: random.Random, targets: Targets) -> Pieces:
    """A write with long strings, many members, deep nesting or long numbers."""
    size = rng.choice((100, 1_000, 11_000, 50_000))
    body = rng.choice((
        b"[" * size, b'{"a":' * size, b'{"id":"' + b"x" * size, b'{"id":"deep","meta_data":' + b"[" * size + b"]" * size + b"}",
        b'{"rate":' + b"9" * size + b"}", b"{" + b'"id":"many",' * (size // 10) + b'"a":1}', b" " * size,
    ))  # fmt: skip
    return [request(rng.choice(("POST", "PUT")), rng.choice(targets), body)]


def odd_target(rng: random.Random, targets: Targets) -> Pieces:
    """A request with an unusual path or method."""
    parts = (
        "/",
        "//",
        "..",
        "%2e%2e",
        "%00",
        "%",
        "%zz",
        "tyk",
        "policies",
        "?",
        "&key=",
        "#",
        ";",
        "\\",
        "é",
        " ",
        "*",
        "http://a/",
    )
    target = "".join(rng.choices(parts, k=rng.randrange(1, 9))) + "x" * rng.choice((0, 0, 0, 9_000))
    return [request(rng.choice(METHODS), target if rng.random() < 0.8 else rng.choice(targets), b"{}")]


def bad_framing(rng: random.Random, targets: Targets) -> Pieces:
    """A request with wrong lengths or chunks, a body that ends early, or malformed header lines."""
    header = rng.choice((
        "Content-Length: -1", "Content-Length: 1e3", "Content-Length: 99999999999999999999", "Content-Length: 5, 5",
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 50", "Content-Length:", "Transfer-Encoding: chunked",
        "Transfer-Encoding:\tchunked", "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked", "no header", ": x", " folded: x", "a b: c",
        "Expect: 100-continue\r\nContent-Length: 5", "Expect: more", "Host: b", "X: a\x00b", "Connection: upgrade",
    ))  # fmt: skip
    body = rng.choice(
        (
            b"",
            b"{}",
            b"5\r\n{}",
            b"zz\r\n",
            b"ffffffffffffffffff\r\n",
            b"2\r\n{}\r\n0\r\n\r\n",
            b"2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n",
        )
    )
    data = request(rng.choice(("POST", "GET")), rng.choice(targets), body, header, length=False)
    if rng.random() < 0.2:
        data = data.replace(b"HTTP/1.1", rng.choice((b"HTTP/9.9", b"HTTP/1.0", b"HTTP", b"", b"ICY")))
    return [data]


def slow_or_torn(rng: random.Random, targets: Targets) -> Pieces:
    """A valid request in pieces; in half of the cases the last piece is missing."""
    data = request("POST", targets[0], b'{"id":"slow","name":"slow"}')
    cuts = sorted(rng.sample(range(1, len(data)), rng.randrange(1, 5)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return pieces if rng.random() < 0.5 else pieces[:-1]


def smuggled(rng: random.Random, targets: Targets) -> Pieces:
    """A second request in the body of the first, whose headers contradict each other on its length."""
    hidden = b"GET /tyk/policies/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    header = rng.choice((
        "Transfer-Encoding : chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "transfer_encoding: chunked",
    ))  # fmt: skip
    return [request("POST", rng.choice(targets), b"0\r\n\r\n" + hidden, header)]


def header_flood(rng: random.Random, targets: Targets) -> Pieces:
    """A request with thousands of headers, or with a very long one."""
    if rng.random() < 0.5:
        return [request("GET", "/hello", b"", *(f"X-{n}: y" for n in range(rng.choice((100, 5_000)))))]
    return [request("GET", "/hello", b"", "X: " + "y" * rng.choice((10_000, 1_200_000)))]


def garbage(rng: random.Random, targets: Targets) -> Pieces:
    """Random bytes instead of HTTP."""
    return [rng.randbytes(rng.randrange(1, 500)) + rng.choice((b"", b"\r\n\r\n"))]


KINDS: dict[Kind, int] = {  # with their relative frequencies
    broken_json: 25, bent_json: 25, odd_target: 20, bad_framing: 15, smuggled: 6, garbage: 5,
    slow_or_torn: 2, huge_or_deep: 1, header_flood: 1,
}  # fmt: skip
