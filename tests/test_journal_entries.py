"""An entry of the journal tells what a request was for, what became of it, and whose fault that was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import call, send, talk
from graphql_client import ask

from mockserver import MockDashboard, MockGateway
from mockserver.http.client import ClientError
from mockserver.http.messages import DropConnection, Reply
from mockserver.service.registry import HANDLERS, Handler, never

GOLD = {"id": "gold", "rate": 5}


def _drop(gateway: MockGateway, operation: str) -> None:
    gateway.fault(operation, drop=True)
    with pytest.raises(ClientError):
        call(gateway, "POST", "/tyk/policies", GOLD)


@pytest.mark.parametrize("operation", ["addPolicy", "*"])
def test_a_dropped_request_is_in_the_journal(gateway: MockGateway, operation: str) -> None:
    """A request whose connection a fault closed has an entry with its body, its operation and the fault."""
    _drop(gateway, operation)
    assert call(gateway, "POST", "/tyk/policies", GOLD)[0] == 200
    dropped, repeated = gateway.journal.of("addPolicy")
    assert (dropped.status, dropped.is_dropped, dropped.json) == (0, True, GOLD)
    assert dropped.fault is not None
    assert dropped.fault.drop is True
    assert (repeated.is_dropped, repeated.fault, repeated.violations) == (False, None, [])
    assert dropped.violations == []
    assert repr(dropped) == "POST /tyk/policies -> dropped addPolicy (fault: drop)"


def test_a_connection_that_the_gateway_itself_closes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that a gateway does not answer, as where it panics, has an entry without a fault or violation."""

    def panic(_: Any) -> Reply:
        raise DropConnection

    monkeypatch.setitem(HANDLERS, ("gateway", "getPolicy"), Handler(panic, never))
    with MockGateway() as gateway:
        with pytest.raises(ClientError):
            gateway.client.get("/tyk/policies/gold")
        (entry,) = gateway.journal
    assert (entry.operation, entry.is_dropped, entry.fault, entry.violations) == ("getPolicy", True, None, [])


def test_a_long_request_that_is_dropped_is_told_too(gateway: MockGateway) -> None:
    """A dropped request of which the journal keeps a part is dropped all the same."""
    gateway.fault("addPolicy", drop=True)
    with pytest.raises(ClientError):
        call(gateway, "POST", "/tyk/policies", {"id": "gold", "name": "x" * 100_000})
    (entry,) = gateway.journal
    assert (entry.is_complete, entry.is_dropped, entry.warnings) == (False, True, [])


def test_an_injected_answer_is_no_violation(gateway: MockGateway) -> None:
    """A status that a fault gave is no violation, while a wrong request is one, whoever answered it."""
    gateway.fault("addPolicy", status=503, times=2)
    call(gateway, "POST", "/tyk/policies", GOLD)
    call(gateway, "POST", "/tyk/policies", {"id": 5})
    right, wrong = gateway.journal
    assert (right.status, right.violations) == (503, [])
    assert right.fault is not None
    assert right.fault.status == 503
    assert any("/id" in text for text in wrong.request_violations)
    assert wrong.reply_violations == []
    assert repr(right) == "POST /tyk/policies -> 503 addPolicy (fault: status 503)"


def test_a_fault_that_only_delays_does_not_excuse_the_answer(gateway: MockGateway) -> None:
    """An answer that a fault delays is judged as any other, and the entry has the fault."""
    gateway.fault(delay=0.001)
    send(gateway, "GET", "/tyk/nothing-here", [("X-Tyk-Authorization", gateway.secret)])
    (entry,) = gateway.journal
    assert entry.fault is not None
    assert entry.violations == ["GET /tyk/nothing-here reached no operation of the spec"]


def test_a_fault_of_a_root_field_is_named(dashboard: MockDashboard) -> None:
    """A query of GraphQL whose connection a fault of a root field closed has an entry with that fault."""
    dashboard.fault("graphql.policies", drop=True)
    with pytest.raises(ClientError):
        ask(dashboard, "{ policies { Pages } }")
    (entry,) = dashboard.journal
    assert entry.is_dropped
    assert str(entry.fault) == "drop"


REFUSED = {
    "POST /tyk/policies": "addPolicy",
    "GET /tyk/policies/": "listPolicies",
    "PUT /tyk/policies/gold": "updatePolicy",
    "GET /tyk/nothing-here": "no operation",
}


@pytest.mark.parametrize(("request_line", "operation"), REFUSED.items(), ids=REFUSED)
def test_a_refused_secret_names_the_operation(
    gateway: MockGateway, request_line: str, operation: str
) -> None:
    """A request with a wrong secret violates the spec by that alone, and says which operation it missed."""
    assert send(gateway, *request_line.split(), [("X-Tyk-Authorization", "nope")]).status == 403
    (entry,) = gateway.journal
    missed = "no operation was" if operation == "no operation" else f"{operation} was not"
    expected = f"403: the secret is wrong or missing; {missed} reached"
    assert (entry.request_violations, entry.reply_violations) == ([expected], [])
    assert entry.operation == ("" if operation == "no operation" else operation)
    assert "(refused: the secret is wrong or missing)" in repr(entry)


