"""Records of a Dashboard: they are found by their terms without reading all of them."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest
from dashboards import ADMIN, add, ask, read
from redis_server import Redis

from mockserver import MockDashboard
from mockserver.contract.spec_files import default_version
from mockserver.dashboard import policies
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import SPEC
from mockserver.dashboard.records import Records
from mockserver.serving.mock_dashboard import Settings
from mockserver.storage.redis_backend import RedisBackend


class Counted(dict[str, Any]):
    """A map that counts how often all of it is read, and how often a value is written."""

    copies = 0
    writes = 0

    def __setitem__(self, name: str, value: Any) -> None:
        self.writes += 1
        super().__setitem__(name, value)

    def copy(self) -> dict[str, Any]:
        self.copies += 1
        return super().copy()


def named(values: dict[str, Any]) -> Records:
    """Records that are found by their names."""
    return Records(values, terms=lambda document: [document["name"]])


def test_what_is_found_follows_each_change() -> None:
    """A document is found by its terms of today, also when several have one, and no longer when it is gone."""
    values = Counted()
    records = named(values)
    before = values.copies
    records.add("1", {"name": "a"})
    records.add("2", {"name": "a"})
    assert records.found("a") == [{"name": "a"}, {"name": "a"}]
    records.add("1", {"name": "b"})
    assert (records.found("b"), records.found("a")) == ([{"name": "b"}], [{"name": "a"}])
    assert (records.remove("2"), records.remove("2"), records.found("a")) == (True, False, [])
    assert values.copies == before


def test_many_documents_of_one_term_are_entered_at_once() -> None:
    """Documents that are added together write the index once for each term, however many have it."""
    values, index = Counted(), Counted()
    records = Records(values, index, lambda document: [document["name"]])
    records.add_all({str(number): {"name": "a"} for number in range(100)})
    records.add_all({str(number): {"name": "b" if number < 2 else "a"} for number in range(101)})
    assert (values.writes, index.writes) == (201, 4)
    assert [len(records.found(name)) for name in "ab"] == [99, 2]
    anew = Counted()
    assert len(Records(values, anew, lambda document: [document["name"]]).found("a")) == 99
    assert anew.writes == 2


def test_an_import_lets_other_writes_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long import takes the lock of the policies for some of them at a time."""
    monkeypatch.setattr(policies, "IMPORTED_TOGETHER", 2)
    with MockDashboard(with_gateway=False) as dashboard:
        held, lock = [], dashboard.state.policies._lock

        def counted() -> AbstractContextManager[Any]:
            held.append(len(dashboard.policies))
            return lock()

        monkeypatch.setattr(dashboard.state.policies, "_lock", counted)
        body = {"Data": [{"org_id": dashboard.state.organisation}] * 5}
        assert ask(dashboard, "POST", "/admin/policies/import", body, *ADMIN)[0] == 200
        assert held == [0, 2, 4]
        assert len(dashboard.policies) == 5


def test_what_was_stored_before_is_found() -> None:
    """Documents of an earlier process are found, and what was removed behind the records is not."""
    values: dict[str, Any] = {
        "1": {"order": 2, "document": {"name": "a"}},
        "2": {"order": 1, "document": {"name": "a"}},
    }
    records = named(values)
    assert len(records.found("a")) == 2
    values.pop("1")
    assert records.found("a") == [{"name": "a"}]
    values.clear()
    records.forget_index()
    assert records.found("a") == []


@pytest.mark.parametrize("word", ["create", "read", "update", "delete"])
def test_no_call_for_one_policy_reads_all(word: str) -> None:
    """A policy is created, read by its id, renamed and deleted without reading the others."""
    with MockDashboard(with_gateway=False) as dashboard:
        add(dashboard, name="Gold", id="gold")
        values = Counted(dashboard.state.policies.records._values.copy())
        dashboard.state.policies.records._values = values
        method = {"create": "POST", "read": "GET", "update": "PUT", "delete": "DELETE"}[word]
        path = "/api/portal/policies" if word == "create" else "/api/portal/policies/gold"
        assert ask(dashboard, method, path, {"name": "Silver"})[0] == 200
        assert values.copies == 0


def test_mocks_of_one_store_share_what_is_found(redis: Redis) -> None:
    """A name that one mock gave is refused by another, and is free for both after a rename, a deletion or a reset."""
    from redis import Redis as Client

    def start() -> MockDashboard:
        config = Config().having("listen_port", 0)
        return MockDashboard.of(Settings(default_version(SPEC), config), RedisBackend(redis.url))

    with start() as one, start() as other, Client.from_url(redis.url) as client:
        policy_id = add(one, name="Gold", id="gold")
        assert ask(other, "POST", "/api/portal/policies", {"name": "Gold"})[0] == 400
        assert read(other, "gold")["_id"] == policy_id
        assert ask(other, "PUT", "/api/portal/policies/gold", {"name": "Silver"})[0] == 200
        second = add(one, name="Gold")
        assert ask(other, "DELETE", f"/api/portal/policies/{second}")[0] == 200
        add(one, name="Gold")
        # what another program wrote into the index is no more than a wrong hint
        client.hset("tyk-contract:dashboard-policies-index", "name Bronze", json.dumps(["x", policy_id]))
        client.hset("tyk-contract:dashboard-policies-index", "name Iron", "nonsense")
        for name in ("Bronze", "Iron"):
            add(other, name=name)
        one.reset()
        assert not other.policies
        add(other, name="Gold")
