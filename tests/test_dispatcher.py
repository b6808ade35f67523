"""The road of a request from the server: guard, route, handler and journal; and maps and locks in memory."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import call

from mockserver import MockGateway
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import version_of
from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.http.client import Client
from mockserver.http.messages import Reply, Request, WouldBlock, parse_head
from mockserver.service.journal import Journal
from mockserver.service.registry import HANDLERS, Call, Handler, always, never
from mockserver.serving.dispatcher import Dispatcher
from mockserver.storage.backend import BackendUnavailable, MemoryBackend

SECRET = "s3cret"
POLICY = ("gateway", "getPolicy")


@pytest.fixture(name="counts")
def _counts() -> Counter[str]:
    return Counter()


@pytest.fixture(name="counted")
def _counted(counts: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[MockGateway]:
    """A gateway that counts the steps of its road."""

    def counting(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            counts[step] += 1
            return function(*arguments)

        return counted

    handler = HANDLERS[POLICY]
    monkeypatch.setitem(HANDLERS, POLICY, Handler(counting("handler", handler.answer), handler.waits))
    monkeypatch.setattr(Dispatcher, "_route", counting("route", Dispatcher._route))
    monkeypatch.setattr(Journal, "note", counting("journal", Journal.note))
    with MockGateway(secret=SECRET) as gateway:
        dispatcher = gateway._server.dispatcher
        guard = counting("guard", dispatcher.service.guard)
        dispatcher.service = replace(dispatcher.service, guard=guard)
        gateway.policies.seed({"id": "gold"})
        yield gateway


STEPS = ("guard", "route", "handler", "journal")


@pytest.mark.parametrize("different", [False, True], ids=["equal requests", "different requests"])
def test_every_request_takes_every_step(counted: MockGateway, counts: Counter[str], different: bool) -> None:
    """Guard, route, handler and journal run for each request, whether its head is cached or not."""
    with Client(counted.url) as client:
        for number in range(50):
            headers = [("X-Tyk-Authorization", SECRET), ("X-Number", str(number if different else 0))]
            assert client.send("GET", "/tyk/policies/gold", headers).status == 200
    assert counts == dict.fromkeys(STEPS, 50)
    assert len(counted.journal) == 50


def test_a_cached_head_does_not_outlive_the_secret_check(counted: MockGateway, counts: Counter[str]) -> None:
    """A request with a wrong secret is refused by the guard each time, and reaches no route."""
    with Client(counted.url) as client:
        statuses = {
            client.send("GET", "/tyk/policies/gold", [("X-Tyk-Authorization", "x")]).status for _ in range(50)
        }
    assert statuses == {403}
    assert counts == {"guard": 50, "journal": 50}


def request_for(target: str, method: str = "GET", body: bytes = b"") -> Request:
    """A request with the secret, without a connection."""
    head = f"{method} {target} HTTP/1.1\r\nHost: h\r\nX-Tyk-Authorization: {SECRET}"
    return Request(parse_head(head.encode()), body)


def _set_fault(gateway: MockGateway) -> None:
    gateway.fault("getPolicy", status=503)


def _set_alarm(gateway: MockGateway) -> None:
    gateway.mock.clock.call_at(0, gateway.journal.clear)


@pytest.mark.parametrize("arrange", [_set_fault, _set_alarm], ids=["a fault", "a due alarm"])
def test_a_request_that_may_wait_does_nothing_on_the_event_loop(
    counted: MockGateway,
    counts: Counter[str],
    arrange: Callable[[MockGateway], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault or a due alarm raises WouldBlock before any step, and is still there afterwards."""
    monkeypatch.setattr(counted.mock.clock, "run_due", lambda: None)  # or its timer might run the alarm first
    arrange(counted)
    with pytest.raises(WouldBlock):
        counted._server.dispatcher.answer(request_for("/tyk/policies/gold"), blocking=False)
    assert counts == {}
    assert not counted.mock.is_idle


