"""Ownership of APIs, and what it lets users see who are no admins."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from dashboards import add, ask, names

from mockserver import MockDashboard

POLICIES = "/api/portal/policies"
GROUP = "5f00000000000000000000aa"
WRITER = {"policies": "write", "apis": "write"}


class User(NamedTuple):
    """A user's id, and the header with its key."""

    user_id: str
    header: tuple[str, str]


def new_user(dashboard: MockDashboard, group_id: str = "", **permissions: str) -> User:
    """A user of the organisation, by default one who may write policies and APIs."""
    users = dashboard.state.users
    sent = {
        "email_address": f"u{len(users.all(dashboard.state.organisation))}@example.com",
        "group_id": group_id,
    }
    user = users.create(dashboard.state.organisation, {**sent, "user_permissions": permissions or WRITER})
    return User(user["id"], ("Authorization", user["access_key"]))


def new_api(dashboard: MockDashboard, name: str, **owners: list[str]) -> str:
    """An API with these owners; its api_id."""
    status, answer = ask(dashboard, "POST", "/api/apis", {"api_definition": {"name": name}, **owners})
    assert status == 200, answer
    return str(answer["ID"])


def granting(*api_ids: str) -> dict[str, Any]:
    """The access rights to APIs."""
    return {"access_rights": {api_id: {"api_id": api_id} for api_id in api_ids}}


def seen(dashboard: MockDashboard, user: User) -> list[str]:
    """The names of the policies that are listed for a user, which a search and GraphQL find too."""
    listed = ask(dashboard, "GET", f"{POLICIES}?p=-1", None, user.header)[1]["Data"]
    found = ask(dashboard, "GET", f"{POLICIES}/search?q=", None, user.header)[1]["Data"]
    query = {"query": "{policies(p: -1) {Data {name}}}"}
    headers = (user.header, ("Content-Type", "application/json"))
    by_graphql = ask(dashboard, "POST", "/graphql", query, *headers)[1]["data"]["policies"]["Data"]
    assert [policy["name"] for policy in listed] == [policy["name"] for policy in found]
    assert by_graphql == [{"name": policy["name"]} for policy in listed]
    return [policy["name"] for policy in listed]


@pytest.fixture
def owning() -> Any:
    """A Dashboard with ownership enabled."""
    with MockDashboard(with_gateway=False, config={"enable_ownership": True}) as dashboard:
        yield dashboard


def test_a_policy_is_seen_by_the_owners_of_one_of_its_apis(owning: MockDashboard) -> None:
    """A policy is listed for the owners of one of its APIs, their groups and admins; one of an API without owners for all."""
    owner, member, other = new_user(owning), new_user(owning, GROUP), new_user(owning)
    owned = new_api(owning, "owned", user_owners=[owner.user_id])
    grouped = new_api(owning, "grouped", user_group_owners=[GROUP])
    free = new_api(owning, "free")
    add(owning, name="owner's", **granting(owned))
    add(owning, name="both", **granting(owned, grouped))
    add(owning, name="all's", **granting(free))
    assert seen(owning, owner) == ["owner's", "both", "all's"]
    assert seen(owning, member) == ["both", "all's"]
    assert seen(owning, other) == ["all's"]
    assert names(owning) == ["owner's", "both", "all's"]


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"name": "new"}), ("DELETE", None)])
def test_a_policy_of_others_is_not_reached(owning: MockDashboard, method: str, body: Any) -> None:
    """A policy of others is not read, updated or deleted, by REST and by GraphQL; its owner can."""
    owner, other = new_user(owning), new_user(owning)
    policy_id = add(owning, **granting(new_api(owning, "owned", user_owners=[owner.user_id])))
    refused = (401, {"Status": "Error", "Message": "Not authorised", "Meta": None})
    assert ask(owning, method, f"{POLICIES}/{policy_id}", body, other.header) == refused
    field = {"GET": "policy", "PUT": "updatePolicy", "DELETE": "deletePolicy"}[method]
    arguments = f'id: "{policy_id}"' + (', policy: {name: "new"}' if body else "")
    fields = "" if method == "DELETE" else "{name}"
    query = f"{'query' if method == 'GET' else 'mutation'} {{{field}({arguments}) {fields}}}"
    json_header = ("Content-Type", "application/json")
    answer = ask(owning, "POST", "/graphql", {"query": query}, other.header, json_header)[1]
    assert answer["errors"][0]["extensions"] == {"status": 401, "message": "Not authorised"}
    assert ask(owning, method, f"{POLICIES}/{policy_id}", body, owner.header)[0] == 200


def test_an_api_is_seen_by_its_owners(owning: MockDashboard) -> None:
    """An API with owners is neither listed for others nor read, replaced or deleted by them, until all owners are removed."""
    owner, other = new_user(owning), new_user(owning)
    api_id = new_api(owning, "owned", user_owners=[owner.user_id])
    path = f"/api/apis/{api_id}"
    for method, body in (("GET", None), ("PUT", {"api_definition": {"name": "x"}}), ("DELETE", None)):
        assert ask(owning, method, path, body, other.header)[0] == 401
    assert ask(owning, "GET", "/api/apis", None, other.header)[1]["apis"] == []
    assert ask(owning, "GET", path, None, owner.header)[1]["user_owners"] == [owner.user_id]
    assert ask(owning, "GET", "/api/apis/unknown", None, other.header)[0] == 404
    assert ask(owning, "PUT", path, {"api_definition": {"name": "renamed"}}, owner.header)[0] == 200
    assert ask(owning, "GET", path, None, other.header)[0] == 401  # the update kept the owners
    ask(owning, "PUT", path, {"api_definition": {"name": "owned"}, "user_owners": []}, owner.header)
    assert ask(owning, "GET", path, None, other.header)[0] == 200


