"""MockGateway, and the control API below /_mock/."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from typing import Any

import pytest
from asking import call, send

from mockserver import MockGateway
from mockserver.contract.spec_files import SpecError
from mockserver.gateway.seeding import SeedError
from mockserver.http.client import Client, ClientError
from mockserver.service.faults import FaultError
from mockserver.service.journal import MAX_ENTRIES
from mockserver.service.registry import HANDLERS
from mockserver.serving.wsgi_app import create_app


def test_written_and_loaded_are_two_sets(gateway: MockGateway) -> None:
    """`policies` has the loaded policies, as GET shows them; `policies.written` has those on file."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "rate": 5})
    assert dict(gateway.policies) == {}
    assert gateway.policies.written["gold"]["rate"] == 5
    gateway.reload()
    assert gateway.policies["gold"]["rate"] == 5
    assert call(gateway, "GET", "/tyk/policies/gold")[1] == gateway.policies["gold"]


def test_seeding_writes_and_loads(gateway: MockGateway) -> None:
    """Seeded policies are written and loaded at once."""
    gateway.policies.seed({"id": "a"}, {"id": "b"})
    assert sorted(gateway.policies) == ["a", "b"]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (({"id": "c"}, {"name": "nameless"}), r"policy 1 'nameless': it has no id"),
        (({"id": "d", "quota_max": 1.5},), r"policy 0 'd': quota_max: 1\.5 is a number, must be a whole"),
        (({"id": "e"}, {"id": "a", "name": "changed"}, {"id": "../x"}), r"policy '\.\./x' cannot be stored"),
    ],
    ids=["no id", "wrong type", "no file name"],
)
def test_seeding_a_wrong_policy_writes_nothing(
    gateway: MockGateway, policies: tuple[dict[str, Any], ...], message: str
) -> None:
    """A policy that cannot be stored raises SeedError, and none of the seeded policies is written."""
    gateway.policies.seed({"id": "a"}, {"id": "b"})
    with pytest.raises(SeedError, match=message):
        gateway.policies.seed(*policies)
    names = {policy_id: policy["name"] for policy_id, policy in gateway.policies.written.items()}
    assert names == {"a": "", "b": ""}


def test_a_reset_restores_the_initial_state(gateway: MockGateway) -> None:
    """A reset removes policies, faults and journal entries, and sets the clock back."""
    gateway.policies.seed({"id": "a"})
    gateway.fault(status=500, times=0)
    gateway.advance(1000)
    gateway.reset()
    assert dict(gateway.policies) == {}
    assert gateway.policies.written == {}
    assert list(gateway.journal) == []
    assert call(gateway, "GET", "/tyk/policies") == (200, [])
    assert gateway.gateway.clock.uptime() < 900


def test_a_plain_reload_waits_for_its_tick(gateway: MockGateway) -> None:
    """A plain reload loads policies at the next tick of the gateway's clock, which a test may advance."""
    call(gateway, "POST", "/tyk/policies", {"id": "a"})
    call(gateway, "GET", "/tyk/reload")
    assert call(gateway, "GET", "/tyk/policies/a")[0] == 404
    gateway.advance(1)
    assert call(gateway, "GET", "/tyk/policies/a")[0] == 200


def test_a_plain_reload_happens_without_further_requests(gateway: MockGateway) -> None:
    """A plain reload loads the written policies by a timer, even if no request follows."""
    call(gateway, "POST", "/tyk/policies", {"id": "a"})
    loaded = threading.Event()
    original = gateway.gateway.store.reload

    def reload() -> bool:
        changed = original()
        loaded.set()
        return changed

    gateway.gateway.store.reload = reload  # type: ignore[method-assign]
    try:
        call(gateway, "GET", "/tyk/reload/group")
        assert loaded.wait(10)
    finally:
        del gateway.gateway.store.reload
    assert "a" in gateway.policies


def test_the_health_of_parts_shows_after_the_first_check(gateway: MockGateway) -> None:
    """/hello has no details until the first health check, ten seconds after the start."""
    assert "details" not in call(gateway, "GET", "/hello")[1]
    gateway.advance(10)
    assert call(gateway, "GET", "/hello")[1]["details"]["redis"]["status"] == "pass"


