"""What does not reach a handler, or is decided within one, stands in the journal with the reason."""

from __future__ import annotations

import io
import re
from contextlib import nullcontext
from typing import Any

import pytest
from asking import limited, talk
from graphql_client import ask
from orders import GOLD, get, key, serve

from mockserver import MockDashboard, MockGateway
from mockserver.http.client import ClientError
from mockserver.service.access_log import AccessLog

HOST = b"Host: gateway.test\r\n"


@pytest.mark.parametrize(
    ("data", "status", "target", "reason"),
    [
        (b"GET /hello HTTP/9.9\r\n\r\n", 505, "/hello", "the version is not HTTP/1"),
        (b"nonsense\r\n\r\n", 400, "", "the request line is malformed"),
        (b"GET /hello?a HTTP/1.1\r\n\r\n", 400, "/hello?a", "there is no Host header"),
        (b"GET /hello HTTP/1.1\r\n" + HOST * 2 + b"\r\n", 400, "/hello", "there are several Host headers"),
        (b"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "/hello", "the Host header is malformed"),
        (
            b"POST /tyk/policies HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n",
            400, "/tyk/policies", "the Content-Length is not a number of bytes",
        ),
        (
            b"POST /tyk/policies HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n",
            413, "/tyk/policies", "the body is too long",
        ),
        (
            b"POST /tyk/policies HTTP/1.1\r\n" + HOST + b"Expect: tea\r\nContent-Length: 2\r\n\r\n{}",
            417, "/tyk/policies", "Expect asks for more than 100-continue",
        ),
        (b"GET /hello HTTP/1.1\r\nHo", 400, "/hello", "the head is cut off"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_a_request_that_the_server_refuses_is_told(
    gateway: MockGateway, data: bytes, status: int, target: str, reason: str
) -> None:
    """A request that no dispatcher sees has an entry in the journal and a line in the log, with the reason."""
    stream = io.StringIO()
    gateway.mock.access_log = AccessLog(stream)
    answer = talk(gateway, data, half_close=True)
    gateway.mock.access_log.close()
    assert answer.split(b" ")[1] == str(status).encode()
    (entry,) = gateway.journal
    assert (entry.status, entry.target, entry.operation) == (status, target, "")
    assert entry.violations == [f"{status}: {reason}; no operation was reached"]
    assert f"(refused: {reason})" in repr(entry)
    assert f" {status} - " in stream.getvalue()
    assert stream.getvalue().endswith(f"ms: {reason}\n")


def test_a_long_head_is_told_with_its_first_line(gateway: MockGateway) -> None:
    """A head over the limit is told by its first line, and what it has of the secret is masked."""
    gateway.mock.journal.clear()
    with limited(gateway, head=2000):
        secret = gateway.secret.encode()
        answer = talk(gateway, b"GET /hello?%b HTTP/1.1\r\n" % secret + b"A: %b\r\n" % (b"x" * 3000))
    assert answer.startswith(b"HTTP/1.1 431 ")
    (entry,) = gateway.journal
    assert (entry.target, entry.violations) == (
        "/hello?***",
        ["431: the head is too long; no operation was reached"],
    )


def test_requests_before_and_after_are_told_as_ever(gateway: MockGateway) -> None:
    """Requests of a connection whose last one is refused are told one by one, in their order."""
    talk(gateway, b"GET /hello HTTP/1.1\r\n" + HOST + b"\r\nGET /hello HTTP/1.1\r\nHost: a b\r\n\r\n")
    assert [(entry.operation, entry.status) for entry in gateway.journal] == [("getHello", 200), ("", 400)]


def _orphaned(gateway: MockGateway, *policies: str, gone: tuple[str, ...]) -> list[str]:
    """The warnings about a request with a key of two policies, of which some are gone."""
    serve(gateway, GOLD, {**GOLD, "id": "other"})
    credential = key(gateway, *policies)
    for name in gone:
        gateway.client.delete(f"/tyk/policies/{name}")
    gateway.reload()
    get(gateway, credential)
    return [entry for entry in gateway.journal if entry.api][-1].warnings


@pytest.mark.parametrize(
    ("policies", "gone", "told"),
    [
        (("gold",), ("gold",), ['policy not found: "gold"']),
        (("gold", "other"), ("gold",), ['policy not found: "gold"']),
        (
            ("gold", "other"),
            ("gold", "other"),
            [
                'policy not found: "gold"',
                'policy not found: "other"',
                'key has no valid policies to be applied: "gold", "other"',
            ],
        ),
        (("gold",), (), []),
    ],
    ids=["one", "one of two", "both", "none"],
)
def test_orphaned_policies_are_warnings(
    gateway: MockGateway, policies: tuple[str, ...], gone: tuple[str, ...], told: list[str]
) -> None:
    """A key whose policies are gone is told in the entry by its hash, with the ids of the policies."""
    warnings = _orphaned(gateway, *policies, gone=gone)
    assert [warning.partition(" (key_hash ")[0] for warning in warnings] == told
    assert all(re.search(r" \(key_hash [0-9a-f]{8}\)$", warning) for warning in warnings)


@pytest.mark.parametrize(
    ("members", "told"),
    [({"status": 503}, "status 503"), ({"delay": 0.01}, "delay 0.01"), ({"drop": True}, "drop")],
)
def test_a_fault_of_a_root_field_is_told(members: dict[str, Any], told: str) -> None:
    """The entry of a GraphQL request has the fault that one of its root fields has met."""
    with MockDashboard() as dashboard:
        dashboard.fault("graphql.policies", **members)
        with pytest.raises(ClientError) if "drop" in members else nullcontext():
            ask(dashboard, "{ policies { Pages } }")
        (entry,) = dashboard.journal
        assert (entry.operation, str(entry.fault)) == ("graphql", told)
        assert entry.is_injected is ("delay" not in members)
