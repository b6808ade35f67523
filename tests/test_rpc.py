"""Remote calls: many at a time, each with a deadline, and neither side harmed by a hostile other one."""

from __future__ import annotations

import logging
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.errors import CallRefused, CallTimedOut, ConnectionLost, GobError, HangUp
from mockserver.golang.rpc.gob_reader import Limits
from mockserver.golang.rpc.gob_types import Basic, Named, Slice, Struct
from mockserver.golang.rpc.gob_writer import GobWriter
from mockserver.golang.rpc.records import PREFIX, TYPES, WIRE_REQUEST, Request
from mockserver.golang.rpc.server import Caller, Load, RpcServer

WAIT = 10  # seconds
PAIR = Struct("Pair", (("Keys", Slice("[]string", Basic.STRING)), ("Count", Basic.INT)))
HELLO = PREFIX + b"\x02id"


@contextmanager
def serving(functions: Mapping[str, Callable[[Caller, Any], object]], **options: Any) -> Iterator[RpcServer]:
    with RpcServer(socket.create_server(("127.0.0.1", 0)), functions, **options) as server:
        yield server


@contextmanager
def connected(server: RpcServer, sent: bytes) -> Iterator[socket.socket]:
    """A connection of a client that sends what it likes."""
    with socket.create_connection(server.address, timeout=WAIT) as connection:
        connection.sendall(sent)
        yield connection


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(1, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (None, None), ("", ""), ("naïve", "naïve"), (True, True), (False, False), ([], []), (["a", ""], ["a", ""]),
        (b"\0", b"\0"), (Named("int64", -5), -5), (Named("*Pair", {"Keys": ["k"]}), {"Keys": ["k"]}),
        ("x" * 3_000_000, "x" * 3_000_000),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_call_carries_a_value_both_ways(value: object, answer: object) -> None:
    """An argument of each type arrives, and so does the same answer."""
    arguments = []

    def echo(caller: Caller, argument: Any) -> object:
        arguments.append(argument)
        return value

    types = {"*Pair": PAIR}
    with serving({"Echo": echo}, types=types) as server, RpcClient(server.address, types=types) as client:
        assert client.call("Echo", value, WAIT) == answer
    assert arguments == [answer]


def test_calls_share_a_connection() -> None:
    """A call that waits holds up no other one, and each gets its own answer."""
    ready = threading.Event()
    callers = set()

    def wait(caller: Caller, argument: str) -> str:
        callers.add(caller)
        assert ready.wait(WAIT)
        return argument

    def echo(caller: Caller, argument: str) -> str:
        callers.add(caller)
        return argument

    with serving({"Wait": wait, "Echo": echo}) as server, RpcClient(server.address) as client:
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(client.call, "Wait", f"w{n}", WAIT) for n in range(4)]
            assert list(pool.map(lambda n: client.call("Echo", f"e{n}", WAIT), range(50))) == [
                f"e{n}" for n in range(50)
            ]
            ready.set()
            assert [answer.result(WAIT) for answer in waiting] == ["w0", "w1", "w2", "w3"]
        assert {caller.connection_id for caller in callers} == {client.connection_id}
    assert len(callers) == 1


