"""The effects of faults: what becomes of the answers."""

from __future__ import annotations

import json
import time

import pytest
from asking import call, connect, read_to_end, secret_of, send, wait_until

from mockserver import MockGateway
from mockserver.http.client import ClientError

HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"


def test_a_fault_gives_status_body_and_headers(gateway: MockGateway) -> None:
    """A fault answers with its own body and headers, and its own content type."""
    gateway.fault("getPolicy", status=429, body={"wait": 3}, headers={"Retry-After": "3"})
    gateway.fault("listPolicies", body="busy", headers={"Content-Type": "text/plain"})
    answer = send(gateway, "GET", "/tyk/policies/gold", secret_of(gateway))
    assert (answer.status, json.loads(answer.body)) == (429, {"wait": 3})
    assert dict(answer.headers)["Retry-After"] == "3"
    answer = send(gateway, "GET", "/tyk/policies", secret_of(gateway))
    assert (answer.status, answer.body, dict(answer.headers)["Content-Type"]) == (200, b"busy", "text/plain")


def test_headers_alone_are_added_to_the_own_answer(gateway: MockGateway) -> None:
    """A fault of headers alone leaves status and body of the answer as they are."""
    gateway.fault("listPolicies", headers={"X-Served-By": "b"})
    answer = send(gateway, "GET", "/tyk/policies", secret_of(gateway))
    assert (answer.status, answer.body, dict(answer.headers)["X-Served-By"]) == (200, b"[]\n", "b")


def test_a_fault_may_lose_the_answer_alone(gateway: MockGateway) -> None:
    """With `carry_out` the request is carried out though its answer is another one; without it, it is not."""
    gateway.fault("addPolicy", status=504, carry_out=True)
    assert call(gateway, "POST", "/tyk/policies", {"id": "gold"})[0] == 504
    gateway.fault("addPolicy", status=504)
    assert call(gateway, "POST", "/tyk/policies", {"id": "silver"})[0] == 504
    assert list(gateway.policies.written) == ["gold"]


def test_a_delay_between_two_bounds_repeats(gateway: MockGateway) -> None:
    """A random delay stays between its bounds, and is the same for the same seed."""
    rounds = []
    for _ in range(2):
        gateway.fault("getHello", delay=[0.5, 2], times=3, seed=4)
        rounds.append([gateway.mock.faults.take("getHello").delay for _ in range(3)])  # type: ignore[union-attr]
    assert rounds[0] == rounds[1]
    assert len(set(rounds[0])) == 3
    assert all(0.5 <= delay <= 2 for delay in rounds[0])


def test_a_slow_body_comes_in_pieces(gateway: MockGateway) -> None:
    """A slow answer has its head at once and its body at the rate; the connection then serves on."""
    gateway.fault("getHello", body="x" * 300, slow=1000)
    with connect(gateway) as connection:
        start = time.monotonic()
        connection.sendall(HELLO + HELLO)
        data = connection.recv(100)
        assert data.startswith(b"HTTP/1.1 200 OK")
        while data.count(b"HTTP/1.1") < 2:
            data += connection.recv(10_000)
        assert time.monotonic() - start >= 0.28
    assert data.count(b"x") == 300


def test_a_slow_body_ends_when_the_mock_closes() -> None:
    """A mock that stops sends the rest of a slow answer at once, and does not wait for another request."""
    with MockGateway() as gateway:
        gateway.fault("getHello", body="x" * 100, slow=1)
        connection = connect(gateway)
        connection.sendall(HELLO)
        assert connection.recv(20)
    with connection:
        assert read_to_end(connection).endswith(b"x" * 100)


def test_a_cut_body_ends_the_connection(gateway: MockGateway) -> None:
    """A truncated answer announces its whole length, and ends after as many bytes as asked for."""
    gateway.fault("getHello", body="0123456789", truncate=4)
    with connect(gateway) as connection:
        connection.sendall(HELLO)
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert b"Content-Length: 10" in head
    assert body == b"0123"


def test_the_own_answer_may_be_cut(gateway: MockGateway) -> None:
    """A fault of `truncate` alone cuts the answer of the gateway, whose request was carried out."""
    gateway.fault("addPolicy", truncate=0)
    with pytest.raises(ClientError):
        call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    assert list(gateway.policies.written) == ["gold"]


def test_a_reset_is_one_for_the_client(gateway: MockGateway) -> None:
    """A reset ends the connection with a TCP reset, a drop with an orderly end."""
    gateway.fault("getHello", sequence=[{"reset": True}, {"drop": True}])
    with connect(gateway) as connection:
        connection.sendall(HELLO)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with connect(gateway) as connection:
        connection.sendall(HELLO)
        assert connection.recv(1) == b""


def test_a_hang_ends_with_the_mock() -> None:
    """A fault that hangs gives no answer, and the mock closes at once all the same."""
    with MockGateway() as gateway:
        gateway.fault("getHello", hang=True)
        connection = connect(gateway)
        connection.sendall(HELLO)
        wait_until(lambda: not gateway.mock.faults)
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    with connection:
        connection.settimeout(5)
        assert connection.recv(1) == b""