def test_a_handler_that_may_wait_is_not_called_on_the_event_loop(
    counts: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that may wait raises WouldBlock uncalled, and the journal has the request once it is answered."""

    def handler(_: Call[Any]) -> Reply:
        counts["handler"] += 1
        return Reply(b"{}")

    monkeypatch.setitem(HANDLERS, POLICY, Handler(handler, always))
    with MockGateway(secret=SECRET) as gateway:
        dispatcher, request = gateway._server.dispatcher, request_for("/tyk/policies/gold")
        with pytest.raises(WouldBlock):
            dispatcher.answer(request, blocking=False)
        assert counts == {}
        assert len(gateway.journal) == 0
        assert dispatcher.answer(request).status == 200
        assert counts == {"handler": 1}
        assert len(gateway.journal) == 1


def test_a_handler_that_never_waits_is_called_on_the_event_loop(gateway: MockGateway) -> None:
    """A request whose handler never waits is answered without a thread."""
    reply = gateway._server.dispatcher.answer(request_for("/tyk/policies"), blocking=False)
    assert (reply.status, reply.body) == (200, b"[]\n")


def test_the_control_api_is_not_called_on_the_event_loop(gateway: MockGateway) -> None:
    """A request to the control API raises WouldBlock and resets nothing."""
    gateway.policies.seed({"id": "gold"})
    with pytest.raises(WouldBlock):
        gateway._server.dispatcher.answer(request_for("/_mock/reset", "POST"), blocking=False)
    assert list(gateway.policies) == ["gold"]


@pytest.mark.parametrize("waits", [never, always], ids=["on the event loop", "in a thread"])
def test_a_handler_that_raises_is_answered(
    waits: Callable[[Any], bool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that raises an exception is answered 500 in the gateway's JSON, logged, and in the journal."""

    def handler(_: Call[Any]) -> Reply:
        raise ZeroDivisionError

    monkeypatch.setitem(HANDLERS, POLICY, Handler(handler, waits))
    with MockGateway(secret=SECRET) as gateway:
        answer = call(gateway, "GET", "/tyk/policies/gold")
        assert answer == (500, {"status": "error", "message": "the mock failed: ZeroDivisionError"})
        entry = gateway.journal[-1]
        assert (entry.operation, entry.status) == ("getPolicy", 500)
        assert call(gateway, "GET", "/tyk/policies") == (200, [])
    (line,) = caplog.text.splitlines()
    assert "GET /tyk/policies/gold failed: ZeroDivisionError in " in line


def test_a_storage_that_is_unavailable_is_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler whose storage is unavailable is answered 500 with the reason, and nothing is logged."""

    def handler(_: Call[Any]) -> Reply:
        raise BackendUnavailable("the storage is away")

    monkeypatch.setitem(HANDLERS, POLICY, Handler(handler, never))
    with MockGateway(secret=SECRET) as gateway:
        answer = call(gateway, "GET", "/tyk/policies/gold")
        assert answer == (500, {"status": "error", "message": "the storage is away"})
        assert (gateway.journal[-1].operation, gateway.journal[-1].status) == ("getPolicy", 500)
    assert caplog.messages == []


def test_another_spec_answers_what_ours_lacks(gateway: MockGateway, tmp_path: Path) -> None:
    """An operation that only another spec has is answered with its example, and one of ours as ever."""
    answers = {
        "200": {"description": "", "content": {"application/json": {"example": {"key": "of the spec"}}}}
    }
    paths = {
        path: {"get": {"operationId": name, "responses": answers}}
        for path, name in (("/tyk/things", "listThings"), ("/tyk/policies", "theirPolicies"))
    }
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": paths}))
    dispatcher = Dispatcher(gateway.mock, gateway._server.dispatcher.service, Contract.of_file(spec))
    assert dispatcher.answer(request_for("/tyk/things")).body == b'{"key":"of the spec"}\n'
    assert gateway.journal[-1].operation == "listThings"
    assert dispatcher.answer(request_for("/tyk/policies")).body == b"[]\n"


def test_the_journal_has_headers_as_they_were_sent(gateway: MockGateway) -> None:
    """Header names keep their case, order and duplicates in the journal, and the secret is masked."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    headers = (
        ("hOsT", "h"), ("x-B", "1"), ("X-b", "2"), ("x-TYK-authorization", SECRET), ("X-A_c", "3"),
        ("x-B", "1"), ("Connection", "close"),
    )  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /tyk/policies HTTP/1.1\r\n{lines}\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    masked = tuple((name, "***" if value == SECRET else value) for name, value in headers)
    assert gateway.journal[-1].headers == masked