def test_errors_have_their_kinds() -> None:
    """A refusal, an unknown function, a late answer, a hang-up and a lost server are told apart."""
    ending = threading.Event()

    def refuse(caller: Caller, argument: Any) -> object:
        raise CallRefused("Access Denied")

    def hang_up(caller: Caller, argument: Any) -> object:
        raise HangUp

    functions = {
        "Refuse": refuse, "HangUp": hang_up, "Wait": lambda *_: ending.wait(WAIT), "Ping": lambda *_: True,
    }  # fmt: skip
    with serving(functions) as server, RpcClient(server.address) as client:
        with pytest.raises(CallRefused, match=r"^Access Denied$"):
            client.call("Refuse", "", WAIT)
        with pytest.raises(CallRefused, match=r"^gorpc\.Dispatcher: unknown method \[\.Other\]$"):
            client.call("Other", "", WAIT)
        with pytest.raises(CallTimedOut, match=r"Wait: no answer within 0.05 seconds"):
            client.call("Wait", "", 0.05)
        ending.set()
        assert client.call("Ping", None, WAIT) is True  # the late answer disturbs none
        with pytest.raises(GobError, match="can be several types"):
            client.call("Ping", 5, WAIT)
        with pytest.raises(ConnectionLost):
            client.call("HangUp", "", WAIT)
        assert client.call("Ping", None, WAIT) is True  # it connects again
    with pytest.raises(ConnectionLost, match="the client is closed"):
        client.call("Ping", None, WAIT)
    with RpcClient(server.address) as late, pytest.raises(ConnectionLost, match="cannot be reached"):
        late.call("Ping", None, WAIT)


