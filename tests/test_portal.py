"""The portal of a mock Dashboard: products and plans are policies, credentials are keys."""

from __future__ import annotations

from typing import Any

import pytest
from dashboards import ask, read
from portals import (
    GOLD,
    add_api,
    answer,
    credential,
    everything,
    in_place,
    origins,
    plan,
    portal,
    product,
    refused,
    use,
)

from mockserver import MockDashboard

DISALLOWED = (403, "Access to this API has been disallowed")


@pytest.fixture(name="dashboard")
def _dashboard(portal_dashboard: MockDashboard) -> MockDashboard:
    return portal_dashboard


def test_a_product_is_a_policy_of_rights_alone(dashboard: MockDashboard) -> None:
    """A product's policy decides access rights only, grants its APIs, and is found by REST and GraphQL."""
    policy_id = in_place(product(dashboard, "Both", "orders", "invoices"))
    policy = read(dashboard, policy_id)
    assert {name for name, decides in policy["partitions"].items() if decides} == {"acl"}
    assert set(policy["access_rights"]) == {"orders", "invoices"}
    assert policy["access_rights"]["orders"]["versions"] == ["Default"]
    query = f'{{ policy(id: "{policy_id}") {{ name partitions {{ acl quota }} }} }}'
    headers = (("Authorization", dashboard.key), ("Content-Type", "application/json"))
    assert ask(dashboard, "POST", "/graphql", {"query": query}, *headers)[1]["data"]["policy"] == {
        "name": "Both",
        "partitions": {"acl": True, "quota": False},
    }


def test_a_product_grants_all_versions_of_an_api(dashboard: MockDashboard) -> None:
    """The right to an API with versions names each of them."""
    versions = {name: {"name": name} for name in ("v1", "v2")}
    add_api(dashboard, "versioned", version_data={"not_versioned": False, "versions": versions})
    policy = read(dashboard, in_place(product(dashboard, "Versioned")))
    assert policy["access_rights"]["versioned"]["versions"] == ["v1", "v2"]


def test_a_plan_is_a_policy_of_limits_alone(dashboard: MockDashboard) -> None:
    """A plan's policy decides quota and rate only, has the limits that were sent, and grants nothing."""
    policy = read(dashboard, in_place(plan(dashboard, key_expires_in=60, tags=["paid"])))
    assert {name for name, decides in policy["partitions"].items() if decides} == {"quota", "rate_limit"}
    limits = {name: policy[name] for name in ("rate", "per", "quota_max", "quota_renewal_rate")}
    assert limits == {name: GOLD[name] for name in limits}
    assert (policy["key_expires_in"], policy["tags"], policy["access_rights"]) == (60, ["paid"], {})


def test_a_plan_without_limits_is_unlimited(dashboard: MockDashboard) -> None:
    """A limit that was not sent is -1, and keys do not expire."""
    offered = portal(dashboard, "POST", "plans", {"name": "Free"})
    limits = [offered[name] for name in ("rate", "per", "quota_max", "quota_renewal_rate", "key_expires_in")]
    assert limits == [-1, -1, -1, -1, 0]


def test_rights_come_from_the_product_and_limits_from_the_plan(dashboard: MockDashboard) -> None:
    """The gateway takes a credential's rights from the product's policy and its limits from the plan's."""
    rights, limits = in_place(product(dashboard)), in_place(plan(dashboard))
    product(dashboard, "Invoices")
    created = credential(dashboard, "Orders")
    assert created["session"]["apply_policies"] == [rights, limits]
    by_path = origins(dashboard, created["key"])
    assert by_path["access_rights/orders/versions"] == rights
    for name in ("rate", "per", "quota_max", "quota_renewal_rate"):
        assert by_path[name] == by_path[f"access_rights/orders/limit/{name}"] == limits
    answers = [use(dashboard, created["key"], "orders") for _ in range(4)]
    assert answers == [(200, "")] * 3 + [(403, "Quota exceeded")]
    assert use(dashboard, created["key"], "invoices") == DISALLOWED


def test_each_of_several_products_has_a_quota(dashboard: MockDashboard) -> None:
    """A credential of two products may use the APIs of both, and the plan's quota counts for each of them."""
    product(dashboard), product(dashboard, "Invoices"), plan(dashboard)
    key = credential(dashboard, "Orders", "Invoices")["key"]
    for api_id in ("orders", "invoices"):
        statuses = [use(dashboard, key, api_id)[0] for _ in range(4)]
        assert statuses == [200, 200, 200, 403]


