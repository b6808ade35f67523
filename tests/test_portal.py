"""The portal of a mock Dashboard: products and plans as policies, credentials as keys, synchronisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dashboards import add, ask, read
from portals import GOLD, add_api, answer, origins, portal, refused, use

from mockserver import MockDashboard

DISALLOWED = (403, "Access to this API has been disallowed")


@pytest.fixture(scope="module", name="shared_dashboard")
def _shared_dashboard() -> Iterator[MockDashboard]:
    """A Dashboard with a gateway; it replaces that without one."""
    with MockDashboard(config={"enable_duplicate_slugs": True}) as dashboard:
        yield dashboard


@pytest.fixture(autouse=True)
def _apis(dashboard: MockDashboard) -> None:
    for api_id in ("orders", "invoices"):
        add_api(dashboard, api_id)


def product(dashboard: MockDashboard, name: str = "Orders", *apis: str) -> Any:
    """A new product, of the API with its name unless others are given."""
    return portal(dashboard, "POST", "products", {"name": name, "apis": list(apis) or [name.lower()]})


def plan(dashboard: MockDashboard, **members: Any) -> Any:
    """A new plan."""
    return portal(dashboard, "POST", "plans", {**GOLD, **members})


def credential(dashboard: MockDashboard, *products: str, plan: str = "Gold", **members: Any) -> Any:
    """A new credential of products and a plan, by their names."""
    body = {"alias": "app", "products": list(products), "plan": plan, **members}
    return portal(dashboard, "POST", "credentials", body)


def in_place(offering: Any) -> str:
    """The id of the policy of a product or a plan."""
    return str(offering["policy"]["_id"])


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
    made = credential(dashboard, "Orders")
    assert made["session"]["apply_policies"] == [rights, limits]
    by_path = origins(dashboard, made["key"])
    assert by_path["access_rights/orders/versions"] == rights
    for name in ("rate", "per", "quota_max", "quota_renewal_rate"):
        assert by_path[name] == by_path[f"access_rights/orders/limit/{name}"] == limits
    answers = [use(dashboard, made["key"], "orders") for _ in range(4)]
    assert answers == [(200, "")] * 3 + [(403, "Quota exceeded")]
    assert use(dashboard, made["key"], "invoices") == DISALLOWED


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
    made = portal(dashboard, "POST", "products", {"name": "Docs", "apis": [], "description": "Soon."})
    assert (made["policy"], made["apis"], len(dashboard.policies)) == (None, None, count)
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
    for path, made in (("products", product(dashboard)), ("plans", plan(dashboard))):
        before = read(dashboard, in_place(made))
        after = portal(dashboard, "PATCH", f"{path}/{made['name']}", {"name": "New " + made["name"]})
        assert (after["id"], after["name"]) == (made["id"], "New " + made["name"])
        renamed = read(dashboard, in_place(made))
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


def test_a_synchronisation_takes_partitioned_policies(dashboard: MockDashboard) -> None:
    """A synchronisation makes products and plans of the policies with partitions, once, and names the others."""
    rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    add(dashboard, name="Rights", partitions={"acl": True}, access_rights=rights)
    add(dashboard, name="Quota", partitions={"quota": True}, quota_max=5, access_rights=rights)
    add(dashboard, name="Depth", partitions={"complexity": True})
    add(dashboard, name="Whole", access_rights=rights)
    add(dashboard, name="Mixed", partitions={"acl": True, "quota": True}, access_rights=rights)
    done = portal(dashboard, "POST", "synchronise")
    assert {(item["kind"], item["name"]) for item in done["created"]} == {
        ("product", "Rights"), ("plan", "Quota"), ("plan", "Depth"),
    }  # fmt: skip
    assert {item["name"]: item["reason"] for item in done["skipped"]} == {
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
    made = product(dashboard)
    policy = read(dashboard, in_place(made))
    ask(dashboard, "PUT", f"/api/portal/policies/{in_place(made)}", policy | {"name": "Renamed"})
    assert portal(dashboard, "GET", f"products/{made['id']}")["name"] == "Orders"
    done = portal(dashboard, "POST", "synchronise")
    assert done["renamed"] == [{"kind": "product", "id": made["id"], "name": "Renamed", "from": "Orders"}]
    assert portal(dashboard, "GET", f"products/{made['id']}")["name"] == "Renamed"


def test_a_synchronisation_hides_and_restores(dashboard: MockDashboard) -> None:
    """A product whose policy is gone is hidden with its texts kept, and restored when the policy is back."""
    made = portal(
        dashboard,
        "POST",
        "products",
        {"name": "Orders", "apis": ["orders"], "description": "All orders.", "catalogues": ["public"]},
    )
    plan(dashboard)
    policy = read(dashboard, in_place(made))
    ask(dashboard, "DELETE", f"/api/portal/policies/{in_place(made)}")
    assert [item["id"] for item in portal(dashboard, "POST", "synchronise")["hidden"]] == [made["id"]]
    hidden = portal(dashboard, "GET", "products/Orders")
    assert (hidden["hidden"], hidden["policy"], hidden["description"]) == (True, None, "All orders.")
    sent = {"alias": "a", "products": ["Orders"], "plan": "Gold"}
    assert refused(dashboard, "POST", "credentials", sent) == (
        409,
        "the product 'Orders' is hidden since a synchronisation; choose another",
    )
    status, message = refused(dashboard, "PATCH", "products/Orders", {"name": "x"})
    assert (status, "synchronise" in message) == (409, True)
    ask(dashboard, "POST", "/api/portal/policies", policy)
    assert [item["id"] for item in portal(dashboard, "POST", "synchronise")["restored"]] == [made["id"]]
    assert portal(dashboard, "GET", "products/Orders") == made


def test_a_recreated_policy_with_another_id_is_another_product(dashboard: MockDashboard) -> None:
    """A policy that is deleted and created anew makes a second product beside the hidden one."""
    made = product(dashboard)
    ask(dashboard, "DELETE", f"/api/portal/policies/{in_place(made)}")
    add(dashboard, name="Orders", partitions={"acl": True})
    portal(dashboard, "POST", "synchronise")
    assert [item["hidden"] for item in portal(dashboard, "GET", "products")] == [True, False]
    assert portal(dashboard, "GET", "products/Orders")["hidden"] is False


def test_a_synchronisation_with_tags(dashboard: MockDashboard) -> None:
    """With tags a synchronisation takes the policies that have one of them, and hides the others."""
    product(dashboard), plan(dashboard, tags=["portal", "x"])
    done = portal(dashboard, "POST", "synchronise", {"tags": ["portal", "other"]})
    assert [item["name"] for item in done["hidden"]] == ["Orders"]
    assert [item["reason"] for item in done["skipped"]] == ["it has none of the tags portal, other"]
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
    done = portal(dashboard, "POST", "synchronise")
    assert [item["reason"] for item in done["skipped"]] == ["it grants an MCP proxy"]
    assert portal(dashboard, "GET", "products") == []
    done = portal(dashboard, "POST", "synchronise", {"include_mcp": True})
    assert [item["name"] for item in done["created"]] == ["Tools"]


def test_a_documentation_product_is_left_by_a_synchronisation(dashboard: MockDashboard) -> None:
    """A product that never had a policy is not hidden."""
    made = portal(dashboard, "POST", "products", {"name": "Docs", "apis": []})
    assert portal(dashboard, "POST", "synchronise")["hidden"] == []
    assert portal(dashboard, "GET", "products/Docs") == made


REFUSED = {
    "unknown member": ("products", {"nam": "x"}, 400, "there is no member 'nam'; give name, description"),
    "no name": ("plans", {}, 400, "the body lacks 'name', a text"),
    "blank name": ("plans", {"name": " "}, 400, "name: ' ' is not a text"),
    "no APIs": ("products", {"name": "x"}, 400, "the body lacks 'apis', a list of texts, the ids of APIs"),
    "unknown API": ("products", {"name": "x", "apis": ["gone"]}, 400, "there is no API 'gone'; GET /api/apis"),
    "MCP proxy": ("products", {"name": "x", "apis": ["tools"]}, 400, "the API 'tools' is an MCP proxy"),
    "two ways": (
        "products", {"name": "x", "apis": ["orders", "open"]}, 400,
        "the APIs 'orders' (authToken) and 'open' (keyless) differ in authentication; make a product of each",
    ),
    "rate as text": ("plans", {"name": "x", "rate": "5"}, 400, "rate: '5' is not a positive number, or -1"),
    "rate zero": ("plans", {"name": "x", "rate": 0, "per": 1}, 400, "rate: 0 is not a positive number"),
    "rate true": ("plans", {"name": "x", "rate": True}, 400, "rate: True is not a positive number"),
    "rate alone": ("plans", {"name": "x", "rate": 5}, 400, "rate 5 and per -1 must both be positive, or both"),
    "quota too long": ("plans", {"name": "x", "quota_max": 1 << 63}, 400, "quota_max: 9223372036854775808 is"),
    "name in use": (
        "plans", {"name": "Orders"}, 400,
        "the Dashboard refuses the policy 'Orders': This policy name has already been used.",
    ),
    "unknown product": (
        "credentials", {"alias": "a", "products": ["no"], "plan": "Gold"}, 404,
        "there is no product 'no'; GET /_mock/portal/products lists them",
    ),
    "unknown plan": (
        "credentials", {"alias": "a", "products": ["Orders"], "plan": "no"}, 404,
        "there is no plan 'no'; GET /_mock/portal/plans lists them",
    ),
    "no product": (
        "credentials", {"alias": "a", "products": [], "plan": "Gold"}, 400,
        "products: [] is not a list of ids or names, at least one",
    ),
    "keyless product": (
        "credentials", {"alias": "a", "products": ["Open"], "plan": "Gold"}, 400,
        "the product 'Open' asks for keyless; credentials of this portal are keys, for APIs with authToken",
    ),
    "key in use": (
        "credentials", {"alias": "a", "key": "mine", "products": ["Orders"], "plan": "Gold"}, 409,
        "the gateway has a key 'mine' already; choose another, or leave it out",
    ),
    "tags as text": ("synchronise", {"tags": "x"}, 400, "tags: 'x' is not a list of texts"),
    "a list": ("products", [], 400, "the body must be a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "message"), REFUSED.values(), ids=list(REFUSED))
def test_a_wrong_request_is_told_what_to_do(
    dashboard: MockDashboard, path: str, body: Any, status: int, message: str
) -> None:
    """A request that the portal refuses changes nothing, and its message names the value and the next step."""
    add_api(dashboard, "tools", application_protocol="mcp")
    add_api(dashboard, "open", use_standard_auth=False, use_keyless=True)
    product(dashboard), product(dashboard, "Open"), plan(dashboard)
    credential(dashboard, "Orders", key="mine")
    before = everything(dashboard)
    answered, told = refused(dashboard, "POST", path, body)
    assert (answered, told[: len(message)]) == (status, message)
    assert everything(dashboard) == before


def everything(dashboard: MockDashboard) -> Any:
    """All of the portal, and the policies."""
    lists = [portal(dashboard, "GET", name) for name in ("products", "plans", "credentials")]
    return lists, dict(dashboard.policies)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("noun", ["product", "plan", "credential"])
def test_what_is_not_there_is_404(dashboard: MockDashboard, noun: str, method: str) -> None:
    """A product, plan or credential that is not there is named in a 404."""
    body = {} if method == "PATCH" else None
    message = f"there is no {noun} 'gone'; GET /_mock/portal/{noun}s lists them"
    assert refused(dashboard, method, f"{noun}s/gone", body) == (404, message)


def test_an_ambiguous_name_is_refused(dashboard: MockDashboard) -> None:
    """Of two credentials with one alias, neither is meant, and the message has the ids of both."""
    product(dashboard), plan(dashboard)
    ids = [credential(dashboard, "Orders")["id"] for _ in range(2)]
    status, message = refused(dashboard, "DELETE", "credentials/app")
    assert (status, message) == (409, f"2 credentials have the name 'app'; give an id: {', '.join(ids)}")
    portal(dashboard, "DELETE", f"credentials/{ids[0]}")
    assert [item["id"] for item in portal(dashboard, "GET", "credentials")] == ids[1:]


def test_python_has_the_same_portal(dashboard: MockDashboard) -> None:
    """MockDashboard.portal takes the bodies of the API, and refuses them with a ValueError."""
    dashboard.portal.products.create({"name": "Orders", "apis": ["orders"]})
    dashboard.portal.plans.create(GOLD)
    made = dashboard.portal.credentials.create({"alias": "app", "products": ["Orders"], "plan": "Gold"})
    assert portal(dashboard, "GET", "credentials/app") == made
    assert dashboard.portal.synchronise()["created"] == []
    with pytest.raises(ValueError, match="there is no API 'gone'"):
        dashboard.portal.products.create({"name": "x", "apis": ["gone"]})


def test_a_reset_clears_the_portal(dashboard: MockDashboard) -> None:
    """After a reset there is neither a product, nor a plan, nor a credential."""
    product(dashboard), plan(dashboard), credential(dashboard, "Orders")
    dashboard.reset()
    assert everything(dashboard) == ([[], [], []], {})


def test_a_portal_without_a_gateway_has_no_credentials() -> None:
    """Without a gateway products and plans can be made, and a credential is refused with the next step."""
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