def test_a_function_that_fails_is_told_to_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the server's own is logged, and answered as an error of the call."""
    with (
        serving({"Fail": lambda *_: 1 // 0, "Odd": lambda *_: 5}) as server,
        RpcClient(server.address) as client,
    ):
        with pytest.raises(CallRefused, match="Fail failed; the server's log has the reason"):
            client.call("Fail", None, WAIT)
        with pytest.raises(CallRefused, match="Odd failed; the server's log has the reason"):
            client.call("Odd", None, WAIT)
    assert "the call Fail of 127.0.0.1" in caplog.text
    assert "failed: ZeroDivisionError" in caplog.text
    assert "failed: GobError" in caplog.text


def test_closing_ends_what_waits() -> None:
    """A server that closes ends its connections; a call without an answer is lost, not late."""
    ending, begun = threading.Event(), threading.Event()

    def wait(caller: Caller, argument: Any) -> object:
        begun.set()
        return ending.wait(WAIT)

    with (
        ThreadPoolExecutor(1) as pool,
        serving({"Wait": wait}) as server,
        RpcClient(server.address) as client,
    ):
        answer = pool.submit(client.call, "Wait", None, WAIT)
        assert begun.wait(WAIT)
        server.hang_up(client.connection_id)
        with pytest.raises(ConnectionLost):
            answer.result(WAIT)
        ending.set()


def test_the_last_connection_of_a_client_is_told() -> None:
    """The server tells when the last connection of a client has ended, and not before."""
    left: list[str] = []
    gone = threading.Event()

    def leave(name: str) -> None:
        left.append(name)
        gone.set()

    with serving({"Ping": lambda *_: True}, on_leave=leave) as server:
        first = RpcClient(server.address, connection_id="one")
        second = RpcClient(server.address, connection_id="one")
        assert first.call("Ping", None, WAIT)
        assert second.call("Ping", None, WAIT)
        first.close()
        assert not gone.wait(0.05)
        second.close()
        assert gone.wait(WAIT)
    assert left == ["one"]


def test_a_stream_without_compression_is_served() -> None:
    """A client that does not deflate is answered without compression."""
    with serving({"Ping": lambda *_: True}) as server:
        request = GobWriter(TYPES).write(WIRE_REQUEST, Request(1, "Ping", None).document())
        with connected(server, HELLO + b"\0" + request) as connection:
            assert b"wireResponse" in connection.recv(1000)


BOMB = b"\xf8" + (1 << 29).to_bytes(8)  # a message of 512 MB begins


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "it began with b'GET / '"),
        (HELLO + b"\1" + b"not deflated", "cannot be inflated"),
        (HELLO + b"\1" + deflated(BOMB + b"\0" * 1000), "longer than the limit"),
        (HELLO + b"\1" + deflated(b"\0" * 100_000_000), "a message is empty"),
        (HELLO + b"\0" + GobWriter().write(Basic.STRING, "x"), "no request of a function"),
        (HELLO + b"\0" + GobWriter({"x": WIRE_REQUEST}).write(WIRE_REQUEST, {"Request": Named("x", {})}), "no request"),
    ],
    ids=["http", "not deflated", "huge", "bomb", "no record", "another record"],
)  # fmt: skip
def test_a_hostile_client_is_cut_off(sent: bytes, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """A client that speaks otherwise, or asks for more than the limits, is cut off; others are served."""
    caplog.set_level(logging.WARNING)
    with serving({"Ping": lambda *_: True}) as server:
        with connected(server, sent) as connection:
            assert connection.recv(10) == b""
        with RpcClient(server.address) as client:
            assert client.call("Ping", None, WAIT) is True
    assert reason in caplog.text


def test_a_function_name_of_another_type_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A record whose name is a number cuts its client off."""
    odd = Struct("dispatcherRequest", (("Name", Basic.INT),))
    writer = GobWriter({"*gorpc.dispatcherRequest": odd})
    record = writer.write(WIRE_REQUEST, {"Request": Named("*gorpc.dispatcherRequest", {"Name": 5})})
    with serving({}) as server, connected(server, HELLO + b"\0" + record) as connection:
        assert connection.recv(10) == b""
    assert "the member Name of a record has the type int" in caplog.text


def test_a_silent_client_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not tell who it is, or begins a message and does not end it, is cut off in time."""
    monkeypatch.setattr("mockserver.golang.rpc.server._GREETING", 0.05)
    monkeypatch.setattr("mockserver.golang.rpc.server._WHOLE", 0.05)
    with serving({}) as server:
        for sent in (b"", PREFIX, HELLO + b"\0\x20"):
            with connected(server, sent) as connection:
                assert connection.recv(10) == b""


def test_more_than_the_load_is_refused() -> None:
    """Connections beyond the load are closed, calls beyond it get an error, and both are served later."""
    ending = threading.Event()
    begun = threading.Semaphore(0)

    def wait(caller: Caller, argument: Any) -> object:
        begun.release()
        return ending.wait(WAIT)

    load = Load(connections=1, calls=2)
    with serving({"Wait": wait}, load=load) as server, RpcClient(server.address) as client:
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(client.call, "Wait", None, WAIT) for _ in range(2)]
            assert begun.acquire(timeout=WAIT)
            assert begun.acquire(timeout=WAIT)
            with pytest.raises(CallRefused, match="too many calls"):
                client.call("Wait", None, WAIT)
            with connected(server, b"") as connection:
                assert connection.recv(10) == b""
            ending.set()
            assert all(answer.result(WAIT) for answer in waiting)
        assert client.call("Wait", None, WAIT)


@contextmanager
def _answering(data: bytes) -> Iterator[tuple[str, int]]:
    """The address of a server that answers the first request of its first client with some bytes."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            while len(connection.recv(1 << 16)) < 100:  # what is shorter is no request
                pass
            connection.sendall(data)
            connection.recv(1 << 16)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[:2]
        thread.join(WAIT)


@pytest.mark.parametrize(
    "data",
    [
        deflated(b"\xf8" + b"\xff" * 8),
        deflated(b"\0" * 1000),
        deflated(GobWriter().write(Basic.STRING, "x")),
        b"\xff" * 100,
        deflated(GobWriter({"r": PAIR}).write(Struct("w", (("ID", Basic.UINT), ("Error", Basic.STRING))), {"ID": 9, "Error": "e"})),
    ],
    ids=["huge", "empty", "no record", "not deflated", "another number"],
)  # fmt: skip
def test_a_hostile_server_harms_no_client(data: bytes) -> None:
    """A server that answers nonsense makes the call fail at once, within the limits of an answer."""
    with _answering(data) as address, RpcClient(address, limits=Limits(bytes=1 << 20)) as client:
        with pytest.raises(ConnectionLost, match="the connection ended"):
            client.call("Ping", None, WAIT)
        client.close()
