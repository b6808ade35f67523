"""A synchronisation of the portal with the policies of its Dashboard."""

from __future__ import annotations

from typing import Any

import pytest
from dashboards import add, ask, read
from portals import add_api, credential, in_place, plan, portal, product, refused, use

from mockserver import MockDashboard


@pytest.fixture(name="dashboard")
def _dashboard(portal_dashboard: MockDashboard) -> MockDashboard:
    return portal_dashboard


def test_a_synchronisation_takes_partitioned_policies(dashboard: MockDashboard) -> None:
    """A synchronisation makes products and plans of the policies with partitions, once, and names the others."""
    rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    add(dashboard, name="Rights", partitions={"acl": True}, access_rights=rights)
    add(dashboard, name="Quota", partitions={"quota": True}, quota_max=5, access_rights=rights)
    add(dashboard, name="Depth", partitions={"complexity": True})
    add(dashboard, name="Whole", access_rights=rights)
    add(dashboard, name="Mixed", partitions={"acl": True, "quota": True}, access_rights=rights)
    changes = portal(dashboard, "POST", "synchronise")
    assert {(item["kind"], item["name"]) for item in changes["created"]} == {
        ("product", "Rights"), ("plan", "Quota"), ("plan", "Depth"),
    }  # fmt: skip
    assert {item["name"]: item["reason"] for item in changes["skipped"]} == {
        "Whole": "it has no partitions",
        "Mixed": "it has partitions of both, rights and limits",
    }
    offered = portal(dashboard, "GET", "products/Rights")
    assert (offered["apis"], offered["description"], offered["catalogues"]) == (["orders"], "", [])
    assert portal(dashboard, "GET", "plans/Quota")["quota_max"] == 5
    again = portal(dashboard, "POST", "synchronise", {})
    assert [again[name] for name in ("created", "renamed", "restored", "hidden")] == [[], [], [], []]
    assert use(dashboard, credential(dashboard, "Rights", plan="Quota")["key"], "orders") == (200, "")


def test_a_synchronisation_takes_names_from_policies(dashboard: MockDashboard) -> None:
    """A policy that was renamed on the Dashboard renames its product at the next synchronisation, not before."""
    created = product(dashboard)
    policy = read(dashboard, in_place(created))
    ask(dashboard, "PUT", f"/api/portal/policies/{in_place(created)}", policy | {"name": "Renamed"})
    assert portal(dashboard, "GET", f"products/{created['id']}")["name"] == "Orders"
    changes = portal(dashboard, "POST", "synchronise")
    assert changes["renamed"] == [
        {"kind": "product", "id": created["id"], "name": "Renamed", "from": "Orders"}
    ]
    assert portal(dashboard, "GET", f"products/{created['id']}")["name"] == "Renamed"


def test_a_synchronisation_hides_and_restores(dashboard: MockDashboard) -> None:
    """A product whose policy is gone is hidden with its texts kept, and restored when the policy is back."""
    created = portal(
        dashboard,
        "POST",
        "products",
        {"name": "Orders", "apis": ["orders"], "description": "All orders.", "catalogues": ["public"]},
    )
    plan(dashboard)
    policy = read(dashboard, in_place(created))
    ask(dashboard, "DELETE", f"/api/portal/policies/{in_place(created)}")
    assert [item["id"] for item in portal(dashboard, "POST", "synchronise")["hidden"]] == [created["id"]]
    hidden = portal(dashboard, "GET", "products/Orders")
    assert (hidden["hidden"], hidden["policy"], hidden["description"]) == (True, None, "All orders.")
    sent = {"alias": "a", "products": ["Orders"], "plan": "Gold"}
    assert refused(dashboard, "POST", "credentials", sent) == (
        409,
        "the product 'Orders' is hidden since a synchronisation; choose another",
    )
    assert portal(dashboard, "PATCH", "products/Orders", {"catalogues": ["all"]})["catalogues"] == ["all"]
    portal(dashboard, "PATCH", "products/Orders", {"catalogues": ["public"]})
    status, message = refused(dashboard, "PATCH", "products/Orders", {"name": "x"})
    assert (status, "synchronise" in message) == (409, True)
    ask(dashboard, "POST", "/api/portal/policies", policy)
    assert [item["id"] for item in portal(dashboard, "POST", "synchronise")["restored"]] == [created["id"]]
    assert portal(dashboard, "GET", "products/Orders") == created