def test_a_credential_changes_its_plan(dashboard: MockDashboard) -> None:
    """With another plan a credential has that plan's limits, and its key and its rights stay."""
    product(dashboard), plan(dashboard, key_expires_in=600)
    silver = in_place(plan(dashboard, name="Silver", quota_max=1))
    before = credential(dashboard, "Orders")
    after = portal(dashboard, "PATCH", "credentials/app", {"plan": "Silver"})
    assert after["key"] == before["key"]
    assert after["session"]["quota_max"] == 1
    assert after["session"]["expires"] == before["session"]["expires"] > dashboard.mock.clock.now()
    assert origins(dashboard, after["key"])["quota_max"] == silver
    assert [use(dashboard, after["key"], "orders")[0] for _ in range(2)] == [200, 403]


def test_a_change_of_a_plan_changes_its_credentials(dashboard: MockDashboard) -> None:
    """New limits of a plan hold for the keys that exist, at their next request."""
    product(dashboard), plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    assert portal(dashboard, "PATCH", "plans/Gold", {"quota_max": 1})["quota_max"] == 1
    assert [use(dashboard, key, "orders")[0] for _ in range(2)] == [200, 403]
    session = portal(dashboard, "GET", "credentials/app")["session"]
    assert (session["quota_max"], session["rate"]) == (1, GOLD["rate"])


def test_a_change_of_a_product_changes_its_credentials(dashboard: MockDashboard) -> None:
    """New APIs of a product replace those that its keys may use."""
    product(dashboard), plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    assert portal(dashboard, "PATCH", "products/Orders", {"apis": ["invoices"]})["apis"] == ["invoices"]
    assert use(dashboard, key, "orders") == DISALLOWED
    assert use(dashboard, key, "invoices") == (200, "")


def test_a_product_without_apis_keeps_its_policy(dashboard: MockDashboard) -> None:
    """A product whose last API is taken away has a draft as its policy, and its keys work again with APIs."""
    policy_id = in_place(product(dashboard))
    plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    portal(dashboard, "PATCH", "products/Orders", {"apis": []})
    assert read(dashboard, policy_id)["state"] == "draft"
    assert use(dashboard, key, "orders") == DISALLOWED
    portal(dashboard, "PATCH", "products/Orders", {"apis": ["orders"]})
    assert read(dashboard, policy_id)["state"] == "active"
    assert use(dashboard, key, "orders") == (200, "")


def test_a_product_for_documentation_has_no_policy(dashboard: MockDashboard) -> None:
    """A product that is created without APIs has no policy until it gets some, and no credential before."""
    plan(dashboard)
    count = len(dashboard.policies)
    created = portal(dashboard, "POST", "products", {"name": "Docs", "apis": [], "description": "Soon."})
    assert (created["policy"], created["apis"], len(dashboard.policies)) == (None, None, count)
    sent = {"alias": "a", "products": ["Docs"], "plan": "Gold"}
    status, message = refused(dashboard, "POST", "credentials", sent)
    assert (status, message) == (409, "the product 'Docs' has no policy; choose another")
    after = portal(dashboard, "PATCH", "products/Docs", {"apis": ["orders"]})
    assert read(dashboard, in_place(after))["name"] == "Docs"
    assert (after["description"], after["authentication"]) == ("Soon.", "authToken")
    assert credential(dashboard, "Docs")["session"]["access_rights"]["orders"]


def test_a_deleted_product_leaves_orphans(dashboard: MockDashboard) -> None:
    """A credential loses the APIs of a deleted product and keeps the others; without any it is refused."""
    orders, invoices = in_place(product(dashboard)), in_place(product(dashboard, "Invoices"))
    plan(dashboard)
    key = credential(dashboard, "Orders", "Invoices")["key"]
    assert portal(dashboard, "DELETE", "products/Orders")["credentials"] == ["app"]
    assert ask(dashboard, "GET", f"/api/portal/policies/{orders}")[0] == 404
    assert portal(dashboard, "GET", "credentials/app")["orphaned"] == [orders]
    assert use(dashboard, key, "orders") == DISALLOWED
    assert use(dashboard, key, "invoices") == (200, "")
    portal(dashboard, "DELETE", "products/Invoices")
    assert portal(dashboard, "GET", "credentials/app")["orphaned"] == [orders, invoices]
    assert use(dashboard, key, "invoices") == DISALLOWED


def test_a_deleted_plan_leaves_the_limits_of_the_session(dashboard: MockDashboard) -> None:
    """A credential whose plan is deleted keeps the limits that its session was stored with."""
    product(dashboard), plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    portal(dashboard, "DELETE", "plans/Gold")
    answers = [use(dashboard, key, "orders")[0] for _ in range(4)]
    assert answers == [200, 200, 200, 403]
    assert origins(dashboard, key)["quota_max"] == "the session itself"


