"""The shapes of policies that were exported from real Dashboards go in and come out whole.

The shapes are those of the exports in tyk-demo: twelve policies, four plans and two products. All values are
our own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from dashboards import ADMIN, ask, read

from mockserver import MockDashboard

SET = ("org_id", "date_created", "last_updated")  # the members that a create sets
PARTITIONS = ("quota", "rate_limit", "complexity", "acl", "per_api")
QUOTA, ALL, CLASSIC = ("quota", "rate_limit"), PARTITIONS[:4], ("quota", "rate_limit", "acl")
LIMIT = {
    "rate": 3, "per": 6, "throttle_interval": -1, "throttle_retry_limit": -1, "max_query_depth": -1,
    "quota_max": -1, "quota_renews": 0, "quota_remaining": 0, "quota_renewal_rate": -1, "set_by_policy": False,
    "smoothing": None,
}  # fmt: skip
URLS = [{"url": "/orders/(.*)", "methods": ["GET"]}]


def right(api_id: str = "orders", *, is_old: bool = False, **members: Any) -> dict[str, Any]:
    """The rights to one API in an export; an old one lacks two members."""
    newer = {} if is_old else {"allowed_types": [], "disable_introspection": False}
    return {
        "api_name": api_id.title(), "api_id": api_id, "versions": ["Default"], "allowed_urls": [],
        "restricted_types": [], **newer, "limit": None, "field_access_rights": [], "allowance_scope": "", **members,
    }  # fmt: skip


def exported(
    way: str,
    *rights: dict[str, Any],
    partitions: tuple[str, ...],
    policy_id: str | None = None,
    **members: Any,
) -> dict[str, Any]:
    """An export; `policy_id` is its id, None for that of the database, and `way` is its auth_type."""
    object_id = members.pop("_id", "5fd203d01f1ad30001c0ffe1")
    return {
        "auth_type": way, "auth_types": [way] if rights else [], "state": "active",
        "access_rights_array": list(rights), "graphql_enabled": False, "_id": object_id,
        "id": object_id if policy_id is None else policy_id, "name": "Exported", "org_id": "5fd203d01f1ad30001c00001",
        "rate": 5, "per": 60, "quota_max": -1, "quota_renewal_rate": 3600, "throttle_interval": 0,
        "throttle_retry_limit": 0, "max_query_depth": 0, "access_rights": {item["api_id"]: item for item in rights},
        "hmac_enabled": False, "active": True, "is_inactive": False, "date_created": "2021-10-06T05:04:18.33Z",
        "tags": [], "key_expires_in": 0, "partitions": {name: name in partitions for name in PARTITIONS},
        "last_updated": "1633496658", "meta_data": {}, "smoothing": None, **members,
    }  # fmt: skip


def old(*rights: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An export of a release without smoothing: a plan or a product of the portal."""
    policy = exported("authToken", *rights, policy_id="", **UNLIMITED, **members)
    del policy["smoothing"]
    return policy


UNLIMITED = {
    "quota_renewal_rate": -1, "throttle_interval": -1, "throttle_retry_limit": -1, "max_query_depth": -1,
}  # fmt: skip
OLD = right(is_old=True)
EXPORTS: dict[str, dict[str, Any]] = {
    "id of the database": exported("authToken", right(), partitions=CLASSIC),
    "no rights and another id": exported("other", partitions=(), policy_id="5fd203d01f1ad30001c0aaa1", per=5),
    "no rights, another rate": exported("other", partitions=(), policy_id="5fd203d01f1ad30001c0aaa2", rate=2),
    "no rights and a quota": exported("other", partitions=(), policy_id="5fd203d01f1ad30001c0aaa3", quota_max=2),
    "jwt": exported("jwt", right(), partitions=ALL),
    "allowed URLs": exported("jwt", right(allowed_urls=URLS), partitions=ALL),
    "basic authentication": exported(
        "ba", right(), partitions=CLASSIC, policy_id="", throttle_interval=-1, throttle_retry_limit=-1
    ),
    "all partitions, empty id": exported("authToken", right(), partitions=ALL, policy_id="", **UNLIMITED),
    "oauth": exported("oauth", right(), partitions=CLASSIC, policy_id="", **UNLIMITED),
    "keyless GraphQL": exported("keyless", right(), partitions=ALL, graphql_enabled=True, **UNLIMITED),
    "a version": exported("authToken", right(versions=["1.0.0"]), partitions=CLASSIC, **UNLIMITED),
    "limits per API": exported(
        "authToken", right(limit=LIMIT), right("users"), right("stock", limit=LIMIT | {"rate": 1}),
        partitions=("per_api",), policy_id="", **UNLIMITED,
    ),
    "plan": old(OLD, partitions=QUOTA),
    "plan of 20,000": old(OLD, partitions=QUOTA, rate=20_000),
    "plan of 50,000": old(OLD, partitions=QUOTA, rate=50_000),
    "plan without limits": old(OLD, partitions=QUOTA, rate=-1, per=-1),
    "product": old(OLD, partitions=("acl",), rate=-1, per=-1),
    "product of another API": old(right("users", is_old=True), partitions=("acl",), rate=-1, per=-1),
}  # fmt: skip
NUMBERED = {
    name: {**policy, "_id": f"5fd203d01f1ad30001c1{number:04x}", "name": name}
    for number, (name, policy) in enumerate(EXPORTS.items())
}


