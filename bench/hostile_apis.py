"""Generators of hostile requests to APIs of every kind.

Each case writes what it needs, reloads, and asks, over one connection.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.hostile_credentials import certificates, signatures, tokens
from bench.hostile_documents import graphql_traffic, mcp_traffic, open_api
from bench.hostile_pieces import (
    RELOAD,
    SCHEMA,
    UPSTREAM,
    api_of,
    asking,
    damaged,
    key_of,
)
from bench.hostile_requests import MEMBERS, ODD_TEXTS, PATTERNS, encoded, value
from bench.odd_requests import Pieces, Targets, request


def upgrades(rng: random.Random, _: Targets) -> Pieces:
    """A request for another protocol, whose data follow at once."""
    api = rng.choice(
        (
            api_of(rng, "up"),
            api_of(
                rng,
                "up",
                graphql={"enabled": True, "version": "2", "execution_mode": "proxyOnly", "schema": SCHEMA},
            ),
        )
    )
    headers = (
        rng.choice(("Connection: upgrade", "Connection: Upgrade, keep-alive", "Connection: close, Upgrade")),
        f"Upgrade: {rng.choice(('websocket', 'h2c', 'websocket, h2c', 'TLS/1.0', '', 'x' * 9_000))}",
        f"Sec-WebSocket-Protocol: {rng.choice(('graphql-ws', 'graphql-transport-ws', 'x' * 999))}", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {rng.choice(('dGhlIHNhbXBsZSBub25jZQ==', '', 'x'))}", "HTTP2-Settings: AAMAAABkAAQAAP__",
    )  # fmt: skip
    frames = rng.choice(
        (
            b"",
            b"\x81\x85\0\0\0\0hello",
            b"\x81\xff" + b"\xff" * 12,
            rng.randbytes(300),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        )
    )
    return [api + RELOAD + asking("GET", "/up/x", b"", *headers) + frames]


def forms(rng: random.Random, _: Targets) -> Pieces:
    """A form to the token endpoints of an API with OAuth: many, odd, doubled or badly escaped fields."""
    size = rng.choice((1, 100, 20_000))
    fields = ("grant_type=client_credentials", "client_id=a", "client_secret=%zz", "%", "&" * size, "a=" + "+" * size, "grant_type=" + "%00" * 9,
              "code=" + "x" * size, "=&=", "redirect_uri=" + "http%3A%2F%2F" * 9, ";a=b;", "scope=" + "%f0%9f%92%a5" * size, "refresh_token=é")  # fmt: skip
    body = "&".join(rng.choices(fields, k=rng.choice((1, 3, 9)))).encode()
    kind = rng.choice(
        (
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
            "a/b; charset=\xff",
            "",
        )
    )
    path = rng.choice(
        (
            "/oauth/token/",
            "/oauth/authorize/",
            "/oauth/revoke",
            "/tyk/oauth/authorize-client/",
            "/oauth/revoke_all",
        )
    )
    api = api_of(
        rng, "forms", use_oauth2=True, use_keyless=False, oauth_meta={"allowed_access_types": value(rng)}
    )
    return [
        api
        + RELOAD
        + asking("POST", f"/forms{path}", damaged(rng, body), f"Content-Type: {kind}".replace("\xff", "y"))
    ]


def batches(rng: random.Random, _: Targets) -> Pieces:
    """A batch of requests, or a request to a definition that comes with it (`/tyk/debug`), with odd members."""
    unit = {
        "method": rng.choice(("GET", "POST", "", "G T", value(rng))), "headers": rng.choice(({"a": "b"}, {"a\r\nb": "c\r\nd"}, value(rng))),
        "relative_url": rng.choice(("x", "tyk/batch/", "../../tyk/keys", "?%zz", "//a", "é", rng.choice(ODD_TEXTS), value(rng))),
        "path": rng.choice(("/x", "\0", "漢", "%zz", "a b", rng.choice(ODD_TEXTS))), "body": rng.choice(("", "{}", rng.choice(ODD_TEXTS))),
    }  # fmt: skip
    if rng.random() < 0.5:
        body = {"requests": [unit] * rng.choice((1, 3, 100)), "suppress_parallel_execution": value(rng)}
        asked = asking("POST", "/batch/tyk/batch/", damaged(rng, encoded(body)))
        return [api_of(rng, "batch", enable_batch_request_support=True, use_keyless=True) + RELOAD + asked]
    spec = {
        "api_id": "traced", "name": "traced", "active": True, "use_keyless": True, "proxy": {"listen_path": "/t/", "target_url": UPSTREAM},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}, rng.choice(MEMBERS): value(rng),
    }  # fmt: skip
    traced = {
        "request": {**unit, "headers": rng.choice(({"a": ["b"]}, value(rng)))},
        rng.choice(("spec", "spec", "oas")): spec,
    }
    return [request("POST", "/tyk/debug", damaged(rng, encoded(traced)))]


def path_lists(rng: random.Random, _: Targets) -> Pieces:
    """Lists of paths, rights and names of limits with odd patterns, and requests that are held against them."""
    size = rng.choice((1, 50, 5_000))
    pattern = rng.choice((*PATTERNS, "}" * size + "{" * size, "{a}" * size, "/*" * size, "(a|aa)+" * 9 + "$"))
    lists = {
        name: [{"path": pattern, "method": "GET"}]
        for name in ("ignored", "black_list", "white_list")
        if rng.random() < 0.5
    }
    versions = {
        "Default": {
            "name": "Default",
            "use_extended_paths": True,
            "extended_paths": lists,
            "ignore_endpoint_case": rng.random() < 0.5,
        }
    }
    api = api_of(rng, "lists", version_data={"not_versioned": True, "versions": versions})
    name = rng.choice(
        ("$tyk_meta.a", "$tyk_meta.a" * size, "$tyk_meta.", "$secret_env.X", rng.choice(ODD_TEXTS))
    )
    limits = {
        "rate": rng.choice((1, 1e308)),
        "per": rng.choice((1, 1e308, 1e-308)),
        "quota_max": 1,
        "quota_renewal_rate": rng.choice((60, 2**63 - 1)),
    }
    session = key_of(
        rng,
        "lists",
        meta_data={"rate_limit_pattern": name, "a": rng.choice(("x" * size, value(rng)))},
        **limits,
    )
    path = rng.choice(("x", "a" * 5_000, "}{" * 99, "%7B%7D", "a/" * 500))
    asked = asking("GET", f"/lists/{path}", b"", "Authorization: hostilekey")
    return [b"".join((api, session, RELOAD, asked, asked))]


KINDS: dict[Callable[[random.Random, Targets], Pieces], int] = {  # of a gateway, with their relative frequencies
    graphql_traffic: 14, mcp_traffic: 14, open_api: 12, certificates: 8, tokens: 10, signatures: 8, upgrades: 4, forms: 6, batches: 8, path_lists: 8,
}  # fmt: skip
