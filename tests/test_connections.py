"""The connections of the server: kept, half closed, slow, dropped and ended."""

from __future__ import annotations

import re
import socket

import pytest
from asking import connect, limited, read_to_end, talk, wait_until

from mockserver import MockGateway
from mockserver.http.messages import DropConnection, Reply, Request, WouldBlock
from mockserver.http.server import HttpServer

AUTH = b"X-Tyk-Authorization: s3cret\r\n"
GET = b"GET / HTTP/1.1\r\nHost: h"
END = b"Host: h\r\nConnection: close\r\n\r\n"


def test_http_1_0_ends_its_connection(gateway: MockGateway) -> None:
    """The answer to an HTTP/1.0 request ends the connection if the client does not ask to keep it."""
    assert talk(gateway, b"GET /hello HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 OK\r\n")


def test_pipelined_requests_are_answered_in_order(gateway: MockGateway) -> None:
    """Requests that a client sends at once are answered in their order on one connection."""
    unknown = b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
    hello = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
    data = talk(gateway, unknown + hello + unknown + b"GET /tyk HTTP/1.1\r\n" + END)
    assert re.findall(rb"HTTP/1.1 (\d+)", data) == [b"404", b"200", b"404", b"404"]


@pytest.mark.parametrize("length", [b"Content-Length: 50", b"Transfer-Encoding: chunked"])
def test_a_truncated_body_is_answered_after_a_wait(gateway: MockGateway, length: bytes) -> None:
    """A request with a truncated body is answered, even if its answer has to wait."""
    gateway.fault("addPolicy", delay=0.1)
    data = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + length + b"\r\n\r\n"
    assert talk(gateway, data, half_close=True).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_client_that_ends_its_side_is_answered(gateway: MockGateway) -> None:
    """A request that was sent before the client ended its side is answered, though the answer has to wait."""
    gateway.fault("getHello", delay=0.1)
    request = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
    assert talk(gateway, request, half_close=True).startswith(b"HTTP/1.1 200 OK\r\n")
    assert talk(gateway, request, half_close=True).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_sends_nothing_is_not_answered(gateway: MockGateway) -> None:
    """A connection whose client ends its side without a request is closed without an answer."""
    assert talk(gateway, b"", half_close=True) == b""


def test_the_server_itself_answers_options_for_all(gateway: MockGateway) -> None:
    """A request of OPTIONS for * is answered without a body, and the connection is kept."""
    request = b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = talk(gateway, request + b"OPTIONS * HTTP/1.1\r\n" + END)
    first, second, end = answer.split(b"\r\n\r\n")
    lines = {b"HTTP/1.1 200 OK", b"Content-Length: 0", b"Date: X"}
    assert (set(first.split(b"\r\n")), set(second.split(b"\r\n")), end) == (
        lines, lines | {b"Connection: close"}, b"",
    )  # fmt: skip


def test_a_kept_connection_of_http_1_0_says_so(gateway: MockGateway) -> None:
    """A client of HTTP/1.0 that asks to keep the connection can send another request."""
    request = b"GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    answer = talk(gateway, request + b"GET /x HTTP/1.0\r\n\r\n")
    lines = re.findall(rb"HTTP/1\.\d \d+|Connection: [^\r]*", answer)
    assert lines == [b"HTTP/1.0 404", b"Connection: keep-alive", b"HTTP/1.0 404"]