def missing(sent: Any, answered: Any) -> Any:
    """What is not in an answer as it was sent; the answer may have more members."""
    if not isinstance(sent, dict) or not isinstance(answered, dict):
        if isinstance(sent, list) and isinstance(answered, list) and len(sent) == len(answered):
            return {
                index: left
                for index, pair in enumerate(zip(sent, answered, strict=True))
                if (left := missing(*pair))
            }
        return None if sent == answered else (sent, answered)
    lost = {name: missing(value, answered.get(name, "nothing")) for name, value in sent.items()}
    return {name: left for name, left in lost.items() if left}


def comparable(policy: dict[str, Any], *left_out: str) -> dict[str, Any]:
    """A policy without some members, and with the id that an empty one becomes."""
    rest = {name: value for name, value in policy.items() if name not in left_out}
    return rest | {"id": policy["id"] or policy["_id"]}


@pytest.mark.parametrize("policy", EXPORTS.values(), ids=list(EXPORTS))
def test_an_export_is_created_whole(dashboard: MockDashboard, policy: dict[str, Any]) -> None:
    """An export that is posted is read and listed with all that was sent, under its database id."""
    status, answer = ask(dashboard, "POST", "/api/portal/policies", policy)
    assert (status, answer["Message"]) == (200, policy["_id"])
    got = read(dashboard, policy["_id"])
    assert not missing(comparable(policy, *SET), got)
    assert ask(dashboard, "GET", "/api/portal/policies?p=-1")[1]["Data"] == [got]
    assert ask(dashboard, "PUT", f"/api/portal/policies/{policy['_id']}", got)[0] == 200
    assert not missing(comparable(got, "last_updated"), read(dashboard, policy["_id"]))


def test_an_export_of_all_is_imported_whole(dashboard: MockDashboard) -> None:
    """A list of all exports is imported with its ids, organisations and times, and comes back as it was."""
    sent = [{**policy, "org_id": dashboard.state.organisation} for policy in NUMBERED.values()]
    for _ in range(2):  # an import writes over what is there
        status, answer = ask(dashboard, "POST", "/admin/policies/import", {"Data": sent, "Pages": -1}, *ADMIN)
        assert (status, answer["Meta"]) == (200, {policy["_id"]: True for policy in sent})
    listed = ask(dashboard, "GET", "/api/portal/policies?p=-2")[1]["Data"]
    assert [missing(comparable(one), other) for one, other in zip(sent, listed, strict=True)] == [{}] * len(
        sent
    )


def test_what_depends_on_apis_follows_them_once_they_are_known(dashboard: MockDashboard) -> None:
    """The auth_type of an export is kept until one of its APIs exists, and is that of the API from then on."""
    policy = EXPORTS["keyless GraphQL"]
    ask(dashboard, "POST", "/api/portal/policies", policy)
    assert read(dashboard, policy["_id"])["auth_type"] == "keyless"
    definition = {"name": "Orders", "enable_jwt": True}
    created = ask(dashboard, "POST", "/api/apis", {"api_definition": definition})[1]
    ask(
        dashboard,
        "PUT",
        f"/api/apis/{created['Meta']}",
        {"api_definition": {**definition, "api_id": "orders"}},
    )
    got = read(dashboard, policy["_id"])
    assert (got["auth_type"], got["auth_types"], got["graphql_enabled"]) == ("jwt", ["jwt"], False)


def test_the_table_has_every_shape() -> None:
    """The table has eighteen shapes, no two of which are equal."""
    assert len({json.dumps(policy) for policy in EXPORTS.values()}) == 18
