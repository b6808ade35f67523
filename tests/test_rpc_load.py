"""The server of remote calls bounds what clients may make it do, so that none of them harms others."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asking import wait_until
from test_rpc import HELLO, WAIT, connected, serving

from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.connection import Caller, Load
from mockserver.golang.rpc.errors import CallRefused, ConnectionLost
from mockserver.golang.rpc.gob_types import Basic, Struct
from mockserver.golang.rpc.gob_writer import GobWriter
from mockserver.golang.rpc.server import RpcServer
from mockserver.golang.rpc.stream import Inflow


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
        wait_until(lambda: is_served(client, "Wait"))


def is_served(client: RpcClient, name: str) -> bool:
    """True if a call is answered, for its place may still be taken for a moment."""
    try:
        return bool(client.call(name, None, WAIT))
    except CallRefused:
        return False


def test_idle_connections_shut_nobody_out() -> None:
    """A new client takes the place of the idle connection of an unknown one, never that of a known one."""
    load = Load(connections=2)
    with (
        serving({"Ping": lambda *_: True}, load=load, is_known=lambda name: name == "known") as server,
        RpcClient(server.address, connection_id="known") as known,
    ):
        assert known.call("Ping", None, WAIT)
        with connected(server, HELLO + b"\0") as idle, RpcClient(server.address) as client:
            assert client.call("Ping", None, WAIT)
            assert idle.recv(1) == b""
            assert known.call("Ping", None, WAIT)


def test_long_requests_together_are_bounded() -> None:
    """Requests of all clients hold so many bytes together; the one that would exceed them is cut off."""
    load = Load(held=1000, share=1000)
    with serving({"Echo": lambda *_: True}, load=load) as server:
        announced = b"\xfe" + (1500).to_bytes(2)  # of a message, which does not come
        with connected(server, HELLO + b"\0" + announced) as first:
            with connected(server, HELLO + b"\0" + announced + b"\1") as second:
                second.settimeout(WAIT)
                with RpcClient(server.address) as client, pytest.raises(ConnectionLost):
                    client.call("Echo", "x" * 3000, WAIT)
            first.close()
        wait_until(lambda: is_long_served(server))


def is_long_served(server: RpcServer) -> bool:
    with RpcClient(server.address) as client:
        try:
            return bool(client.call("Echo", "x" * 1500, WAIT))
        except ConnectionLost:
            return False


def test_a_server_without_threads_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no thread can be started, the connection is closed or the call refused, and later ones served."""
    start = threading.Thread.start

    def fails(thread: threading.Thread) -> None:
        if thread.name == failing:
            raise RuntimeError("can't start new thread")
        start(thread)

    failing = "rpc Ping"
    monkeypatch.setattr(threading.Thread, "start", fails)
    with serving({"Ping": lambda *_: True}) as server, RpcClient(server.address) as client:
        with pytest.raises(CallRefused, match="too many calls"):
            client.call("Ping", None, WAIT)
        failing = "rpc connection"
        with connected(server, b"") as connection:
            assert connection.recv(1) == b""
        failing = ""
        assert client.call("Ping", None, WAIT)


def test_names_are_cut_in_the_log_and_in_answers(caplog: pytest.LogCaptureFixture) -> None:
    """A client cannot fill the log with a line, or have a long name sent back."""
    caplog.set_level(logging.WARNING)
    with serving({}) as server:
        with RpcClient(server.address) as client, pytest.raises(CallRefused) as refused:
            client.call("x" * 100_000, None, WAIT)
        assert len(str(refused.value)) < 300
        odd = Struct("y" * 100_000, (("Name", Basic.STRING),))
        record = GobWriter().write(odd, {"Name": "n"})[:-1] + b"\x05\0"
        with connected(server, HELLO + b"\0" + record) as connection:
            assert connection.recv(1) == b""
    assert caplog.records
    assert all(len(entry.getMessage()) < 300 for entry in caplog.records)


class Pouring:
    """A connection on which bytes that inflate to nothing are always there, for some time."""

    def __init__(self) -> None:
        self._left = 1000

    def settimeout(self, seconds: float) -> None:
        """Have any timeout, for nothing is waited for."""

    def recv(self, count: int) -> bytes:
        """Some empty blocks."""
        self._left -= 1
        assert self._left, "the deadline is over"
        return b"\0\0\0\xff\xff"[:count]


def test_a_peer_that_never_pauses_has_a_deadline() -> None:
    """What a peer sends has a deadline also if something is there at each look."""
    inflow = Inflow(Pouring())  # type: ignore[arg-type] # in the place of a socket
    inflow.inflate()
    inflow.expect(0)
    with pytest.raises(TimeoutError):
        inflow.wait()