def test_the_journal_has_operations_and_violations(gateway: MockGateway) -> None:
    """The journal has the operation, the status and the violations of each request, without the secret."""
    call(gateway, "POST", "/tyk/policies", {"id": "a", "rate": "x"})
    call(gateway, "GET", "/tyk/policies/none")
    call(gateway, "PATCH", "/tyk/policies")
    post, get, patch = gateway.journal
    violations = ['request /rate: "x" is a string, must be a number of 64 bits']
    assert (post.operation, post.status, post.violations) == ("addPolicy", 400, violations)
    assert (get.operation, get.violations) == ("getPolicy", [])
    assert patch.operation == ""
    entries = call(gateway, "GET", "/_mock/journal?operation=addPolicy")[1]
    assert [entry["violations"] for entry in entries] == [post.violations]
    assert "s3cret" not in json.dumps(call(gateway, "GET", "/_mock/journal")[1])


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        (
            b'{"id":"a","key_expires_in":2592000.0}',
            "request /key_expires_in: 2592000.0 is a number, must be a whole number of 64 bits",
        ),
        (b'{"id":"a","rate":1e400}', "request /rate: 1e400 is a number, must be a number of 64 bits"),
        (b"{", "request: the body is not valid JSON: Expecting property name"),
        (b"[]", "request /: it is an array, must be an object"),
    ],
    ids=["float", "overflow", "no JSON", "array"],
)
def test_the_journal_explains_a_refusal(gateway: MockGateway, body: bytes, violation: str) -> None:
    """The journal names the value that the gateway refuses with `Request malformed`."""
    secret = [("X-Tyk-Authorization", gateway.secret)]
    assert send(gateway, "POST", "/tyk/policies", secret, body).status == 400
    assert any(text.startswith(violation) for text in gateway.journal[0].violations)


def test_the_journal_is_bounded(gateway: MockGateway) -> None:
    """The journal drops its oldest entries when it is full."""
    with Client(gateway.url) as client:
        for number in range(MAX_ENTRIES + 5):
            client.send("GET", f"/{number}")
    assert len(gateway.journal) == MAX_ENTRIES
    assert gateway.journal[0].path == "/5"


def test_a_fault_applies_a_number_of_times(gateway: MockGateway) -> None:
    """A fault changes as many answers of its operation as asked for, and those of no other."""
    gateway.fault("listPolicies", status=503, message="away", times=2)
    assert [call(gateway, "GET", "/tyk/policies")[0] for _ in range(3)] == [503, 503, 200]
    assert call(gateway, "GET", "/tyk/policies/x")[0] == 404


def test_a_fault_may_drop_the_connection(gateway: MockGateway) -> None:
    """A fault with `drop` closes the connection without an answer, and the next request is answered."""
    gateway.fault("getPolicy", drop=True)
    with pytest.raises(ClientError, match="closed without an answer"):
        call(gateway, "GET", "/tyk/policies/x")
    assert call(gateway, "GET", "/tyk/policies/x")[0] == 404


def test_a_fault_may_delay() -> None:
    """A fault with `delay` holds the answer back until a client gives up."""
    with MockGateway() as gateway:
        gateway.fault("getHello", delay=0.5)
        with pytest.raises(ClientError, match=r"no answer within 0\.1 s"):
            send(gateway, "GET", "/hello", timeout=0.1)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"status": 500, "oops": 1}, "no member 'oops'"),
        ({"status": "500"}, "status cannot be '500'"),
        ({"status": 99}, "status 99"),
        ({"operation": "nope", "status": 500}, "there is no operation 'nope'"),
        ({}, "does nothing"),
        ({"status": 500, "times": -1}, "negative"),
    ],
    ids=["unknown member", "wrong type", "status out of range", "unknown operation", "empty", "negative"],
)
def test_a_wrong_fault_is_refused(gateway: MockGateway, fault: dict[str, Any], complaint: str) -> None:
    """A fault with a wrong member is refused, by name, and not set."""
    with pytest.raises(FaultError, match=complaint):
        gateway.fault(**fault)
    status, body = call(gateway, "POST", "/_mock/faults", fault)
    assert status == 400
    assert complaint in body["message"]
    assert call(gateway, "GET", "/_mock/faults") == (200, [])