def test_a_rename_renames_the_policy(dashboard: MockDashboard) -> None:
    """A new name of a product or plan is that of its policy at once; ids, rights and limits stay."""
    for path, created in (("products", product(dashboard)), ("plans", plan(dashboard))):
        before = read(dashboard, in_place(created))
        after = portal(dashboard, "PATCH", f"{path}/{created['name']}", {"name": "New " + created["name"]})
        assert (after["id"], after["name"]) == (created["id"], "New " + created["name"])
        renamed = read(dashboard, in_place(created))
        assert renamed | {"last_updated": ""} == before | {"name": after["name"], "last_updated": ""}


def test_a_revoked_credential_is_no_key(dashboard: MockDashboard) -> None:
    """A credential that is deleted is neither a key of the gateway nor in the portal."""
    product(dashboard), plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    assert use(dashboard, key, "orders") == (200, "")
    portal(dashboard, "DELETE", "credentials/app")
    assert use(dashboard, key, "orders") == DISALLOWED
    assert portal(dashboard, "GET", "credentials") == []


def test_a_key_that_is_gone_can_be_revoked(dashboard: MockDashboard) -> None:
    """A credential whose key somebody else removed has no session, and can be deleted."""
    product(dashboard), plan(dashboard)
    key = credential(dashboard, "Orders")["key"]
    assert ask(dashboard, "DELETE", f"/api/keys/{key}")[0] == 200
    assert portal(dashboard, "GET", "credentials/app")["session"] is None
    assert refused(dashboard, "PATCH", "credentials/app", {"alias": "b"})[0] == 404
    portal(dashboard, "DELETE", "credentials/app")
    assert portal(dashboard, "GET", "credentials") == []


def test_python_has_the_same_portal(dashboard: MockDashboard) -> None:
    """MockDashboard.portal takes the bodies of the API, and refuses them with a ValueError."""
    dashboard.portal.products.create({"name": "Orders", "apis": ["orders"]})
    dashboard.portal.plans.create(GOLD)
    created = dashboard.portal.credentials.create({"alias": "app", "products": ["Orders"], "plan": "Gold"})
    assert portal(dashboard, "GET", "credentials/app") == created
    assert dashboard.portal.synchronise()["created"] == []
    with pytest.raises(ValueError, match="there is no API 'gone'"):
        dashboard.portal.products.create({"name": "x", "apis": ["gone"]})


def test_a_reset_clears_the_portal(dashboard: MockDashboard) -> None:
    """After a reset there is neither a product, nor a plan, nor a credential."""
    product(dashboard), plan(dashboard), credential(dashboard, "Orders")
    dashboard.reset()
    assert everything(dashboard) == ([[], [], []], {})


def test_a_portal_without_a_gateway_has_no_credentials() -> None:
    """Without a gateway products and plans can be created, and a credential is refused with the next step."""
    with MockDashboard(config={"enable_duplicate_slugs": True}, with_gateway=False) as dashboard:
        add_api(dashboard, "orders")
        product(dashboard), plan(dashboard)
        status, document = answer(
            dashboard,
            "POST",
            "credentials",
            {"alias": "app", "key": "k", "products": ["Orders"], "plan": "Gold"},
        )
    assert status == 500
    assert "Check the gateway of tyk_api_config" in document["message"]


def test_a_gateway_that_hashes_keys_serves_credentials() -> None:
    """A gateway with hash_keys refuses a revoked credential that nobody used until its cache expired."""
    config = {"enable_duplicate_slugs": True}
    with MockDashboard(config=config, gateway_config={"hash_keys": True}) as dashboard:
        add_api(dashboard, "orders")
        product(dashboard), plan(dashboard), plan(dashboard, name="Silver", quota_max=1)
        created = credential(dashboard, "Orders")
        assert created["key_hash"] not in ("", created["key"])
        portal(dashboard, "PATCH", "credentials/app", {"plan": "Silver"})
        assert [use(dashboard, created["key"], "orders")[0] for _ in range(2)] == [200, 403]
        portal(dashboard, "PATCH", "credentials/app", {"plan": "Gold"})
        portal(dashboard, "DELETE", "credentials/app")
        assert dashboard.gateway is not None
        dashboard.gateway.advance(10)
        assert use(dashboard, created["key"], "orders") == DISALLOWED


def test_what_python_is_given_is_a_copy(dashboard: MockDashboard) -> None:
    """A change of what the portal returns, or was sent, changes nothing in the portal."""
    products, credentials = dashboard.portal.products, dashboard.portal.credentials
    sent: dict[str, Any] = {"name": "Orders", "apis": ["orders"], "catalogues": ["public"]}
    created = products.create(sent)
    plan(dashboard)
    offered = credentials.create({"alias": "app", "products": ["Orders"], "plan": "Gold"})
    for catalogues in (given["catalogues"] for given in (sent, created, products.all()[0])):
        catalogues.append("x")
    for given in (offered, credentials.all()[0]):
        given["products"].append("x")
    assert products.get("Orders")["catalogues"] == ["public"]
    assert credentials.get("app")["products"] == [created["id"]]
