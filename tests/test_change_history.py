"""The history of a change: written, notified, pulled, confirmed, first used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dashboards import RIGHT, add, ask, read
from redis_server import Redis
from test_nodes import Gateway

from mockserver import MockDashboard, MockGateway
from mockserver.contract.spec_files import default_version
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import SPEC
from mockserver.dashboard.nodes.deployment import GatewayBeside
from mockserver.dashboard.nodes.propagation import Loaded
from mockserver.http.client import Client
from mockserver.serving.mock_dashboard import Settings
from mockserver.storage.redis_backend import RedisBackend


def events(dashboard: MockDashboard, number: int = -1) -> list[tuple[str, str]]:
    """The events of a change, the last one without a number, each with its node."""
    return [(event.event, event.node) for event in dashboard.changes[number].events]


def test_a_pull_takes_all_changes_before_it(dashboard: MockDashboard) -> None:
    """A change is written, then pulled once by each node, and a change after the pull is not."""
    add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    gateway.pull()
    add(dashboard, name="Silver", id="silver")
    assert events(dashboard, 0) == [("written", ""), ("pulled", gateway.node_id)]
    assert events(dashboard, 1) == [("written", "")]


def test_a_node_that_left_stays_in_the_history(dashboard: MockDashboard) -> None:
    """What a node pulled is told when it has left, too."""
    add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    gateway.send("DELETE", "/system/node")
    assert ("pulled", gateway.node_id) in events(dashboard)


@pytest.fixture(name="on_redis")
def _on_redis(redis: Redis) -> Iterator[MockDashboard]:
    settings = Settings(default_version(SPEC), Config.of({"listen_port": 0})[0])
    with MockDashboard.of(settings, RedisBackend(redis.url)) as dashboard:
        yield dashboard


def test_a_change_is_notified_on_redis(on_redis: MockDashboard) -> None:
    """With a Redis a change is notified after it is written, and without one it is not."""
    add(on_redis, id="gold")
    assert events(on_redis) == [("written", ""), ("notified", "")]


def test_the_newest_change_is_confirmed(dashboard: MockDashboard) -> None:
    """The newest change of a policy is confirmed when a report first sees it loaded, a deletion when it is gone."""
    policy_id = add(dashboard, id="gold")
    with MockGateway() as gateway:
        node = GatewayBeside(
            gateway.url, lambda: Loaded(tuple(gateway.policies.values()), gateway.gateway.version), str
        )
        dashboard.state.deployment.beside = [node]
        ask(dashboard, "GET", "/_mock/propagation")
        assert events(dashboard) == [("written", "")]
        gateway.policies.seed(*dashboard.state.policies_of_nodes())
        ask(dashboard, "GET", "/_mock/propagation")
        ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", {**read(dashboard, policy_id), "rate": 9})
        ask(dashboard, "GET", "/_mock/propagation")
        assert events(dashboard, 0) == [("written", ""), ("confirmed", gateway.url)]
        assert events(dashboard, 1) == [("written", "")]
        ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
        ask(dashboard, "GET", "/_mock/propagation")
        assert events(dashboard) == [("written", "")]
        gateway.reset()
        ask(dashboard, "GET", "/_mock/propagation")
        assert events(dashboard) == [("written", ""), ("confirmed", gateway.url)]
    dashboard.state.deployment.beside = []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"policies": []}, "the body lacks 'node'"),
        ({"node": 1, "policies": []}, "node must be a string"),
        ({"node": "n", "policies": ["gold"]}, "a policy must be an object"),
    ],
)
def test_a_confirmation_is_checked(dashboard: MockDashboard, body: Any, message: str) -> None:
    """A confirmation without a node or with other values than policies is a clear error."""
    status, answer = ask(dashboard, "POST", "/_mock/confirmations", body)
    assert (status, message in answer["message"]) == (400, True), answer


def test_a_node_that_says_nothing_confirms_no_deletion(dashboard: MockDashboard) -> None:
    """A node that was given a list without a deleted policy has pulled the deletion, and not confirmed it."""
    policy_id = add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
    gateway.pull()
    ask(dashboard, "GET", "/_mock/propagation")
    assert events(dashboard) == [("written", ""), ("pulled", gateway.node_id)]


def test_changes_are_told_by_policy(dashboard: MockDashboard) -> None:
    """/_mock/changes has all changes, or those of one policy or organisation."""
    add(dashboard, id="gold")
    add(dashboard, name="Silver", id="silver")

    def told(query: str = "") -> list[str]:
        listing: list[dict[str, Any]] = ask(dashboard, "GET", f"/_mock/changes{query}")[1]
        return [change["object_id"] for change in listing]

    assert told() == ["gold", "silver"]
    assert told("?policy=silver") == ["silver"]
    assert told(f"?org_id={dashboard.state.organisation}") == ["gold", "silver"]
    assert told("?org_id=other") == []
    dashboard.reset()
    assert told() == []


def test_a_change_is_used_by_the_first_request_that_applies_it() -> None:
    """The first request in the gateway beside the Dashboard whose session applied a policy is told, once."""
    with MockDashboard() as dashboard:
        assert dashboard.gateway is not None
        definition = {
            "name": "Orders",
            "api_id": "orders",
            "auth": {"auth_header_name": "Authorization"},
            "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
            "proxy": {"listen_path": "/orders/"},
        }
        state = dashboard.state
        state.apis.create(state.organisation, definition, keeps_id=True)
        policy_id = add(dashboard, id="gold", access_rights={"orders": RIGHT})
        session = {"apply_policies": ["gold"], "org_id": state.organisation, "access_rights": {}}
        key = ask(dashboard, "POST", "/api/keys", session)[1]["key_id"]
        assert [event for event, _ in events(dashboard)] == ["written", "pulled"]
        for _ in range(2):
            with Client(dashboard.gateway.url) as client:
                answer = client.send("GET", "/orders/1", [("Authorization", key)])
            assert answer.status == 200, json.loads(answer.body)
        assert events(dashboard)[2:] == [("used", dashboard.gateway.url)]
        ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", {**read(dashboard, policy_id), "rate": 9})
        dashboard.gateway.advance(1)
        with Client(dashboard.gateway.url) as client:
            client.send("GET", "/orders/1", [("Authorization", key)])
        assert [event for event, _ in events(dashboard)] == ["written", "pulled", "used"]
        report = ask(dashboard, "GET", "/_mock/propagation")[1]
        assert [p["loaded"] for p in report["placements"]] == ["current"]