def test_the_control_api_steers_the_mock(gateway: MockGateway) -> None:
    """The control API seeds policies, shows the state, sets faults, moves the clock and resets."""

    def control(method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return json.loads(send(gateway, method, f"/_mock/{path}", (), data).body)

    assert control("POST", "seed", {"policies": [{"id": "a", "rate": 1}]})["ids"] == ["a"]
    state = control("GET", "state")
    assert list(state["written"]) == ["a.json"]
    assert [policy["id"] for policy in state["loaded"]] == ["a"]
    control("POST", "faults", {"operation": "reload", "status": 500})
    assert control("GET", "faults")[0]["operation"] == "reload"
    control("DELETE", "faults")
    before = control("POST", "clock", {"advance": 0})["now"]
    assert control("POST", "clock", {"advance": 3600})["now"] - before > 3599
    frozen = control("POST", "clock", {"freeze": True, "at": 1_000_000, "advance": 60})
    assert frozen == {"status": "ok", "now": 1_000_060, "frozen": True}
    assert control("POST", "clock", {"advance": 1})["now"] == 1_000_061
    assert not control("POST", "clock", {"freeze": False})["frozen"]
    control("POST", "reset")
    assert control("GET", "state")["loaded"] == []


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("seed", "{", "Expecting"),
        ("seed", "[]", "JSON object"),
        ("seed", "{}", "lacks 'policies'"),
        ("seed", '{"policies":5}', "must be an array"),
        ("seed", "[" * 100_000, "nested too deep"),
        ("clock", '{"advance":-1}', "positive"),
        ("clock", '{"advance":"x"}', "positive"),
        ("clock", '{"advance":null}', "positive"),
        ("clock", '{"advance":1e308}', "positive"),
        ("clock", "{}", "give advance, freeze, or both"),
        ("clock", '{"freeze":1}', "freeze cannot be 1; give true or false"),
        ("clock", '{"at":5}', "give it with freeze: true"),
        ("clock", '{"freeze":true,"at":-5}', "cannot freeze the clock at -5"),
        ("faults", '{"delay":NaN}', "NaN is not a JSON number"),
        ("faults", '{"delay":1e999}', "delay must be from 0"),
    ],
    ids=[
        "no JSON",
        "array",
        "no policies",
        "number",
        "deep",
        "negative",
        "text",
        "null",
        "overflow",
        "no change",
        "freeze of a number",
        "a time alone",
        "a time before 1970",
        "NaN",
        "infinite",
    ],
)
def test_the_control_api_refuses_wrong_bodies(
    gateway: MockGateway, path: str, body: str, complaint: str
) -> None:
    """The control API answers a wrong body with status 400 and a message that names the mistake."""
    answer = send(gateway, "POST", f"/_mock/{path}", (), body.encode())
    assert answer.status == 400
    assert complaint in json.loads(answer.body)["message"]


def test_an_operation_without_a_handler_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock does not start if an operation has no handler, and says how to add one."""
    monkeypatch.delitem(HANDLERS, ("gateway", "reload"))
    with pytest.raises(SpecError, match=r"'reload' of the gateway; add @handles\('reload'\)"):
        create_app()


@pytest.mark.parametrize(("service", "is_refused"), [("gateway", True), ("another service", False)])
def test_a_handler_without_an_operation_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, service: str, is_refused: bool
) -> None:
    """The mock does not start if a handler has no operation, unless it is a handler of another service."""
    monkeypatch.setitem(HANDLERS, (service, "lost"), HANDLERS["gateway", "reload"])
    refusal = pytest.raises(SpecError, match="the gateway has a handler for 'lost', which its spec lacks")
    with refusal if is_refused else nullcontext():
        create_app()


def test_the_application_runs_on_any_wsgi_server(gateway: MockGateway) -> None:
    """The Flask application answers under a server that does not hand over the target as sent."""
    app = create_app(secret=gateway.secret)
    client, secret = app.test_client(), {"X-Tyk-Authorization": gateway.secret}
    assert client.post("/tyk/policies", data='{"id":"a b"}', headers=secret).json == {
        "key": "a b", "status": "ok", "action": "added",
    }  # fmt: skip
    assert client.get("/tyk/reload?block=true", headers=secret).status_code == 200
    assert client.get("/tyk/policies/a%20b", headers=secret).json["id"] == "a b"
    assert client.get("/tyk/policies", headers={}).status_code == 403
    assert client.head("/tyk/policies", headers=secret).status_code == 405