def test_a_refused_key_of_the_dashboard_names_the_operation(dashboard: MockDashboard) -> None:
    """A request to the Dashboard with a wrong key says which operation it missed."""
    send(dashboard, "GET", "/api/portal/policies", [("Authorization", "nope")])
    (entry,) = dashboard.journal
    assert entry.violations == ["401: the credential is wrong or missing; listPolicies was not reached"]


def test_a_redirect_names_its_target(gateway: MockGateway) -> None:
    """A request that is redirected for its path says where to."""
    send(gateway, "GET", "/tyk//policies", [("X-Tyk-Authorization", gateway.secret)])
    (entry,) = gateway.journal
    reason = "the path is not clean, and redirected to /tyk/policies"
    assert entry.violations == [f"301: {reason}; no operation was reached"]


def test_an_entry_gives_its_parts(gateway: MockGateway) -> None:
    """An entry has the JSON, the query and the headers of the request, and the JSON of the answer."""
    headers = [("X-Tyk-Authorization", gateway.secret), ("X-Try", "2")]
    send(gateway, "POST", "/tyk/policies?a=1&b=x%20y&a=2", headers, json.dumps(GOLD).encode())
    (entry,) = gateway.journal
    assert entry.json == GOLD
    assert entry.query == {"a": "1", "b": "x y"}
    assert (entry.header("x-TRY"), entry.header("X-None")) == ("2", "")
    assert entry.header("X-Tyk-Authorization") == "***"
    assert entry.response_json == {"key": "gold", "status": "ok", "action": "added"}
    assert entry.time == pytest.approx(gateway.gateway.now(), abs=60)


def test_the_json_of_no_json_is_an_error(gateway: MockGateway) -> None:
    """The JSON of a body that is none, or is nested too deep, is a ValueError."""
    for body in (b"{", b"[" * 100_000):
        send(gateway, "POST", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], body)
        with pytest.raises(ValueError, match=r"nested|Expecting"):
            _ = gateway.journal[-1].json
        assert gateway.journal[-1].policy_id == ""


IDS: dict[str, tuple[str, str, Any, str]] = {
    "in the path": ("GET", "/tyk/policies/go%20ld", None, "go ld"),
    "in the body": ("POST", "/tyk/policies", {"id": "gold"}, "gold"),
    "database id": ("POST", "/tyk/policies", {"_id": "5fd203d01f1ad30001c0ffee"}, "5fd203d01f1ad30001c0ffee"),
    "both": ("PUT", "/tyk/policies/gold", {"id": "silver"}, "gold"),
    "no policy": ("POST", "/tyk/policies", [1], ""),
    "list": ("GET", "/tyk/policies", None, ""),
    "key": ("GET", "/tyk/keys/gold", None, ""),
}


@pytest.mark.parametrize(("method", "target", "body", "policy_id"), IDS.values(), ids=IDS)
def test_an_entry_names_its_policy(
    gateway: MockGateway, method: str, target: str, body: Any, policy_id: str
) -> None:
    """An entry has the id of the policy that the request is for, from its path or else its body."""
    call(gateway, method, target, body)
    assert gateway.journal[-1].policy_id == policy_id


def test_an_entry_is_one_short_line(gateway: MockGateway) -> None:
    """An entry prints as one line of bounded length, in which foreign control characters are escaped."""
    talk(gateway, b"GET /tyk/\x9b31m" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    (entry,) = gateway.journal
    assert repr(entry).startswith(r"GET /tyk/\x9b31mxxx")
    assert len(repr(entry)) < 500
    with pytest.raises(AssertionError) as failure:
        gateway.check()
    assert "\x9b" not in str(failure.value)


def test_a_journal_prints_as_lines(gateway: MockGateway) -> None:
    """A journal prints a line for each request, and shows as their number."""
    call(gateway, "POST", "/tyk/policies", GOLD)
    call(gateway, "GET", "/tyk/policies/gold")
    assert str(gateway.journal).splitlines() == [
        "POST /tyk/policies -> 200 addPolicy",
        "GET /tyk/policies/gold -> 404 getPolicy (Policy not found)",
    ]
    assert repr(gateway.journal) == "<Journal of 2 requests>"


def test_an_id_that_is_half_a_character_does_not_hide_the_journal(gateway: MockGateway) -> None:
    """An entry has the id of a policy as the gateway has read it, so that the journal can always be shown."""
    answer = gateway.client.post("/tyk/policies", content=b'{"id": "\\ud800x", "rate": 5}')
    (entry,) = gateway.journal.of("addPolicy")
    assert (entry.policy_id, answer.json()["key"]) == ("\ufffdx", "\ufffdx")
    for path in ("/_mock/journal", "/_mock/pages/journal"):
        assert gateway.client.get(path).status_code == 200
