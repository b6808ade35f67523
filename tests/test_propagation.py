"""Propagation: what each node was given and has loaded, and whether the nodes have converged."""

from __future__ import annotations

from typing import Any

import planes
import pytest
from dashboards import RIGHT, add, ask, read
from placements import OTHER_ORGANISATION, plane, propagation, states, watch
from test_nodes import Gateway

from mockserver import MockDashboard, MockGateway
from mockserver.contract.spec_files import known_versions
from mockserver.dashboard.nodes.nodes import SILENCE

POLICIES: list[dict[str, Any]] = [
    {"name": "Empty", "id": "empty"},
    {"name": "Without id"},
    {"name": "Draft", "id": "draft", "state": "draft", "tags": [], "meta_data": {}},
    {"name": "Null", "id": "null", "tags": None, "access_rights": {"o": {"api_id": "o", "limit": None}}},
    {
        "name": "Rich",
        "id": "rich",
        "rate": 5.5,
        "per": 1,
        "quota_max": -1,
        "tags": ["b", "a"],
        "meta_data": {"z": 1, "a": {"y": 1.5, "b": [None, 12345678901234567890]}},
        "partitions": {"acl": True, "quota": True},
        "post_expiry_action": "delete",
        "post_expiry_grace_period": 5,
        "smoothing": {"enabled": True, "threshold": 5, "trigger": 0.5, "step": 2, "delay": 30},
        "access_rights": {
            "orders": {
                **RIGHT,
                "allowed_urls": [{"url": "/x", "methods": ["GET"]}],
                "limit": {"rate": 3, "per": 2},
                "endpoints": [{"path": "/a", "methods": [{"name": "GET", "limit": {"rate": 1, "per": 1}}]}],
            },
            "b": {"api_id": "b", "versions": ["v1"], "disable_introspection": True},
        },
    },
]


@pytest.fixture(name="dashboard")
def _dashboard_without_gateways(dashboard: MockDashboard) -> MockDashboard:
    dashboard.state.deployment.beside = []
    return dashboard


def test_what_a_node_was_given_is_delivered(dashboard: MockDashboard) -> None:
    """A policy in the last answer to a node is delivered with its digest and time, and never shown as loaded."""
    add(dashboard, id="gold")
    Gateway(dashboard).register().pull()
    (placement,) = propagation(dashboard)["placements"]
    assert (placement["state"], placement["given"], placement["loaded"]) == (
        "delivered",
        "current",
        "unknown",
    )
    assert placement["given_digest"] == propagation(dashboard)["policies"][0]["digest"]
    assert placement["given_time"] == dashboard.state.nodes.pulls[-1].time
    assert (propagation(dashboard)["converged"], propagation(dashboard)["confirmed"]) == (True, False)


def test_an_older_delivery_is_not_right(dashboard: MockDashboard) -> None:
    """A node that was given a policy before its last change has not converged until it pulls again."""
    policy_id = add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    policy = {**read(dashboard, policy_id), "rate": 7}
    assert ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", policy)[0] == 200
    assert states(dashboard) == {"gold": ("delivered", "older", "unknown", False)}
    assert propagation(dashboard)["converged"] is False
    gateway.pull()
    assert states(dashboard) == {"gold": ("delivered", "current", "unknown", True)}
    assert propagation(dashboard)["converged"] is True


def test_a_policy_that_came_later_was_not_given(dashboard: MockDashboard) -> None:
    """A policy that the last answer did not have is delivered as absent."""
    gateway = Gateway(dashboard).register()
    gateway.pull()
    add(dashboard, id="gold")
    assert states(dashboard) == {"gold": ("delivered", "absent", "unknown", False)}


def test_a_node_that_never_pulled_is_unknown(dashboard: MockDashboard) -> None:
    """Of a node that has only registered nothing is known, with policies and without."""
    Gateway(dashboard).register()
    assert propagation(dashboard)["converged"] is False
    add(dashboard, id="gold")
    assert states(dashboard) == {"gold": ("unknown", "unknown", "unknown", False)}


def test_without_nodes_nothing_has_converged(dashboard: MockDashboard) -> None:
    """A Dashboard to which no node came has not converged."""
    assert propagation(dashboard)["converged"] is False


def test_a_deleted_policy_counts_until_the_node_has_pulled(dashboard: MockDashboard) -> None:
    """A policy that a node was given before its deletion is not right."""
    policy_id = add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
    (placement,) = propagation(dashboard)["placements"]
    assert (placement["is_deleted"], placement["is_right"], placement["given"]) == (True, False, "older")
    gateway.pull()
    report = propagation(dashboard)
    assert (report["placements"], report["converged"]) == ([], True)


def test_a_gateway_of_the_process_confirms(dashboard: MockDashboard) -> None:
    """A gateway that is known in the process confirms what it has loaded, and so does the node that it is."""
    add(dashboard, id="gold", rate=5)
    node = Gateway(dashboard).register()
    node.pull()
    with MockGateway() as gateway:
        watch(dashboard, gateway, node.node_id)
        assert states(dashboard) == {"gold": ("confirmed", "current", "absent", False)}
        gateway.policies.seed(*dashboard.state.policies_of_nodes())
        assert states(dashboard) == {"gold": ("confirmed", "current", "current", True)}
        gateway.policies.seed({**dashboard.state.policies_of_nodes()[0], "rate": 6})
        assert states(dashboard) == {"gold": ("confirmed", "current", "different", False)}


