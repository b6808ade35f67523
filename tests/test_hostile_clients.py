"""Clients that send too much, read nothing or come in crowds: what the server keeps for them is bounded."""

from __future__ import annotations

import json
import re
import socket
from contextlib import ExitStack

import pytest
from asking import connect, limited, read_to_end, talk, wait_until

from mockserver import MockGateway
from mockserver.http.connection import CLIENT, Connection
from mockserver.http.server import HttpServer

AUTH = b"X-Tyk-Authorization: s3cret\r\n"
POST = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n"
HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
LAST_HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(name="server")
def _server(gateway: MockGateway) -> HttpServer:
    server = gateway._server._server
    wait_until(lambda: not server.connections and not server.memory.held)
    return server


def only(server: HttpServer) -> Connection:
    """The one connection of a server."""
    wait_until(lambda: len(server.connections) == 1)
    return next(iter(server.connections))


def fill(connection: socket.socket, data: bytes) -> None:
    """Send as much as the server and the system take within a moment."""
    connection.settimeout(0.3)
    with pytest.raises(TimeoutError):
        connection.sendall(data)
    connection.settimeout(10)


@pytest.mark.parametrize(
    "sent",
    [
        AUTH + b"Content-Length: 1001\r\n\r\n",
        AUTH + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
        AUTH + b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + b"x" * 500 + b"\r\n1f5\r\n",
        AUTH + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    ],
    ids=["length", "one chunk", "sum of chunks", "longest chunk"],
)
def test_a_body_that_will_be_too_long_is_refused_before_it_comes(gateway: MockGateway, sent: bytes) -> None:
    """The announced length decides: none of the data that exceeds the limit has to come."""
    with limited(gateway, body=1000):
        assert talk(gateway, POST + sent).startswith(b"HTTP/1.1 413 Request Entity Too Large\r\n")


def test_a_refusal_can_be_read_by_a_client_that_is_still_sending(gateway: MockGateway) -> None:
    """A client that sends the whole body before it reads gets the refusal, and no reset connection."""
    with limited(gateway, body=1000), connect(gateway) as connection:
        connection.sendall(POST + AUTH + b"Content-Length: 3000000\r\n\r\n")
        for _ in range(30):
            connection.sendall(bytes(100_000))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 Request Entity Too Large\r\n")


