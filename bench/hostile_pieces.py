"""The parts of hostile requests to APIs: what an API and a key are written with, and what is asked of them.

`PORT` stands for the port of the hostile upstream (`bench.hostile_upstream`), which has five digits.
"""

from __future__ import annotations

import random
from typing import Any

from bench.hostile_requests import MEMBERS, encoded, value
from bench.odd_requests import request

PORT = "PPPPP"
UPSTREAM = f"http://127.0.0.1:{PORT}/"
JSON_TYPE = "Content-Type: application/json"
RELOAD = request("GET", "/tyk/reload?block=true")
SCHEMA = "type Query{a(x:Int y:[I]):A b:[A!]! s:String u:U} type A{a:A b:[A] s:String i:Int!} union U=A input I{i:I s:String!}"
DAMAGES = 3  # bytes of a certificate that are changed, at most


def api_of(rng: random.Random, api_id: str, **members: Any) -> bytes:
    """The request that writes an API at a path of its name."""
    document = {
        "api_id": api_id, "name": api_id, "active": True, "use_keyless": rng.random() < 0.8,
        "proxy": {"listen_path": f"/{api_id}/", "target_url": UPSTREAM, "strip_listen_path": True},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
        **members,
    }  # fmt: skip
    if rng.random() < 0.2:
        document[rng.choice((*MEMBERS, "auth_configs", "graphql", "openid_options"))] = value(rng)
    return request("POST", "/tyk/apis", encoded(document))


def key_of(rng: random.Random, api_id: str, **members: Any) -> bytes:
    """The request that writes the key `hostilekey` with a right to an API."""
    right = {"api_id": api_id, "versions": ["Default"]}
    if rng.random() < 0.3:
        right[rng.choice(("mcp_access_rights", "restricted_types", "allowed_urls", "endpoints", "limit"))] = (
            value(rng)
        )
    session = {"rate": 1000, "per": 1, "access_rights": {api_id: right}, **members}
    return request("POST", "/tyk/keys/hostilekey", encoded(session))


def asking(method: str, target: str, body: bytes = b"", *headers: str) -> bytes:
    """A request of a client, who has no secret of a service."""
    lines = (
        f"{method} {target} HTTP/1.1",
        "Host: localhost",
        *headers,
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def damaged(rng: random.Random, text: bytes) -> bytes:
    """A text that is cut, doubled, or has other bytes at some places; often as it is."""
    data, kind = bytearray(text), rng.randrange(6)
    if kind == 0:
        return bytes(data[: rng.randrange(len(data) + 1)])
    if kind == 1:
        return bytes(data) * 2
    if kind == 2 and data:
        for _ in range(rng.randrange(1, DAMAGES + 1)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)
