"""Request headers without effect, and the framing of request bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

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
    """A policy is answered in full and without compression, whatever other headers a request has."""
    policies = [gateway.create(name="short"), gateway.create(name="long" * 5000)]
    yield RELOAD

    for policy in policies:
        for header in IGNORED:
            secret = (gateway.auth.header, gateway.auth.secret)
            exchange = gateway.send("GET", path_of(policy["id"]), headers=[secret, header])
            expect_policy(exchange, gateway, policy)
            expect_no_header(exchange, "Content-Encoding")
            expect_no_header(exchange, "Access-Control-Allow-Origin")


FORM = "application/x-www-form-urlencoded"
BODIES: list[tuple[str, tuple[str, str], Callable[[str], bytes]]] = [  # name, header, body of an id
    ("gzip", ("Content-Encoding", "gzip"), lambda policy_id: gzip.compress(_document(policy_id))),
    ("form", ("Content-Type", FORM), lambda policy_id: f"id={policy_id}&name=x".encode()),
    ("json-in-form", ("Content-Type", FORM), lambda policy_id: b"policy=" + _document(policy_id)),
    ("yaml", ("Content-Type", "application/yaml"), lambda policy_id: f"id: {policy_id}\n".encode()),
    (
        "utf-16",
        ("Content-Type", "application/json; charset=utf-16"),
        lambda policy_id: _document(policy_id).decode().encode("utf-16"),
    ),
]


@pytest.mark.parametrize(
    ("header", "body_of"), [pytest.param(header, body_of, id=name) for name, header, body_of in BODIES]
)
@behaviour("bodies-are-not-unpacked")
def test_a_body_is_read_as_it_comes(
    gateway: Gateway, header: tuple[str, str], body_of: Callable[[str], bytes]
) -> Steps:
    """A body in another encoding or format is refused, and a JSON body accepted, whatever the headers say."""
    headers = [(gateway.auth.header, gateway.auth.secret), header]
    policy_id, policy = gateway.new_id(), {"id": gateway.new_id(), "name": "plain"}
    expect_malformed(gateway.post_unread(policy_id, body_of(policy_id), headers=headers))
    exchange = gateway.send("POST", POLICIES, policy, headers=headers)
    expect_written(exchange, policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


def _document(policy_id: str) -> bytes:
    return json.dumps({"id": policy_id}).encode()


@pytest.mark.parametrize("method", ["POST", "PUT"])
@behaviour("bodies-come-in-any-frame")
def test_a_body_is_read_whole_however_it_is_framed(gateway: Gateway, method: str) -> Steps:
    """A body is read in full if it is sent in chunks of any size, or after Expect: 100-continue."""
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


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
@behaviour("methods-are-not-overridden")
def test_a_method_is_not_overridden(gateway: Gateway, name: str) -> Steps:
    """A POST writes, even if a header or a parameter names another method."""
    policy = gateway.create(name="before")
    after = {**policy, "name": "after"}
    headers = [(gateway.auth.header, gateway.auth.secret), (name, "DELETE")]
    exchange = gateway.send("POST", f"{path_of(policy['id'])}?_method=DELETE", after, headers=headers)
    expect_written(exchange, policy["id"], "added")
    yield RELOAD

    exchange = gateway.get(policy["id"])
    if exchange.status == 404:
        raise Mismatch("the policy that POST wrote", "404, it was deleted", exchange)
    expect_policy(exchange, gateway, after)