def test_a_recreated_policy_with_another_id_is_another_product(dashboard: MockDashboard) -> None:
    """A policy that is deleted and created anew makes a second product beside the hidden one."""
    created = product(dashboard)
    ask(dashboard, "DELETE", f"/api/portal/policies/{in_place(created)}")
    add(dashboard, name="Orders", partitions={"acl": True})
    portal(dashboard, "POST", "synchronise")
    assert [item["hidden"] for item in portal(dashboard, "GET", "products")] == [True, False]
    assert portal(dashboard, "GET", "products/Orders")["hidden"] is False


def test_a_synchronisation_with_tags(dashboard: MockDashboard) -> None:
    """With tags a synchronisation takes the policies that have one of them, and hides the others."""
    product(dashboard), plan(dashboard, tags=["portal", "x"])
    changes = portal(dashboard, "POST", "synchronise", {"tags": ["portal", "other"]})
    assert [item["name"] for item in changes["hidden"]] == ["Orders"]
    assert [item["reason"] for item in changes["skipped"]] == ["it has none of the tags portal, other"]
    assert [item["name"] for item in portal(dashboard, "POST", "synchronise")["restored"]] == ["Orders"]


@pytest.mark.parametrize(
    "right",
    [{"api_id": "tools"}, {"api_id": "orders", "mcp_access_rights": {"tools": {"allowed": ["search"]}}}],
    ids=["an MCP proxy", "members of MCP rights"],
)
def test_rights_to_mcp_proxies_make_no_product(dashboard: MockDashboard, right: dict[str, Any]) -> None:
    """A synchronisation skips rights to MCP proxies, but for portals before 1.17.2."""
    add_api(dashboard, "tools", application_protocol="mcp")
    add(dashboard, name="Tools", partitions={"acl": True}, access_rights={right["api_id"]: right})
    changes = portal(dashboard, "POST", "synchronise")
    assert [item["reason"] for item in changes["skipped"]] == ["it grants an MCP proxy"]
    assert portal(dashboard, "GET", "products") == []
    changes = portal(dashboard, "POST", "synchronise", {"include_mcp": True})
    assert [item["name"] for item in changes["created"]] == ["Tools"]


def test_a_documentation_product_is_left_by_a_synchronisation(dashboard: MockDashboard) -> None:
    """A product that never had a policy is not hidden."""
    created = portal(dashboard, "POST", "products", {"name": "Docs", "apis": []})
    assert portal(dashboard, "POST", "synchronise")["hidden"] == []
    assert portal(dashboard, "GET", "products/Docs") == created


def test_a_plan_without_a_policy_is_not_changed(dashboard: MockDashboard) -> None:
    """A plan whose policy is gone keeps its name, and the message names the policy and the next step."""
    gone = in_place(plan(dashboard))
    ask(dashboard, "DELETE", f"/api/portal/policies/{gone}")
    for body in ({"name": "Silver"}, {"rate": 1, "per": 1}):
        status, message = refused(dashboard, "PATCH", "plans/Gold", body)
        assert (status, message.partition(" any more; ")[0]) == (409, f"the Dashboard has no policy '{gone}'")
    assert portal(dashboard, "GET", "plans/Gold")["rate"] is None


@pytest.mark.parametrize("explicit", [True, False])
def test_a_session_names_policies_as_the_gateway_does(*, explicit: bool) -> None:
    """A credential has the ids that users chose for policies, or database ids where only these count."""
    config = {"enable_duplicate_slugs": True, "allow_explicit_policy_id": explicit}
    with MockDashboard(dashboard="5.3", config=config) as dashboard:
        add_api(dashboard, "orders")
        rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
        object_ids = [
            add(dashboard, id="rights", name="Rights", partitions={"acl": True}, access_rights=rights),
            add(dashboard, id="limits", name="Limits", partitions={"quota": True}, quota_max=1),
        ]
        portal(dashboard, "POST", "synchronise")
        created = credential(dashboard, "Rights", plan="Limits")
        assert created["session"]["apply_policies"] == (["rights", "limits"] if explicit else object_ids)
        assert created["orphaned"] == []
        assert [use(dashboard, created["key"], "orders")[0] for _ in range(2)] == [200, 403]
