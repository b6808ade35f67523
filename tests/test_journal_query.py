"""What a client can ask of the journal, and what it can seed, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import MockGateway
from mockserver.http.client import ClientError


def test_the_journal_has_what_is_asked_for(gateway: MockGateway) -> None:
    """The journal answers with the entries that fit all of its parameters, and the newest of them."""
    gateway.freeze(at=1_000_000.0)
    gateway.fault("addPolicy", drop=True)
    with pytest.raises(ClientError):
        gateway.client.post("/tyk/policies", json={"id": "a"})
    gateway.advance(10)
    gateway.client.post("/tyk/policies", json={"id": "b"})
    gateway.client.get("/tyk/policies/b?x=1")
    gateway.client.get("/tyk/policies")

    def shown(query: str) -> list[str]:
        entries = gateway.client.get(f"/_mock/journal?{query}").json()
        return [f"{entry['method']} {entry['target']} {entry['status']}" for entry in entries]

    everything = [
        "POST /tyk/policies 0",
        "POST /tyk/policies 200",
        "GET /tyk/policies/b?x=1 404",
        "GET /tyk/policies 200",
    ]
    assert shown("") == shown("limit=4") == shown("limit=9") == shown("status=") == everything
    assert shown("limit=1") == everything[-1:]
    assert shown("limit=0") == []
    assert shown("status=0") == everything[:1]
    assert shown("method=get") == everything[2:]
    assert shown("path=/tyk/policies&method=GET") == everything[3:]
    assert shown("path=/tyk/policies/b") == everything[2:3]
    assert shown("since=1000010") == everything[1:]
    assert shown("operation=addPolicy&limit=1") == everything[1:2]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("limit=-1", "limit cannot be '-1'; give a whole number"),
        ("limit=1e3", "limit cannot be '1e3'"),
        ("status=5xx", "status cannot be '5xx'"),
        ("since=yesterday", "since cannot be 'yesterday'; give seconds since the epoch"),
        ("since=nan", "since cannot be 'nan'"),
        ("operation=addPolcy", "there is no operation 'addPolcy'; did you mean 'addPolicy'?"),
        ("status=500&status=200", "the parameter 'status' is given 2 times; give it once"),
        ("stauts=500", "there is no parameter 'stauts'; give operation, method, path, status, since, limit"),
    ],
)
def test_a_wrong_choice_of_entries_is_refused(gateway: MockGateway, query: str, complaint: str) -> None:
    """A parameter of the journal with a wrong value is refused, with the value and what to give."""
    answer = gateway.client.get(f"/_mock/journal?{query}")
    assert answer.status_code == 400
    assert complaint in answer.json()["message"]


def test_all_that_a_test_needs_can_be_seeded(gateway: MockGateway) -> None:
    """POST /_mock/seed writes APIs, policies, keys, OAuth clients and organisations, and loads them."""
    seeds = {
        "apis": [
            {
                "api_id": "orders",
                "name": "Orders",
                "org_id": "acme",
                "use_oauth2": True,
                "proxy": {"listen_path": "/orders/"},
            }
        ],
        "policies": [
            {
                "id": "gold",
                "org_id": "acme",
                "rate": 7,
                "per": 1,
                "access_rights": {"orders": {"api_id": "orders"}},
            }
        ],
        "keys": {"alice": {"org_id": "acme", "apply_policies": ["gold"]}},
        "oauth_clients": [{"api_id": "orders", "client_id": "app"}],
        "organisations": {"acme": {"quota_max": 9}},
    }
    answer = gateway.client.post("/_mock/seed", json=seeds).raise_for_status().json()
    assert answer == {
        "status": "ok", "ids": ["gold"], "apis": ["orders"], "keys": ["acmealice"],
        "oauth_clients": ["app"], "organisations": ["acme"], "warnings": [],
    }  # fmt: skip
    assert gateway.policies["gold"]["rate"] == 7
    assert gateway.client.get("/tyk/keys/acmealice").json()["apply_policies"] == ["gold"]
    assert gateway.client.get("/tyk/apis/orders").is_success
    assert gateway.client.get("/tyk/oauth/clients/orders/app").is_success
    assert gateway.client.get("/tyk/org/keys/acme").json()["quota_max"] == 9
    assert list(gateway.journal.of("addPolicy")) == []


@pytest.mark.parametrize(
    ("seeds", "complaint"),
    [
        ({"keys": [{"id": "a"}]}, "keys must be an object of objects, by id"),
        ({"keys": {"a": 5}}, "keys must be an object of objects, by id"),
        ({"apis": {"a": {}}}, "apis must be an array of objects"),
        ({"policies": ["gold"]}, "policies must be an array of objects"),
        ({"polices": []}, "did you mean 'policies'?"),
        ({"keys": {"a": {}}}, "addKeyAtPath 'a': 500 Failed to create key"),
    ],
)
def test_a_wrong_seed_is_refused(gateway: MockGateway, seeds: Any, complaint: str) -> None:
    """A seed in a wrong form, or one that the gateway refuses, is refused with the name of the kind."""
    answer = gateway.client.post("/_mock/seed", json=seeds)
    assert answer.status_code == 400
    assert complaint in answer.json()["message"]


def test_a_path_with_a_slash_at_its_end_is_checked_too(gateway: MockGateway) -> None:
    """The journal is also at a path with a slash at its end, and refuses unknown parameters there."""
    assert gateway.client.get("/_mock/journal/?limit=1").is_success
    assert gateway.client.get("/_mock/journal/?limits=1").status_code == 400


def test_why_takes_a_key_or_a_session(gateway: MockGateway) -> None:
    """A question with a key and a session is refused, for only one of them would be answered."""
    answer = gateway.client.post("/_mock/why", json={"key": "a", "session": {}})
    assert (answer.status_code, answer.json()["message"]) == (
        400, "the body has a key and a session; give one of them",
    )  # fmt: skip


def test_the_journal_judges_a_bounded_part(gateway: MockGateway) -> None:
    """The newest 2 MiB of an answer are judged; of older entries the violations are null, until fewer are asked for."""
    body = b'{"id": "a", "rate": "x", "name": "%s"}' % (b"x" * 60_000)
    for _ in range(40):
        gateway.client.post("/tyk/policies", content=body)
    answer = gateway.client.get("/_mock/journal")
    entries = answer.json()
    count = int(answer.headers["X-Journal-Unjudged"])
    assert 0 < count < len(entries)
    for name in ("request_violations", "reply_violations", "violations", "warnings"):
        assert [entry[name] is None for entry in entries] == [True] * count + [False] * (len(entries) - count)
    assert entries[-1]["violations"]
    fewer = gateway.client.get("/_mock/journal?limit=5")
    assert (fewer.headers["X-Journal-Unjudged"], [bool(entry["violations"]) for entry in fewer.json()]) == (
        "0",
        [True] * 5,
    )
