"""MockGateway and the mock's own API."""

from __future__ import annotations

import json
import threading
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
    """`policies` is what GET shows, `policies.written` what is on file."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "rate": 5})
    assert (dict(gateway.policies), gateway.policies.written["gold"]["rate"]) == ({}, 5)
    gateway.reload()
    assert gateway.policies["gold"]["rate"] == 5
    assert call(gateway, "GET", "/tyk/policies/gold")[1] == gateway.policies["gold"]


def test_seeding_writes_and_loads(gateway: MockGateway) -> None:
    """Or does nothing at all."""
    gateway.policies.seed({"id": "a"}, {"id": "b"})
    assert sorted(gateway.policies) == ["a", "b"]
    with pytest.raises(SeedError, match=r"policy 1: it has no id"):
        gateway.policies.seed({"id": "c"}, {"name": "nameless"})
    with pytest.raises(SeedError, match=r"policy 0: 1\.5 is no int64"):
        gateway.policies.seed({"id": "d", "quota_max": 1.5})
    with pytest.raises(SeedError, match=r"policy '\.\./x' cannot be stored"):
        gateway.policies.seed({"id": "e"}, {"id": "a", "name": "changed"}, {"id": "../x"})
    assert {name: p["name"] for name, p in gateway.policies.written.items()} == {"a": "", "b": ""}


def test_reset_forgets_everything(gateway: MockGateway) -> None:
    """Policies, faults, the journal, and moved time."""
    gateway.policies.seed({"id": "a"})
    gateway.fault(status=500, times=0)
    gateway.advance(1000)
    gateway.reset()
    assert (dict(gateway.policies), gateway.policies.written, list(gateway.journal)) == ({}, {}, [])
    assert call(gateway, "GET", "/tyk/policies") == (200, [])
    assert gateway.gateway.clock.uptime() < 900


def test_a_plain_reload_waits_for_its_tick(gateway: MockGateway) -> None:
    """Moved time stands for waiting."""
    call(gateway, "POST", "/tyk/policies", {"id": "a"})
    call(gateway, "GET", "/tyk/reload")
    assert call(gateway, "GET", "/tyk/policies/a")[0] == 404
    gateway.advance(1)
    assert call(gateway, "GET", "/tyk/policies/a")[0] == 200


def test_a_plain_reload_comes_by_itself(gateway: MockGateway) -> None:
    """Without any further request, and with the files of that moment."""
    call(gateway, "POST", "/tyk/policies", {"id": "a"})
    loaded = threading.Event()
    original = gateway.gateway.store.reload

    def reload() -> bool:
        done = original()
        loaded.set()
        return done

    gateway.gateway.store.reload = reload  # type: ignore[method-assign]
    try:
        call(gateway, "GET", "/tyk/reload/group")
        assert loaded.wait(10)
    finally:
        del gateway.gateway.store.reload
    assert "a" in gateway.policies


def test_the_health_of_parts_shows_after_the_first_check(gateway: MockGateway) -> None:
    """One interval after the start."""
    assert "details" not in call(gateway, "GET", "/hello")[1]
    gateway.advance(10)
    assert call(gateway, "GET", "/hello")[1]["details"]["redis"]["status"] == "pass"


def test_the_journal_tells_what_was_asked_and_what_it_violated(gateway: MockGateway) -> None:
    """The secret is not in it."""
    call(gateway, "POST", "/tyk/policies", {"id": "a", "rate": "x"})
    call(gateway, "GET", "/tyk/policies/none")
    call(gateway, "PATCH", "/tyk/policies")
    post, get, patch = gateway.journal
    wrong = ['request /rate: "x" is not of types "null", "number"', "request: 'x' is no float64"]
    assert (post.operation, post.status, post.violations) == ("addPolicy", 400, wrong)
    assert (get.operation, get.violations) == ("getPolicy", [])
    assert patch.operation == ""
    told = call(gateway, "GET", "/_mock/journal?operation=addPolicy")[1]
    assert [entry["violations"] for entry in told] == [post.violations]
    assert "s3cret" not in json.dumps(call(gateway, "GET", "/_mock/journal")[1])


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        (b'{"id":"a","key_expires_in":2592000.0}', "request: 2592000.0 is no int64"),
        (b'{"id":"a","rate":1e400}', "request: 1e400 is no float64"),
        (b"{", "request: the body is not valid JSON: Expecting property name"),
        (b"[]", 'request /: [] is not of types "null", "object"'),
    ],
)
def test_the_journal_explains_a_refusal(gateway: MockGateway, body: bytes, violation: str) -> None:
    """What the answer `Request malformed` leaves unsaid."""
    secret = [("X-Tyk-Authorization", gateway.secret)]
    assert send(gateway, "POST", "/tyk/policies", secret, body).status == 400
    assert any(text.startswith(violation) for text in gateway.journal[0].violations)


def test_the_journal_is_bounded(gateway: MockGateway) -> None:
    """The oldest entries make room."""
    with Client(gateway.url) as client:
        for number in range(MAX_ENTRIES + 5):
            client.send("GET", f"/{number}")
    assert len(gateway.journal) == MAX_ENTRIES
    assert gateway.journal[0].path == "/5"


def test_a_fault_meets_an_operation_so_often(gateway: MockGateway) -> None:
    """And no other."""
    gateway.fault("listPolicies", status=503, message="away", times=2)
    seen = [call(gateway, "GET", "/tyk/policies")[0] for _ in range(3)]
    assert (seen, call(gateway, "GET", "/tyk/policies/x")[0]) == ([503, 503, 200], 404)


def test_a_fault_may_drop_the_connection(gateway: MockGateway) -> None:
    """The client gets no answer; the next one is served."""
    gateway.fault("getPolicy", drop=True)
    with pytest.raises(ClientError, match="closed without an answer"):
        call(gateway, "GET", "/tyk/policies/x")
    assert call(gateway, "GET", "/tyk/policies/x")[0] == 404


def test_a_fault_may_delay() -> None:
    """A client with less patience gives up."""
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
)
def test_a_fault_that_cannot_be_is_refused(
    gateway: MockGateway, fault: dict[str, Any], complaint: str
) -> None:
    """With the member that is wrong; nothing is set then."""
    with pytest.raises(FaultError, match=complaint):
        gateway.fault(**fault)
    status, told = call(gateway, "POST", "/_mock/faults", fault)
    assert (status, complaint in told["message"]) == (400, True)
    assert call(gateway, "GET", "/_mock/faults") == (200, [])


def test_the_mocks_own_api(gateway: MockGateway) -> None:
    """Seed, state, faults, clock, reset; without the secret."""

    def own(method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return json.loads(send(gateway, method, f"/_mock/{path}", (), data).body)

    assert own("POST", "seed", {"policies": [{"id": "a", "rate": 1}]}) == {
        "ids": ["a"],
        "status": "ok",
    }
    state = own("GET", "state")
    assert (list(state["written"]), [p["id"] for p in state["loaded"]]) == (["a.json"], ["a"])
    own("POST", "faults", {"operation": "reload", "status": 500})
    assert own("GET", "faults")[0]["operation"] == "reload"
    own("DELETE", "faults")
    before = own("POST", "clock", {"advance": 0})["now"]
    assert own("POST", "clock", {"advance": 3600})["now"] - before > 3599
    own("POST", "reset")
    assert own("GET", "state")["loaded"] == []


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
        ("faults", '{"delay":NaN}', "NaN is not a JSON number"),
        ("faults", '{"delay":1e999}', "delay must be from 0"),
    ],
)
def test_the_mocks_own_api_says_what_is_wrong(
    gateway: MockGateway, path: str, body: str, complaint: str
) -> None:
    """In one line, with status 400."""
    answer = send(gateway, "POST", f"/_mock/{path}", (), body.encode())
    assert (answer.status, complaint in json.loads(answer.body)["message"]) == (400, True)


def test_an_operation_without_a_handler_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where to add one."""
    monkeypatch.delitem(HANDLERS, ("gateway", "reload"))
    with pytest.raises(SpecError, match=r"'reload' of the gateway; add @handles\('reload'\)"):
        create_app()


def test_the_application_runs_on_any_wsgi_server(gateway: MockGateway) -> None:
    """Flask's own client hands over no target as sent."""
    app = create_app(secret=gateway.secret)
    client, secret = app.test_client(), {"X-Tyk-Authorization": gateway.secret}
    assert client.post("/tyk/policies", data='{"id":"a b"}', headers=secret).json == {
        "key": "a b", "status": "ok", "action": "added",
    }  # fmt: skip
    assert client.get("/tyk/reload?block=true", headers=secret).status_code == 200
    assert client.get("/tyk/policies/a%20b", headers=secret).json["id"] == "a b"
    assert client.get("/tyk/policies", headers={}).status_code == 403
    assert client.head("/tyk/policies", headers=secret).status_code == 405
