"""Answers that have to wait: what else is answered meanwhile, and how a server ends that waits for them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asking import call, connect, limited, read_to_end, talk, wait_until
from serving import QUIET

from mockserver import MockGateway
from mockserver.http.lanes import Lane, LaneFull
from mockserver.http.messages import Reply, Request, parse_head
from mockserver.service.registry import HANDLERS, Call, Handler, always

SECRET = "s3cret"
HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POLICY = (
    b"GET /tyk/policies/x HTTP/1.1\r\nHost: h\r\nX-Tyk-Authorization: s3cret\r\nConnection: close\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\n"
ONE_THREAD = {"storage": 1, "upstream": 1, "control": 1}


class StuckHandler:
    """A handler of getPolicy that answers only after its release.

    Attributes:
        called: is set once the handler is called.
        release: lets it answer.
    """

    def __init__(self) -> None:
        self.called, self.release = threading.Event(), threading.Event()

    def __call__(self, _: Call[Any]) -> Reply:
        """Wait for the release."""
        self.called.set()
        self.release.wait(60)
        return Reply(b"{}")


@pytest.fixture(name="stuck")
def _stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[StuckHandler]:
    handler = StuckHandler()
    monkeypatch.setitem(HANDLERS, ("gateway", "getPolicy"), Handler(handler, always))
    yield handler
    handler.release.set()


def test_delays_hold_no_threads() -> None:
    """However many answers are delayed, `/_mock/` answers, and so does everything once the fault is removed."""
    with MockGateway() as gateway, limited(gateway, threads=ONE_THREAD), ExitStack() as stack:
        gateway.fault(delay=3600, times=0)
        waiting = [stack.enter_context(connect(gateway)) for _ in range(50)]
        for connection in waiting:
            connection.sendall(HELLO)
        wait_until(lambda: len(gateway.journal) == 50)
        assert call(gateway, "DELETE", "/_mock/faults") == (200, {"status": "ok"})
        assert talk(gateway, HELLO).startswith(OK)
        gateway.stop()
        assert all(read_to_end(connection).startswith(OK) for connection in waiting)


def test_a_request_with_a_delay_is_carried_out_at_once(gateway: MockGateway) -> None:
    """The delay is one of the answer: the policy is there, and in the journal, before it is over."""
    gateway.fault("addPolicy", delay=60)
    body = b'{"id":"gold"}'
    head = (
        b"POST /tyk/policies HTTP/1.1\r\nHost: h\r\nX-Tyk-Authorization: s3cret\r\nContent-Length: 13\r\n\r\n"
    )
    with connect(gateway) as connection:
        connection.sendall(head + body)
        wait_until(lambda: list(gateway.policies.written) == ["gold"] and len(gateway.journal) == 1)


def test_the_delay_of_the_most_special_fault_counts(gateway: MockGateway) -> None:
    """Of a fault of all operations and one of the operation itself, the latter delays the answer."""
    gateway.fault(delay=20)
    gateway.fault("getPolicy", delay=22)
    head = parse_head(b"GET /tyk/policies/x HTTP/1.1\r\nHost: h\r\nX-Tyk-Authorization: s3cret")
    assert gateway._server.dispatcher.answer(Request(head)).delay == 22


def test_too_many_waiting_requests_are_refused(stuck: StuckHandler) -> None:
    """Beyond the limit of waiting requests the answer is 503 in JSON; the others are answered in the end."""
    with MockGateway(secret=SECRET) as gateway, ExitStack() as stack:
        server = stack.enter_context(limited(gateway, threads=ONE_THREAD, waiting=2))
        waiting = [stack.enter_context(connect(gateway)) for _ in range(2)]
        for connection in waiting:
            connection.sendall(POLICY)
        wait_until(lambda: "storage" in server.lanes and server.lanes["storage"]._begun == 2)
        refused, _, body = talk(gateway, POLICY).partition(b"\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert json.loads(body)["message"] == "2 requests are already waiting; try again later"
        stuck.release.set()
        assert all(read_to_end(connection).startswith(OK) for connection in waiting)


def test_a_busy_lane_leaves_the_others_free(stuck: StuckHandler) -> None:
    """`/hello` and `/_mock/` answer while all threads of the storage are stuck."""
    with MockGateway(secret=SECRET) as gateway, ExitStack() as stack:
        stack.enter_context(limited(gateway, threads=ONE_THREAD))
        waiting = stack.enter_context(connect(gateway))
        waiting.sendall(POLICY)
        assert stuck.called.wait(10)
        assert talk(gateway, HELLO).startswith(OK)
        assert call(gateway, "GET", "/_mock/faults") == (200, [])
        stuck.release.set()


def test_an_api_that_is_its_own_target_ends() -> None:
    """A request that an API forwards to itself again and again is answered, and others are meanwhile."""
    with MockGateway(secret=SECRET) as gateway:
        api = {
            "api_id": "loop", "name": "loop", "org_id": "o", "use_keyless": True, "active": True,
            "proxy": {"listen_path": "/loop/", "target_url": gateway.url + "/loop/", "strip_listen_path": True},
            "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
        }  # fmt: skip
        assert call(gateway, "POST", "/tyk/apis", api)[0] == 200
        gateway.reload()
        with connect(gateway) as looping:
            looping.sendall(b"GET /loop/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            assert call(gateway, "GET", "/_mock/faults") == (200, [])
            assert talk(gateway, HELLO).startswith(OK)
            assert read_to_end(looping).startswith(b"HTTP/1.1 508 Loop Detected\r\n")


def _unread_answer(gateway: MockGateway, stack: ExitStack) -> None:
    connection = stack.enter_context(connect(gateway))
    gateway.policies.seed({"id": "x", "name": "n" * 20_000_000})
    connection.sendall(POLICY)
    wait_until(lambda: len(gateway.journal) == 1)


def _open_upload(gateway: MockGateway, stack: ExitStack) -> None:
    connection = stack.enter_context(connect(gateway))
    connection.sendall(POLICY.replace(b"GET", b"PUT").replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n{"))
    wait_until(lambda: gateway._server._server.memory.held > 0)


def _delayed_answer(gateway: MockGateway, stack: ExitStack) -> None:
    connection = stack.enter_context(connect(gateway))
    gateway.fault("getHello", delay=3600)
    connection.sendall(HELLO)
    wait_until(lambda: len(gateway.journal) == 1)


def _refused_client(gateway: MockGateway, stack: ExitStack) -> None:
    connection = stack.enter_context(connect(gateway))
    connection.sendall(b"G@T / HTTP/1.1\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("arrange", [_unread_answer, _open_upload, _delayed_answer, _refused_client])
def test_a_server_ends_whatever_its_clients_do(arrange: Any) -> None:
    """A server that is stopped ends within its time, though a client reads nothing or sends no more."""
    with (
        MockGateway(secret=SECRET) as gateway,
        limited(gateway, stop_seconds=0.2, linger_seconds=60),
        ExitStack() as stack,
    ):
        arrange(gateway, stack)
        gateway.stop()
        gateway._server._thread.join(10)
        assert not gateway._server._thread.is_alive()


def test_a_server_ends_though_a_handler_does_not(stuck: StuckHandler) -> None:
    """A handler that is stuck in a thread does not keep the server from ending, nor does its late answer fail."""
    with (
        MockGateway(secret=SECRET) as gateway,
        limited(gateway, stop_seconds=0.2),
        connect(gateway) as connection,
    ):
        connection.sendall(POLICY)
        assert stuck.called.wait(10)
        gateway.stop()
        gateway._server._thread.join(10)
        assert not gateway._server._thread.is_alive()
        assert read_to_end(connection) == b""


SCRIPT = """
import sys, threading, urllib.request
from dataclasses import replace
from mockserver import MockGateway
api = {"api_id": "a", "name": "a", "org_id": "o", "use_keyless": True, "active": True,
       "proxy": {"listen_path": "/a/", "target_url": sys.argv[1]},
       "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}}
with MockGateway() as gateway:
    server = gateway._server._server
    server.limits = replace(server.limits, stop_seconds=0.1)
    import json
    request = urllib.request.Request(gateway.url + "/tyk/apis", json.dumps(api).encode(), {"X-Tyk-Authorization": gateway.secret})
    urllib.request.urlopen(request).read()
    gateway.reload()
    def ask():
        try:
            urllib.request.urlopen(gateway.url + "/a/").read()
        except OSError:
            pass
    threading.Thread(target=ask, daemon=True).start()
    print("asked", flush=True)
    sys.stdin.readline()
"""


def test_a_process_ends_though_an_upstream_never_answers() -> None:
    """A thread that waits for an upstream does not keep the process from ending."""
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        upstream.settimeout(30)
        command = [sys.executable, "-c", SCRIPT, f"http://127.0.0.1:{upstream.getsockname()[1]}/"]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=QUIET,
            text=True,
        ) as process:
            try:
                connection, _ = upstream.accept()
                with connection:
                    _, errors = process.communicate("\n", timeout=15)
            finally:
                process.kill()
        assert (process.returncode, errors) == (0, "")


def test_a_lane_hands_on_what_its_work_raises() -> None:
    """The result of the work is handed over, or its exception; one more piece than it may have is refused."""
    lane: Lane[int, float] = Lane("lane", 1, 2)
    results: list[float | BaseException] = []
    release = threading.Event()

    def work(number: int) -> float:
        assert release.wait(10)
        return 1 / number

    lane.put(work, 2, results.append)
    lane.put(work, 0, results.append)
    with pytest.raises(LaneFull, match="2 requests are already waiting; try again later"):
        lane.put(work, 1, results.append)
    release.set()
    wait_until(lambda: len(results) == 2)
    assert results[0] == 0.5
    assert isinstance(results[1], ZeroDivisionError)
    lane.put(work, 4, results.append)
    wait_until(lambda: len(results) == 3)
    lane.close()


def test_a_closed_lane_forgets_the_work_that_is_not_begun() -> None:
    """What no thread has begun is not done after the end, and the threads end."""
    lane: Lane[int, int] = Lane("a lane to close", 1, 5)
    begun, release = threading.Event(), threading.Event()
    results: list[int | BaseException] = []

    def work(number: int) -> int:
        begun.set()
        assert release.wait(10)
        return number

    for number in range(3):
        lane.put(work, number, results.append)
    assert begun.wait(10)
    lane.close()
    release.set()
    wait_until(lambda: "a lane to close" not in {thread.name for thread in threading.enumerate()})
    assert results == [0]


def test_a_lane_without_a_thread_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system refuses the first thread, so does the lane, and takes work again once it has one."""
    lane: Lane[int, int] = Lane("lane", 1, 5)
    results: list[int | BaseException] = []

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(
            LaneFull, match="no thread can be started: can't start new thread; try again later"
        ):
            lane.put(abs, -1, results.append)
    lane.put(abs, -2, results.append)
    wait_until(lambda: results == [2])
    lane.close()
