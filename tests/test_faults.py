"""Faults: which requests they are for, how often, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import call, send

from mockserver import MockDashboard, MockGateway
from mockserver.service.faults import FaultError


def statuses(gateway: MockGateway, path: str, count: int, method: str = "GET", body: Any = None) -> list[int]:
    """The statuses of several requests, one after the other."""
    return [call(gateway, method, path, body)[0] for _ in range(count)]


@pytest.mark.parametrize(
    ("members", "hits", "misses"),
    [
        ({"method": "POST"}, ("POST", "/tyk/policies"), ("GET", "/tyk/policies")),
        ({"policy": "gold"}, ("PUT", "/tyk/policies/gold"), ("PUT", "/tyk/policies/silver")),
        ({"key": "k1"}, ("GET", "/tyk/keys/k1"), ("GET", "/tyk/keys/k2")),
        ({"query": {"block": "true"}}, ("GET", "/tyk/reload?block=true"), ("GET", "/tyk/reload?block=1")),
        ({"query": {"block": None}}, ("GET", "/tyk/reload?block=1"), ("GET", "/tyk/reload")),
        ({"operation": "getKey"}, ("GET", "/tyk/keys/k1"), ("GET", "/tyk/keys")),
    ],
    ids=["method", "policy", "key", "query", "any value", "operation"],
)
def test_a_fault_selects_requests(
    gateway: MockGateway, members: dict[str, Any], hits: tuple[str, str], misses: tuple[str, str]
) -> None:
    """A fault applies to the requests that have all it names, and to no others."""
    gateway.fault(status=599, times=0, **members)
    assert call(gateway, *hits, {"id": "gold"})[0] == 599
    assert call(gateway, *misses, {"id": "silver"})[0] != 599


def test_a_fault_selects_a_policy_by_its_body(gateway: MockGateway) -> None:
    """The policy of a creation is that of the body; a body that is no policy selects nothing."""
    gateway.fault(status=599, times=0, policy="gold")
    assert call(gateway, "POST", "/tyk/policies", {"id": "gold"})[0] == 599
    for body in ({"id": "silver"}, {"id": 3}, [], None):
        assert call(gateway, "POST", "/tyk/policies", body)[0] != 599


def test_a_fault_selects_by_header(gateway: MockGateway) -> None:
    """A fault for a header, whose name may be in any case, takes a value or any one."""
    gateway.fault("getHello", status=599, times=0, header={"X-Client": "a"})
    gateway.fault("getHello", status=598, times=0, header={"x-other": None})
    for headers, status in (
        ((("x-client", "a"),), 599),
        ((("X-Client", "b"),), 200),
        ((("X-Other", "c"),), 598),
    ):
        assert send(gateway, "GET", "/hello", headers).status == status


def test_the_most_special_fault_wins_then_the_newest(gateway: MockGateway) -> None:
    """Of the faults for a request the one with the most selectors applies, and of equal ones the newest."""
    gateway.fault("getPolicy", policy="gold", status=503)
    gateway.fault("getPolicy", status=501)
    gateway.fault("getPolicy", status=502)
    gateway.fault(status=500)
    assert statuses(gateway, "/tyk/policies/gold", 5) == [503, 502, 501, 500, 404]


def test_a_fault_for_all_requests_comes_before_the_secret(gateway: MockGateway) -> None:
    """A fault without an operation applies to refused requests too; one with an operation does not."""
    gateway.fault(status=503)
    gateway.fault("listPolicies", status=502)
    answers = [
        send(gateway, "GET", "/tyk/policies", (("X-Tyk-Authorization", "no"),)).status for _ in range(2)
    ]
    assert answers == [503, 403]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, [503, 200, 200, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200, 200]),
        ({"times": 0}, [503] * 5),
        ({"first": 2}, [200, 503, 200, 200, 200]),
        ({"first": 2, "times": 3}, [200, 503, 503, 503, 200]),
        ({"first": 3, "last": 4}, [200, 200, 503, 503, 200]),
    ],
    ids=["once", "n times", "always", "n-th", "n-th, m times", "n-th to m-th"],
)
def test_a_fault_has_its_turn(gateway: MockGateway, members: dict[str, Any], expected: list[int]) -> None:
    """A fault applies once, n times, always, or from the n-th to the m-th request that it is for."""
    gateway.fault("listPolicies", status=503, **members)
    assert statuses(gateway, "/tyk/policies", 5) == expected


def test_a_fault_by_chance_repeats(gateway: MockGateway) -> None:
    """A fault with a probability applies to some requests, the same ones for the same seed."""
    rounds = []
    for seed in (1, 1, 2):
        gateway.fault("listPolicies", status=503, probability=0.5, seed=seed)
        rounds.append(statuses(gateway, "/tyk/policies", 20))
        gateway.mock.faults.clear()
    assert rounds[0] == rounds[1] != rounds[2]
    assert {200, 503} == set(rounds[0])


def test_a_sequence_is_played(gateway: MockGateway) -> None:
    """The steps of a sequence apply one after the other, as many rounds as asked for; an empty one is normal."""
    gateway.fault("listPolicies", sequence=[{"status": 503}, {"status": 502}, {}], times=2)
    assert statuses(gateway, "/tyk/policies", 7) == [503, 502, 200, 503, 502, 200, 200]
    assert not gateway.mock.faults
    assert [entry.fault is None for entry in gateway.journal] == [False, False, True] * 2 + [True]


def test_a_method_is_taken_in_any_case(gateway: MockGateway) -> None:
    """The method of a fault may be written in small letters."""
    gateway.fault(method="post", status=503)
    assert gateway.client.get("/tyk/policies").status_code == 200
    assert gateway.client.post("/tyk/policies", json={"id": "gold"}).status_code == 503


def test_what_is_set_can_be_read(gateway: MockGateway) -> None:
    """The list of faults has the members, the further times and how often each has applied."""
    gateway.fault("listPolicies", status=503, times=3)
    statuses(gateway, "/tyk/policies", 1)
    assert call(gateway, "GET", "/_mock/faults")[1] == [
        {"operation": "listPolicies", "status": 503, "times": 2, "applied": 1}
    ]


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"operation": "addPolcy", "status": 500}, "did you mean 'addPolicy'?"),
        ({"stauts": 500}, "did you mean 'status'?"),
        ({"scenario": "redis-dwon"}, "did you mean 'redis-down'?"),
        ({"delay": [2, 1]}, "as in [0.5, 2]"),
        ({"delay": 4000}, "delay must be from 0 to 3600 seconds"),
        ({"slow": 0}, "at least 1"),
        ({"truncate": -1}, "at least 0"),
        ({"drop": True, "status": 500}, "drop sends no answer; leave out status"),
        ({"drop": True, "hang": True}, "leave out hang"),
        ({"status": 500, "probability": 0}, "probability 0"),
        ({"status": 500, "first": 0}, "first counts from 1"),
        ({"status": 500, "last": 2, "times": 1}, "leave out times"),
        ({"sequence": []}, "needs a step"),
        ({"sequence": [503]}, "a step of a sequence cannot be 503"),
        ({"sequence": [{"times": 1}]}, "a step of a sequence has no member 'times'"),
        ({"sequence": [{}], "status": 500}, "put status into its steps"),
        ({"sequence": [{}, {}]}, "does nothing"),
        ({"headers": {"Content-Length": "1"}}, "headers cannot have 'Content-Length'"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "a text of one line"),
        ({"header": {"X-A": 1}, "status": 500}, "null for any value"),
        ({"method": "P OST", "status": 500}, "is no HTTP method"),
        (
            {"operation": "addPolicy", "method": "get", "status": 500},
            "the method of addPolicy is POST, never GET; leave out method",
        ),
        ({"scenario": "redis-down", "method": "GET"}, "leave out method"),
    ],
)
def test_a_wrong_fault_says_what_is_right(
    gateway: MockGateway, members: dict[str, Any], complaint: str
) -> None:
    """A fault that cannot be is refused with the member, and the nearest name or what it may be."""
    with pytest.raises(FaultError) as refusal:
        gateway.fault(**members)
    assert complaint in str(refusal.value)
    assert not gateway.mock.faults


def test_a_call_within_a_request_meets_few_faults(dashboard: MockDashboard) -> None:
    """A fault of a GraphQL root field may have a status, a delay or a drop, and nothing that takes a connection."""
    with pytest.raises(FaultError, match=r"cannot meet slow; give delay, drop, message, status"):
        dashboard.fault("graphql.policies", slow=5)
    dashboard.fault("graphql.policies", status=503, first=2)
    assert dashboard.mock.faults.take("graphql.policies") is None
    assert dashboard.mock.faults.take("graphql.policies") is not None


def test_a_request_without_a_fault_is_answered_at_once(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without faults no request is compared with any, and it is answered on the event loop."""
    monkeypatch.setattr(gateway.mock.faults, "take", None)
    assert call(gateway, "GET", "/tyk/policies")[0] == 200