def test_a_deleted_policy_on_a_gateway_has_not_converged(dashboard: MockDashboard) -> None:
    """A policy that the Dashboard has no more, and a gateway still has, is not right."""
    policy_id = add(dashboard, id="gold")
    with MockGateway() as gateway:
        gateway.policies.seed(*dashboard.state.policies_of_nodes())
        watch(dashboard, gateway)
        assert propagation(dashboard)["converged"] is True
        ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
        assert states(dashboard) == {"gold": ("confirmed", "unknown", "different", False)}
        assert propagation(dashboard)["converged"] is False


def test_a_plane_confirms_by_its_ids(dashboard: MockDashboard) -> None:
    """A plane tells ids alone: they confirm what it was given if that is today's, and nothing else."""
    policy_id = add(dashboard, id="gold")
    plane(dashboard, "gold")
    assert states(dashboard) == {"gold": ("confirmed", "current", "by id", True)}
    policy = {**read(dashboard, policy_id), "rate": 7}
    ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", policy)
    assert states(dashboard) == {"gold": ("confirmed", "older", "by id", False)}
    plane(dashboard)
    assert states(dashboard) == {"gold": ("confirmed", "current", "absent", False)}
    plane(dashboard, "gold", "lost")
    assert states(dashboard)["lost"] == ("confirmed", "absent", "by id", False)


def test_a_plane_confirms_when_it_logs_in(mdcb: MockDashboard) -> None:
    """A plane that has pulled has loaded that only when it says so, as it logs in the next time."""
    add(mdcb, id="gold")
    with planes.plane(mdcb) as gateway:
        assert states(mdcb) == {"gold": ("confirmed", "unknown", "absent", False)}
        gateway.policies()
        assert states(mdcb) == {"gold": ("confirmed", "current", "absent", False)}
        gateway.login(stats={"policies_count": 1, "loaded_policies": [{"policy_id": "gold"}]})
        assert states(mdcb) == {"gold": ("confirmed", "current", "by id", True)}
        (listed,) = ask(mdcb, "GET", "/_mock/planes")[1]
        assert (listed["group"], listed["loaded"], listed["version"]) == ("eu", ["gold"], "v5.14.0")
        assert ("confirmed", listed["id"]) in [(event.event, event.node) for event in mdcb.changes[0].events]


def test_two_organisations_are_kept_apart(dashboard: MockDashboard) -> None:
    """Policies with one id of two organisations are two, and a plane of one organisation lacks none of the other."""
    add(dashboard, id="gold", rate=1)
    state = dashboard.state
    other = {**state.policies.all("")[0], "_id": "", "org_id": OTHER_ORGANISATION, "rate": 2.0}
    state.policies.import_all([other])
    gateway = Gateway(dashboard).register()
    gateway.pull()
    plane(dashboard, "gold")
    placements = propagation(dashboard)["placements"]
    rows = [(p["node"], p["org_id"], p["is_right"]) for p in placements]
    assert sorted(rows) == sorted(
        [
            (gateway.node_id, OTHER_ORGANISATION, True),
            (gateway.node_id, state.organisation, True),
            ("plane", state.organisation, True),
        ]
    )
    assert len({p["given_digest"] for p in placements}) == 2


def test_a_node_that_is_silent_is_gone(dashboard: MockDashboard) -> None:
    """A node that pinged and has not come for a minute is not waited for; one that never pinged is."""
    pinging = Gateway(dashboard).register()
    pinging.pull()
    add(dashboard, id="gold")
    dashboard.advance(SILENCE + 1)
    assert propagation(dashboard)["nodes"][0]["is_gone"] is False
    pinging.send("GET", "/register/ping")
    dashboard.advance(SILENCE + 1)
    assert propagation(dashboard)["nodes"][0]["is_gone"] is True
    assert states(dashboard) == {}
    assert propagation(dashboard)["converged"] is False


@pytest.mark.parametrize(
    ("scenario", "given", "warns"), [("empty-list", "absent", True), ("bad-id", "older", False)]
)
def test_the_table_notes_what_was_really_given(
    dashboard: MockDashboard, scenario: str, given: str, *, warns: bool
) -> None:
    """Under a scenario that changes the list the node was given that list, and an empty one is warned of."""
    add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    dashboard.fault(scenario=scenario)
    gateway.pull()
    assert states(dashboard) == {"gold": ("delivered", given, "unknown", False)}
    assert bool(gateway.node.warnings) is warns


@pytest.mark.parametrize("version", known_versions())
def test_the_form_of_a_gateway_makes_no_difference(dashboard: MockDashboard, version: str) -> None:
    """What a gateway of each version answers of policies of the Dashboard counts as these policies."""
    for policy in POLICIES:
        add(dashboard, **policy)
    with MockGateway(gateway=version) as gateway:
        documents = dashboard.state.policies_of_nodes()
        gateway.policies.seed(*({**policy, "id": policy["id"] or policy["_id"]} for policy in documents))
        watch(dashboard, gateway)
        report = propagation(dashboard)
        assert report["converged"] is True, [p for p in report["placements"] if not p["is_right"]]
        assert len(report["placements"]) == len(POLICIES)
        for change in ({"rate": 6.5}, {"tags": ["a", "b"]}, {"partitions": {"acl": True}}):
            rich = next(policy for policy in documents if policy["id"] == "rich")
            gateway.policies.seed({**rich, **change})
            assert states(dashboard)["rich"] == ("confirmed", "unknown", "different", False)
