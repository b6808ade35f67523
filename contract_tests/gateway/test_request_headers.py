"""Headers of a request that change nothing, and framings of its body."""

from __future__ import annotations

import gzip
import json

import pytest

from contract_tests.engine.checks import Mismatch, expect_no_header
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_malformed, expect_policy, expect_written
from contract_tests.gateway.client import Gateway, path_of
from contract_tests.gateway.resources import POLICIES

IGNORED = (
    ("User-Agent", "curl/8.5.0"), ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"), ("User-Agent", "Go-http-client/1.1"),
    ("Accept", "text/html"), ("Accept", "application/xml;q=1, */*;q=0"), ("Accept-Language", "de"), ("Accept-Charset", "latin-1"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"), ("If-None-Match", "*"), ("If-Match", '"x"'),
    ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), ("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"), ("Range", "bytes=0-3"),
    ("Cache-Control", "no-cache"), ("Origin", "http://other.test"), ("Cookie", "a=b"), ("X-HTTP-Method-Override", "DELETE"),
    ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Prefix", "/x"),
    ("X-Original-URL", "/hello"), ("X-Rewrite-URL", "/hello"), ("Prefer", "return=minimal"), ("X-Requested-With", "XMLHttpRequest"),
)  # fmt: skip


@behaviour("headers-change-nothing")
def test_other_headers_change_no_answer(gateway: Gateway) -> Steps:
    """A policy reads the same, whole and unpacked, whatever else a request says of itself."""
    policies = [gateway.create(name="short"), gateway.create(name="long" * 5000)]
    yield RELOAD

    for policy in policies:
        for header in IGNORED:
            secret = (gateway.auth.header, gateway.auth.secret)
            exchange = gateway.send("GET", path_of(policy["id"]), headers=[secret, header])
            expect_policy(exchange, gateway, policy)
            expect_no_header(exchange, "Content-Encoding")
            expect_no_header(exchange, "Access-Control-Allow-Origin")


@behaviour("bodies-are-not-unpacked")
def test_a_body_is_read_as_it_comes(gateway: Gateway) -> Steps:
    """Packed, as a form, as YAML or in another encoding it is no JSON, whatever its headers say; and JSON is JSON."""
    secret = (gateway.auth.header, gateway.auth.secret)
    policy_id, plain = gateway.new_id(), {"id": gateway.new_id(), "name": "plain"}
    whole = json.dumps({"id": policy_id}).encode()
    for name, kind, body in (
        ("Content-Encoding", "gzip", gzip.compress(whole)),
        ("Content-Type", "application/x-www-form-urlencoded", f"id={policy_id}&name=x".encode()),
        ("Content-Type", "application/x-www-form-urlencoded", b"policy=" + whole),
        ("Content-Type", "application/yaml", f"id: {policy_id}\n".encode()),
        ("Content-Type", "application/json; charset=utf-16", whole.decode().encode("utf-16")),
    ):
        headers = [secret, (name, kind)]
        expect_malformed(gateway.post_unread(policy_id, body, headers=headers))
        exchange = gateway.send("POST", POLICIES, plain, headers=headers)
        expect_written(exchange, plain["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(plain["id"]), gateway, plain)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@behaviour("bodies-come-in-any-frame")
def test_a_body_is_read_whole_however_it_is_framed(gateway: Gateway, method: str) -> Steps:
    """A body is read whole if it comes in chunks of any size, or after an Expect: 100-continue."""
    secret = (gateway.auth.header, gateway.auth.secret)
    policies = [{"id": gateway.new_id(), "name": "framed" * 500, "rate": number} for number in range(3)]
    for policy, size in zip(policies, (1, 700, 0), strict=True):
        body = json.dumps(policy).encode()
        header = ("Transfer-Encoding", "chunked") if size else ("Expect", "100-continue")
        path = POLICIES if method == "POST" else path_of(str(policy["id"]))
        gateway.ownership.note([path_of(str(policy["id"]))])
        exchange = gateway.send(method, path, _chunks(body, size) if size else body, headers=[secret, header])
        expect_written(exchange, str(policy["id"]), "added" if method == "POST" else "modified")
    yield RELOAD

    for policy in policies:
        expect_policy(gateway.get(str(policy["id"])), gateway, policy)


def _chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


@behaviour("methods-are-not-overridden")
def test_a_method_is_not_overridden(gateway: Gateway) -> Steps:
    """A header or a parameter that names another method is not heeded: a POST writes."""
    policy = gateway.create(name="before")
    after = {**policy, "name": "after"}
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        headers = [(gateway.auth.header, gateway.auth.secret), (name, "DELETE")]
        exchange = gateway.send("POST", f"{path_of(policy['id'])}?_method=DELETE", after, headers=headers)
        expect_written(exchange, policy["id"], "added")
    yield RELOAD

    exchange = gateway.get(policy["id"])
    if exchange.status == 404:
        raise Mismatch("the policy that POST wrote", "404, it was deleted", exchange)
    expect_policy(exchange, gateway, after)