def test_a_connection_ends_once(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A client that reads late, and whose last request closes the connection, gets all, and no error is logged."""
    gateway.policies.seed({"id": "long", "name": "x" * 12_000_000})
    pipelined = b"GET /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b"\r\n" + LAST_HELLO
    server = gateway._server._server
    for _ in range(5):
        with connect(gateway) as connection:
            connection.sendall(pipelined)
            wait_until(lambda: any(CLIENT in open_._waits_for for open_ in tuple(server.connections)))
            assert read_to_end(connection).count(OK) == 2
    assert caplog.records == []


def test_a_head_has_so_many_lines(gateway: MockGateway) -> None:
    """A head of more lines than the limit is refused, and one at the limit is not."""
    with limited(gateway, lines=12):
        request = b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close" + b"\r\nA: b" * 10
        assert talk(gateway, request + b"\r\n\r\n").startswith(OK)
        assert b" 431 " in talk(gateway, request + b"\r\nA: b\r\n\r\n")


@pytest.mark.usefixtures("server")  # without connections of an earlier test, which the journal may note late
@pytest.mark.parametrize("count", [200, 40_000])
def test_tiny_chunks_are_taken_in_turns(gateway: MockGateway, count: int) -> None:
    """A body of many chunks of one byte is complete in the end, and what follows it is answered."""
    body = b'{"id":"x"}'.ljust(count)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    sent = POST + AUTH + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + LAST_HELLO
    assert re.findall(rb"HTTP/1.1 (\d+)", talk(gateway, sent)) == [b"200", b"200"]
    assert gateway.journal[-2].body == body


def test_many_requests_sent_at_once_are_answered_in_turns(gateway: MockGateway) -> None:
    """Another client is answered before the last of the many requests that one client sends at once."""
    with connect(gateway) as many, connect(gateway) as other:
        many.sendall(HELLO * 5000)
        other.sendall(LAST_HELLO)
        assert read_to_end(other).startswith(OK)
        received = b""
        while received.count(b"HTTP/1.1 200") < 5000:
            received += many.recv(1 << 20)


def test_unread_answers_stop_further_ones(gateway: MockGateway, server: HttpServer) -> None:
    """While a client does not read, its further requests are not answered; once it reads, all are."""
    gateway.policies.seed({"id": "long", "name": "n" * 200_000})
    request = b"GET /tyk/policies/long HTTP/1.1\r\nHost: h\r\n" + AUTH + b"\r\n"
    with connect(gateway) as connection:
        connection.sendall(request * 50)
        wait_until(lambda: server.memory.held > 0)
        for _ in range(5):
            talk(gateway, LAST_HELLO)  # the server has had time for more
        assert server.memory.held < 1 << 20
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 50 or not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(1 << 20)


def test_an_answer_that_nobody_reads_has_a_time(gateway: MockGateway, server: HttpServer) -> None:
    """A connection is aborted if its client does not read its answer in time."""
    gateway.policies.seed({"id": "long", "name": "n" * 20_000_000})
    request = b"GET /tyk/policies/long HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + AUTH + b"\r\n"
    with limited(gateway, read_seconds=0.2), connect(gateway) as connection:
        connection.sendall(request)
        only(server)
        wait_until(lambda: not server.connections)


def test_what_is_sent_ahead_is_bounded_after_each_late_answer(
    gateway: MockGateway, server: HttpServer
) -> None:
    """Reading resumes only when the buffer is below its limit, however many answers have been sent."""
    gateway.fault("getHello", delay=0.02, times=0)
    with limited(gateway, head=4096), connect(gateway) as connection:
        fill(connection, HELLO * 400_000)
        size = only(server)._reader.size
        for _ in range(20):
            assert connection.recv(65536).startswith(OK)
            assert only(server)._reader.size <= size
    assert size <= 4096 + (256 << 10)


def test_all_connections_have_a_budget_together(gateway: MockGateway, server: HttpServer) -> None:
    """A request that exceeds what all may hold is answered 503; small ones and earlier ones are served."""
    head = POST + AUTH + b"Content-Length: 90000\r\n\r\n"
    with limited(gateway, held=100_000, share=1000), connect(gateway) as first, connect(gateway) as second:
        first.sendall(head + b'{"id":"first"}')
        first.sendall(bytes(80_000))
        wait_until(lambda: server.memory.held > 80_000)
        second.sendall(head + bytes(50_000))
        head_of_refusal, _, body = read_to_end(second).partition(b"\r\n\r\n")
        assert head_of_refusal.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert "too many bytes of unfinished requests" in json.loads(body)["message"]
        with connect(gateway) as third:
            third.sendall(POST + AUTH + b"Content-Length: 14\r\n\r\n")
            wait_until(lambda: len(server.connections) >= 2)
            third.sendall(b'{"id":"third"}')
            assert third.recv(65536).startswith(OK)
        first.sendall(bytes(9986))
        assert first.recv(65536).startswith(OK)


def test_unread_answers_count_in_the_budget(gateway: MockGateway, server: HttpServer) -> None:
    """A client that does not read is cut off if others already hold as much as all may."""
    gateway.policies.seed({"id": "long", "name": "n" * 10_000_000})
    request = b"GET /tyk/policies/long HTTP/1.1\r\nHost: h\r\n" + AUTH + b"\r\n"
    with limited(gateway, held=1000), connect(gateway) as first, connect(gateway) as second:
        first.sendall(request)
        wait_until(lambda: server.memory.held > 0)
        second.sendall(request)
        wait_until(lambda: len(server.connections) == 1)


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        (b"POST /tyk/policies", b"", b"403"),
        (b"POST /tyk/nothing", AUTH, b"404"),
        (b"PATCH /tyk/policies", AUTH, b"405"),
        (b"POST /nothing", b"", b"404"),
        (b"POST /tyk//policies", AUTH, b"301"),
    ],
    ids=["no secret", "no such path", "no such method", "outside", "unclean"],
)
@pytest.mark.parametrize(
    ("length", "framed"),
    [(b"Content-Length: 9000", bytes(3000)), (b"Transfer-Encoding: chunked", b"2328\r\n" + bytes(3000))],
    ids=["length", "chunked"],
)
def test_a_head_that_decides_is_answered_before_a_long_body(
    gateway: MockGateway, request_line: bytes, headers: bytes, status: bytes, length: bytes, framed: bytes
) -> None:
    """As on a real gateway, a part of a long body is read, then the refusal comes, and the connection ends."""
    request = request_line + b" HTTP/1.1\r\nHost: h\r\n" + headers + length + b"\r\n\r\n" + framed
    with limited(gateway, undecided_body=2000):
        answer = talk(gateway, request)
    assert answer.split(b" ")[1] == status
    assert b"\r\nConnection: close\r\n" in answer
    assert gateway.journal[-1].status == int(status)


def test_a_refused_client_need_not_send_its_body(gateway: MockGateway) -> None:
    """A client that expects 100 Continue is not asked for a body that nobody is going to read."""
    expects = POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    assert talk(gateway, expects, half_close=True).startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_the_longest_idle_connection_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the limit of connections the one that is idle longest is closed; this is logged once."""
    with MockGateway() as gateway, limited(gateway, connections=3) as server, ExitStack() as stack:
        gateway.fault("getHello", delay=3600)
        waiting = stack.enter_context(connect(gateway))
        waiting.sendall(LAST_HELLO)
        wait_until(lambda: not gateway.mock.faults)
        idle = [stack.enter_context(connect(gateway)) for _ in range(4)]
        assert read_to_end(idle[0]) == read_to_end(idle[1]) == b""
        idle[3].sendall(LAST_HELLO)
        assert read_to_end(idle[3]).startswith(OK)
        assert len(server.connections) == 2
        gateway.stop()
        assert read_to_end(waiting).startswith(OK)
    (line,) = caplog.messages
    assert line.startswith("3 connections are open; the one that is idle longest is closed.")


def test_waiting_connections_do_not_lock_others_out() -> None:
    """Where all connections wait for their answers, the one that waits longest makes room for a new one."""
    with MockGateway() as gateway, limited(gateway, connections=2), ExitStack() as stack:
        gateway.fault("getHello", delay=3600, times=2)
        waiting = [stack.enter_context(connect(gateway)) for _ in range(2)]
        for connection in waiting:
            connection.sendall(LAST_HELLO)
        wait_until(lambda: not gateway.mock.faults)
        assert talk(gateway, LAST_HELLO).startswith(OK)
        assert read_to_end(waiting[0]) == b""