def test_the_owners_of_an_api_are_assigned(owning: MockDashboard) -> None:
    """PUT …/access replaces the owners of an API, and GET …/access reads them."""
    user = new_user(owning, GROUP)
    path = f"/api/apis/{new_api(owning, 'orders')}"
    owners = {"userIds": ["5f0000000000000000000001"], "userGroupIds": [GROUP]}
    assert ask(owning, "PUT", f"{path}/access", owners)[1]["Message"] == "API access updated"
    assert ask(owning, "GET", f"{path}/access", None, user.header) == (200, owners)
    assert ask(owning, "GET", path)[1]["user_group_owners"] == [GROUP]
    assert ask(owning, "PUT", f"{path}/access", {"userIds": ["5f0000000000000000000001"]})[0] == 200
    assert ask(owning, "GET", f"{path}/access", None, user.header)[0] == 401
    assert ask(owning, "GET", "/api/apis/none/access")[1]["Message"] == "API not found"
    assert ask(owning, "PUT", f"{path}/access", b"[]")[0] == 500


@pytest.mark.parametrize(
    ("version", "is_shown", "deletion"),
    [("5.3", False, 401), ("5.8.14", False, 200), ("5.8", True, 200), ("5.10", False, 401),
     ("5.12", False, 200), ("5.13.0", False, 200), ("5.13", True, 200)],
)  # fmt: skip
def test_a_policy_whose_apis_are_gone(version: str, is_shown: bool, deletion: int) -> None:
    """A policy none of whose APIs exist is shown and deleted by permission, each from a version on."""
    config = {"enable_ownership": True}
    with MockDashboard(dashboard=version, with_gateway=False, config=config) as dashboard:
        user, reader, stranger = (
            new_user(dashboard),
            new_user(dashboard, policies="read"),
            new_user(dashboard, apis="write"),
        )
        api_id = new_api(dashboard, "owned", user_owners=[user.user_id])
        policy_id = add(dashboard, **granting(api_id))
        ask(dashboard, "DELETE", f"/api/apis/{api_id}")
        for header, may_read in ((user.header, True), (reader.header, True), (stranger.header, False)):
            status, answer = ask(dashboard, "GET", f"{POLICIES}?p=-1", None, header)
            assert status == (200 if may_read else 403)
            assert not may_read or bool(answer["Data"]) is is_shown
        assert ask(dashboard, "DELETE", f"{POLICIES}/{policy_id}", None, stranger.header)[0] == 403
        assert ask(dashboard, "DELETE", f"{POLICIES}/{policy_id}", None, user.header)[0] == deletion


def test_without_ownership_all_users_see_all() -> None:
    """Owners of APIs hide nothing unless the configuration enables ownership."""
    with MockDashboard(with_gateway=False) as dashboard:
        policy_id = add(dashboard, **granting(new_api(dashboard, "x", user_owners=[GROUP])))
        other = new_user(dashboard)
        assert seen(dashboard, other) == ["Gold"]
        assert ask(dashboard, "DELETE", f"{POLICIES}/{policy_id}", None, other.header)[0] == 200


@pytest.mark.parametrize(
    ("version", "allowed", "keeps"),
    [("5.3", True, True), ("5.3", False, False), ("5.8.8", False, False), ("5.8.9", False, True),
     ("5.10", False, False), ("5.11", False, True)],
)  # fmt: skip
def test_explicit_ids(version: str, allowed: bool, keeps: bool) -> None:
    """With allow_explicit_policy_id off, older versions keep no _id, and keys name no policy by its id."""
    config = {"allow_explicit_policy_id": allowed}
    with MockDashboard(dashboard=version, with_gateway=False, config=config) as dashboard:
        sent = "5f0000000000000000000001"
        object_id = add(dashboard, _id=sent, id="gold")
        assert (object_id == sent) is keeps
        policies, org_id = dashboard.state.policies, dashboard.state.organisation
        assert (policies.with_id(org_id, "gold") is not None) is keeps
        assert keeps or policies.with_id(org_id, object_id)["id"] == "gold"


def test_explicit_ids_can_be_switched_off_as_a_behaviour() -> None:
    """Without the behaviour, an older Dashboard keeps the _id whatever its configuration says."""
    config = {"allow_explicit_policy_id": False}
    without = frozenset({"explicit-ids-need-a-switch"})
    with MockDashboard(dashboard="5.3", with_gateway=False, config=config, without=without) as dashboard:
        assert add(dashboard, _id="5f0000000000000000000001") == "5f0000000000000000000001"


@pytest.mark.parametrize(
    ("permissions", "status"),
    [({"IsAdmin": "true"}, 200), ({"policy": "write"}, 200), ({"policy": "read"}, 403),
     ({"policies": "read", "policy": "write"}, 403)],
)  # fmt: skip
def test_names_of_permissions(permissions: dict[str, str], status: int) -> None:
    """IsAdmin may be "true" as well as "admin", and the section of policies be called `policy`."""
    with MockDashboard(with_gateway=False) as dashboard:
        user = new_user(dashboard, **permissions)
        assert ask(dashboard, "POST", POLICIES, {"name": "Gold"}, user.header)[0] == status