def test_heads_are_cached_within_bounds() -> None:
    """The cache holds as many heads as it may, is cleared when it is full, and takes no long ones."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        http_server = HttpServer(lambda request, *, blocking=True: Reply(b""), listener)
        assert http_server.address == listener.getsockname()
        short, long = (GET + b"\r\nX: " + b"x" * (size - len(GET) - 5) for size in (4096, 4097))
        assert [http_server.parse(data).method for data in (short, long)] == ["GET", "GET"]
        assert list(http_server.heads) == [short]
        for number in range(1999):
            http_server.parse(GET + b"\r\nX: %d" % number)
        assert len(http_server.heads) == 2000
        http_server.parse(short)
        assert list(http_server.heads) == [short]


def test_a_client_that_completes_no_request_is_cut_off(gateway: MockGateway) -> None:
    """A connection without a complete request in time is aborted, and one that waits for its answer is not."""
    gateway.fault("getHello", delay=0.5)
    with limited(gateway, read_seconds=0.1), connect(gateway) as silent, connect(gateway) as waiting:
        waiting.sendall(b"GET /hello HTTP/1.1\r\n" + END)
        silent.sendall(b"GET /hello HTTP/1.1\r\n")
        assert read_to_end(silent) == b""
        assert read_to_end(waiting).startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_time_begins_anew_with_each_answer(gateway: MockGateway) -> None:
    """A client may take the whole time again for each request of a connection."""
    with limited(gateway, read_seconds=1), connect(gateway) as connection:
        for _ in range(3):
            gateway.fault("getHello", delay=0.6)
            connection.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_sent_ahead_wait_for_a_late_answer(gateway: MockGateway) -> None:
    """Requests sent ahead are answered after one whose answer has to wait, in their order."""
    gateway.fault("getHello", delay=0.2)
    body = b"x" * 3_000_000
    post = b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b"Content-Length: %d\r\n\r\n" % len(body)
    data = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" + post + body + b"GET /x HTTP/1.1\r\n" + END
    assert re.findall(rb"HTTP/1.1 (\d+)", talk(gateway, data)) == [b"200", b"400", b"404"]


def test_a_client_cannot_send_ahead_without_end(gateway: MockGateway) -> None:
    """The server stops reading what a client sends while its answer has to wait."""
    with connect(gateway) as connection:
        gateway.fault("getHello", delay=2)
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" + bytes(64 << 20))


def test_a_late_answer_may_be_none(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A fault that drops the connection after a delay closes it without an answer, and is no failure."""
    gateway.fault("getHello", drop=True, delay=0.1)
    assert talk(gateway, b"GET /hello HTTP/1.1\r\n" + END) == b""
    assert not caplog.records


def test_a_client_that_leaves_does_not_stop_the_server(gateway: MockGateway) -> None:
    """A connection that its client closes is forgotten, whether its answer has to wait or not."""
    http_server = gateway._server._server
    wait_until(lambda: not http_server.connections)
    gateway.fault("getHello", delay=0.2)
    with connect(gateway) as leaving, connect(gateway):
        leaving.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_until(lambda: len(http_server.connections) == 2)
    wait_until(lambda: not http_server.connections, seconds=5)


def test_an_answer_in_progress_is_finished_at_the_end() -> None:
    """A server that stops answers what it has begun and closes, idle connections at once."""
    with MockGateway() as gateway:
        gateway.fault("getHello", delay=60)
        with connect(gateway) as idle, connect(gateway) as waiting:
            waiting.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_until(lambda: not gateway.mock.faults)
            gateway.stop()
            assert read_to_end(idle) == b""
            answer = read_to_end(waiting)
        gateway.wait()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        with pytest.raises(ConnectionRefusedError):
            connect(gateway)