def test_a_due_alarm_runs_before_the_next_request(gateway: MockGateway) -> None:
    """A request that comes after an alarm's uptime is answered from the state that the alarm leaves."""
    gateway.policies.seed({"id": "gold"})
    gateway.mock.clock.call_at(1000, gateway.reset)
    gateway.mock.clock.skip_to(1000)
    assert gateway._server.dispatcher.answer(request_for("/tyk/policies")).body == b"[]\n"


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/tyk/nothing", 404), ("PATCH", "/tyk/policies", 405), ("PATCH", "/tyk/policies/gold", 405)],
)
def test_a_request_without_a_route_is_refused(
    gateway: MockGateway, method: str, target: str, status: int
) -> None:
    """An unknown path is answered 404, and a known one 405 to a method that its routes lack."""
    reply = gateway._server.dispatcher.answer(request_for(target, method), blocking=False)
    assert reply.status == status
    assert gateway.journal[-1].operation == ""


def test_the_journal_of_the_control_api_has_the_whole_exchange(gateway: MockGateway) -> None:
    """An entry of the control API's journal has time, request, operation, response and violations."""
    time = gateway.mock.clock.now()
    gateway._server.dispatcher.answer(request_for("/tyk/policies?a=1", "POST", b'{"id":"\xff"}'))
    (entry,) = call(gateway, "GET", "/_mock/journal")[1]
    assert entry.pop("time") >= time
    (violation,) = entry.pop("violations")
    assert violation.startswith("request: the body is ")
    assert entry == {
        "method": "POST",
        "target": "/tyk/policies?a=1",
        "operation": "addPolicy",
        "policy_id": "",
        "headers": {"Host": "h", "X-Tyk-Authorization": "***"},
        "body": '{"id":"\ufffd"}',
        "status": 200,
        "response": '{"key":"\ufffd","status":"ok","action":"added"}\n',
        "reason": "",
        "fault": None,
        "request_violations": [violation],
        "reply_violations": [],
        "warnings": [],
    }


def test_the_journal_of_an_operation_has_its_entries_alone(gateway: MockGateway) -> None:
    """The entries of one operation are those that reached it."""
    dispatcher = gateway._server.dispatcher
    for target in ("/tyk/policies", "/hello", "/tyk/policies"):
        dispatcher.answer(request_for(target))
    assert [entry.target for entry in gateway.journal.of("getHello")] == ["/hello"]


@pytest.mark.parametrize(
    ("operation", "waits"),
    [("addPolicy", True), ("updatePolicy", True), ("deletePolicy", True), ("addApi", True), ("updateApi", True),
     ("deleteApi", True), ("getPolicy", False), ("addKey", False), ("previewKey", False)],
)  # fmt: skip
def test_a_write_that_waits_for_the_disk_needs_a_thread(operation: str, waits: bool) -> None:
    """With `fsync` the operations that write files are answered from threads, and no others."""
    handler = HANDLERS["gateway", operation]
    version = version_of(None)
    assert handler.waits(Gateway(version, Config(), fsync=True)) is waits
    assert handler.waits(Gateway(version, Config())) is False


def test_a_lock_in_memory_is_one_lock_for_each_name() -> None:
    """Two callers of one name share a lock, and callers of different names do not."""
    backend = MemoryBackend()
    with backend.lock("keys"):
        assert not backend.lock("keys").acquire(blocking=False)  # type: ignore[attr-defined]
        with backend.lock("clients"):
            pass
    assert backend.lock("keys").acquire(blocking=False)  # type: ignore[attr-defined]


def test_maps_in_memory_are_kept_by_name() -> None:
    """Two callers of one name share a map, of files and of values alike; others have maps of their own."""
    backend = MemoryBackend()
    backend.key_values("keys", bool)["a"] = 1
    assert backend.key_values("keys", bool).copy() == backend.files("keys").copy() == {"a": 1}
    assert backend.key_values("clients", bool).copy() == {}
    assert not backend.is_shared