def test_a_slow_sender_does_not_hold_up_others(gateway: MockGateway) -> None:
    """The server answers other connections while one has sent half a body."""
    with connect(gateway) as slow:
        slow.sendall(b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\n" + AUTH + b"Content-Length: 10\r\n\r\n{")
        assert b"200 OK" in talk(gateway, b"GET /hello HTTP/1.1\r\n" + END)


def test_the_server_knows_its_client(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has the address of the machine that sent it."""

    def answer(request: Request, *, blocking: bool = True) -> Reply:
        return Reply(f"{request.client} {blocking}".encode())

    monkeypatch.setattr(gateway._server._server, "answer", answer)
    assert talk(gateway, b"GET / HTTP/1.1\r\n" + END).endswith(b"\r\n\r\n127.0.0.1 False")


class SixListener(socket.socket):
    """A socket with an address of IPv6, which a machine need not have."""

    def getsockname(self) -> tuple[str, int, int, int]:
        """The address as of a socket that listens."""
        return "::1", 8080, 0, 0


def test_an_address_is_a_host_and_a_port() -> None:
    """The address of a server has no more members in IPv6."""
    with SixListener() as listener:
        assert HttpServer(lambda request, *, blocking=True: Reply(b""), listener).address == ("::1", 8080)


@pytest.mark.parametrize("delay", [0, 0.1], ids=["at once", "late"])
def test_a_kept_connection_answers_all_kinds_of_requests(gateway: MockGateway, delay: float) -> None:
    """A connection is kept after a chunked request and after a chunked answer, and answers what was sent with them."""
    gateway.policies.seed({"id": "long", "name": "n" * 3000})
    if delay:
        gateway.fault("addPolicy", delay=delay)
    host = b"Host: h\r\n" + AUTH
    add = (
        b"POST /tyk/policies HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    read = b"GET /tyk/policies/long HTTP/1.1\r\n" + host + b"\r\n"
    answer = talk(gateway, add + read + b"GET /hello HTTP/1.1\r\n" + END)
    lines = re.findall(rb"HTTP/1.1 \d+|Transfer-Encoding: chunked|Connection: close", answer)
    assert lines == [
        b"HTTP/1.1 400", b"HTTP/1.1 200", b"Transfer-Encoding: chunked", b"HTTP/1.1 200", b"Connection: close",
    ]  # fmt: skip


@pytest.mark.parametrize("error", [DropConnection(), ZeroDivisionError("s3cret")], ids=["dropped", "failed"])
@pytest.mark.parametrize("in_thread", [False, True])
def test_a_failure_is_answered_and_a_dropped_request_is_not(
    gateway: MockGateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    in_thread: bool,
) -> None:
    """An exception of the application is answered with 500 in JSON and logged in one line, without its text."""

    def answer(request: Request, *, blocking: bool = True) -> Reply:
        if in_thread and not blocking:
            raise WouldBlock
        raise error

    monkeypatch.setattr(gateway._server._server, "answer", answer)
    answered = talk(gateway, b"GET / HTTP/1.1\r\n" + END)
    if isinstance(error, DropConnection):
        assert answered == b""
        assert not caplog.records
    else:
        assert answered.startswith(
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
        )
        assert answered.endswith(b'{"status": "error", "message": "the mock failed: ZeroDivisionError"}\n')
        (line,) = caplog.text.splitlines()
        assert "an answer failed: ZeroDivisionError in " in line
        assert "s3cret" not in line


@pytest.mark.parametrize(
    ("length", "is_asked"), [(b"Content-Length: 2", True), (b"Content-Length: 0", False), (b"X: y", False)]
)
def test_a_client_may_expect_100_continue(gateway: MockGateway, length: bytes, is_asked: bool) -> None:
    """The server answers 100 Continue to a client that expects it and has a body."""
    expects = b"POST /tyk/policies HTTP/1.1\r\nExpect: 100-Continue\r\n" + length + b"\r\n"
    answer = talk(gateway, expects + AUTH + END + (b"{}" if is_asked else b""))
    leave = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith((leave if is_asked else b"") + b"HTTP/1.1 400 Bad Request\r\nContent-Type")


def test_another_expectation_fails(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> None:
    """An expectation besides 100-continue is refused without a body, and nothing after it is answered."""
    request = b"GET /hello HTTP/1.1\r\nHost: h\r\nExpect: nonsense\r\n\r\n"
    head, _, body = talk(gateway, request * 2).partition(b"\r\n\r\n")
    assert set(head.split(b"\r\n")) == {
        b"HTTP/1.1 417 Expectation Failed", b"Connection: close", b"Content-Length: 0", b"Date: X",
    }  # fmt: skip
    assert body == b""
    assert not caplog.records
