"""What a mock Dashboard has beside policies: users, organisations, APIs, keys, OAuth clients, assets, its state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dashboards import ADMIN, RIGHT, add, ask, read

from mockserver import MockDashboard, MockGateway
from mockserver.dashboard.authentication import combined, of_classic, of_openapi


@pytest.fixture(scope="module", name="shared_dashboard")
def _shared_dashboard() -> Iterator[MockDashboard]:
    with MockDashboard() as dashboard:
        yield dashboard


def _user(dashboard: MockDashboard, **members: Any) -> dict[str, Any]:
    _, created = ask(dashboard, "POST", "/api/users", {"email_address": "Ada@Example.com", **members})
    assert created["Message"] == "User and session have been created", created
    user: dict[str, Any] = ask(dashboard, "GET", f"/api/users/{created['Meta']}")[1]
    return user


def test_the_life_of_a_user(dashboard: MockDashboard) -> None:
    """A user is created with a key of its own, read, changed, given a new key, and removed."""
    user = _user(dashboard)
    assert user["email_address"] == "ada@example.com"
    path = f"/api/users/{user['id']}"
    assert ask(dashboard, "PUT", path, {"first_name": "Ada"})[1]["Message"] == "User updated"
    assert (
        ask(dashboard, "POST", f"{path}/actions/reset", {"new_password": "x"})[1]["Message"]
        == "User password updated"
    )
    assert ask(dashboard, "PUT", f"{path}/actions/key/reset")[1]["Message"] == "User session renewed"
    changed = ask(dashboard, "GET", path)[1]
    assert (changed["first_name"], changed["email_address"]) == ("Ada", "ada@example.com")
    assert changed["access_key"] != user["access_key"]
    assert ask(dashboard, "GET", "/api/users", None, ("Authorization", user["access_key"]))[0] == 401
    assert ask(dashboard, "DELETE", path)[1]["Message"] == "User deleted"
    assert ask(dashboard, "GET", path)[0] == 404


def test_an_address_is_used_once(dashboard: MockDashboard) -> None:
    """An e-mail address that a user of the organisation has is refused."""
    _user(dashboard)
    status, answer = ask(dashboard, "POST", "/api/users", {"email_address": "ada@example.com"})
    assert (status, answer["Message"]) == (403, "User email already exists for this Org")


@pytest.mark.parametrize(
    ("permissions", "reads", "writes"),
    [
        ({}, 200, 200), ({"IsAdmin": "admin"}, 200, 200), ({"policies": "write"}, 200, 200),
        ({"policies": "read"}, 200, 403), ({"policies": "deny"}, 403, 403), ({"apis": "write"}, 403, 403),
    ],
)  # fmt: skip
def test_permissions(dashboard: MockDashboard, permissions: dict[str, str], reads: int, writes: int) -> None:
    """Permissions decide by section and method; the refusal names the route."""
    key = ("Authorization", _user(dashboard, user_permissions=permissions)["access_key"])
    assert ask(dashboard, "GET", "/api/portal/policies", None, key)[0] == reads
    status, answer = ask(dashboard, "POST", "/api/portal/policies", {"name": "x"}, key)
    assert status == writes
    if writes == 403:
        message = "access denied: You do not have permission to access  /api/portal/policies"
        assert answer["Message"] == message


def test_a_user_who_is_removed_while_its_request_waits(
    dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user whom the guard still knew, and the check of permissions no longer, is refused with 401."""
    users = dashboard.state.users
    known = iter([users.with_key(dashboard.key)])
    monkeypatch.setattr(users, "with_key", lambda key: next(known, None))
    status, answer = ask(dashboard, "GET", "/api/portal/policies")
    assert (status, answer["Message"]) == (401, "Not authorised")


def test_organisations_keep_apart(dashboard: MockDashboard) -> None:
    """A user sees and changes the policies of its own organisation alone."""
    org_id = ask(dashboard, "POST", "/admin/organisations", {"owner_name": "Acme"}, *ADMIN)[1]["Meta"]
    _, created = ask(dashboard, "POST", "/admin/users", {"org_id": org_id, "email_address": "a@b.c"}, *ADMIN)
    other = ("Authorization", created["Message"])
    object_id = add(dashboard, org_id=org_id)
    assert read(dashboard, object_id)["org_id"] == dashboard.state.organisation
    assert ask(dashboard, "GET", "/api/portal/policies", None, other)[1]["Data"] == []
    for method in ("GET", "PUT", "DELETE"):
        assert ask(dashboard, method, f"/api/portal/policies/{object_id}", {"name": "x"}, other)[0] == 404
    assert ask(dashboard, "POST", "/api/portal/policies", {"name": "Gold"}, other)[0] == 200


def test_the_admin_api_needs_its_secret(dashboard: MockDashboard) -> None:
    """Paths under /admin/ take the admin secret, and no key of a user."""
    for header in (("Authorization", dashboard.key), ("admin-auth", "wrong")):
        assert ask(dashboard, "GET", "/admin/organisations", None, header)[0] == 401
    assert ask(dashboard, "GET", "/admin/system/reload", None, *ADMIN) == (200, {"status": "ok"})


def test_the_life_of_an_organisation(dashboard: MockDashboard) -> None:
    """An organisation is created, imported with its id, read, changed and removed."""
    org_id = "5fd203d01f1ad30001c0ffee"
    imported = ask(
        dashboard, "POST", "/admin/organisations/import", {"id": org_id, "owner_name": "A"}, *ADMIN
    )[1]
    assert (imported["Message"], imported["Meta"]) == ("Org imported", org_id)
    assert (
        ask(dashboard, "PUT", f"/admin/organisations/{org_id}", {"owner_name": "B"}, *ADMIN)[1]["Message"]
        == "Org updated"
    )
    assert ask(dashboard, "GET", f"/admin/organisations/{org_id}", None, *ADMIN)[1] == {
        "owner_name": "B",
        "id": org_id,
    }
    assert len(ask(dashboard, "GET", "/admin/organisations", None, *ADMIN)[1]["organisations"]) == 2
    assert (
        ask(dashboard, "DELETE", f"/admin/organisations/{org_id}", None, *ADMIN)[1]["Message"]
        == "Org deleted"
    )
    assert ask(dashboard, "GET", f"/admin/organisations/{org_id}", None, *ADMIN)[0] == 404


def test_access_keys_can_be_hidden() -> None:
    """With security.forbid_admin_view_access_token users are shown without their keys."""
    with MockDashboard(
        config={"security": {"forbid_admin_view_access_token": True}}, with_gateway=False
    ) as dashboard:
        assert ask(dashboard, "GET", "/api/users")[1]["users"][0]["access_key"] == ""


def test_the_life_of_an_api(dashboard: MockDashboard) -> None:
    """An API gets an api_id of its own, which an update restores; its removal takes rights to it away."""
    definition = {
        "name": "Orders",
        "api_id": "orders",
        "use_standard_auth": True,
        "graphql": {"enabled": True},
    }
    _, created = ask(dashboard, "POST", "/api/apis", {"api_definition": definition})
    assert created["ID"] != "orders"
    path = f"/api/apis/{created['Meta']}"
    assert ask(dashboard, "PUT", path, {"api_definition": definition})[1]["Message"] == "Api updated"
    shown = ask(dashboard, "GET", "/api/apis/orders")[1]
    assert shown["api_definition"] == {
        **definition,
        "id": created["Meta"],
        "org_id": dashboard.state.organisation,
    }
    object_id = add(dashboard, access_rights={"orders": RIGHT, "other": {**RIGHT, "api_id": "other"}})
    policy = read(dashboard, object_id)
    assert (policy["auth_type"], policy["auth_types"], policy["graphql_enabled"]) == (
        "authToken",
        ["authToken"],
        True,
    )
    assert ask(dashboard, "DELETE", path)[1]["Message"] == "API deleted"
    assert list(read(dashboard, object_id)["access_rights"]) == ["other"]
    assert ask(dashboard, "GET", path)[0] == 404


def test_an_api_as_an_openapi_document(dashboard: MockDashboard) -> None:
    """An OpenAPI document with Tyk's extension is an API too; without it, it is refused."""
    document = {"openapi": "3.0.3", "info": {"title": "O", "version": "1"}, "paths": {}}
    assert ask(dashboard, "POST", "/api/apis/oas", document)[0] == 400
    document["x-tyk-api-gateway"] = {"info": {"name": "O"}}
    _, created = ask(dashboard, "POST", "/api/apis/oas", document)
    shown = ask(dashboard, "GET", f"/api/apis/oas/{created['ID']}")[1]
    info = {"name": "O", "id": created["ID"], "dbId": created["Meta"], "orgId": dashboard.state.organisation}
    assert shown == {**document, "x-tyk-api-gateway": {"info": info}}
    assert [api["api_definition"]["name"] for api in ask(dashboard, "GET", "/api/apis?p=-2")[1]["apis"]] == [
        "O"
    ]
    assert ask(dashboard, "DELETE", f"/api/apis/oas/{created['ID']}")[0] == 200
    assert ask(dashboard, "GET", f"/api/apis/oas/{created['ID']}") == (
        400, {"Status": "Error", "Message": "Could not retrieve Api detail", "Meta": None},
    )  # fmt: skip


SCHEMES = {
    "components": {
        "securitySchemes": {"key": {"type": "apiKey"}, "jwt": {"type": "http", "scheme": "bearer"}}
    }
}


def _openapi(enabled: bool, *names: str) -> dict[str, Any]:
    schemes = {name: {"enabled": True} for name in names}
    authentication = {"enabled": enabled, "securitySchemes": schemes}
    return {**SCHEMES, "x-tyk-api-gateway": {"server": {"authentication": authentication}}}


@pytest.mark.parametrize(
    ("apis", "auth_type"),
    [
        ([], "other"), ([of_classic({})], "other"), ([of_classic({"use_keyless": True})], "keyless"),
        ([of_classic({"enable_jwt": True})], "jwt"), ([of_classic({"use_basic_auth": True, "enable_jwt": True})], "multiAuth"),
        ([of_classic({"enable_jwt": True}), of_classic({"use_oauth2": True})], "multiAuth"),
        ([of_classic({"enable_jwt": True}), of_classic({"use_keyless": True})], "keyless"),
        ([of_openapi({})], "keyless"), ([of_openapi(_openapi(False, "key"))], "keyless"),
        ([of_openapi(_openapi(True, "key"))], "authToken"), ([of_openapi(_openapi(True, "jwt"))], "jwt"),
        ([of_openapi(_openapi(True, "key", "jwt"))], "multiAuth"),
        ([of_classic({"use_standard_auth": True}), of_openapi(_openapi(True, "key"))], "authToken"),
    ],
)  # fmt: skip
def test_the_auth_type_of_a_policy(apis: list[tuple[str, ...]], auth_type: str) -> None:
    """The auth_type follows from the APIs: keyless wins, several ways are multiAuth, none is other."""
    assert combined(apis)[0] == auth_type


def test_keys_are_handed_on_to_the_gateway(dashboard: MockDashboard) -> None:
    """A key is made, read, changed and removed at the gateway beside the Dashboard."""
    assert dashboard.gateway is not None
    org_id = dashboard.state.organisation
    rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    dashboard.policies.seed({"id": "gold", "name": "Gold", "rate": 5, "per": 6, "access_rights": rights})
    _, key = ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"]})
    path = f"/api/keys/{key['key_id']}"
    assert key["data"]["rate"] == 5
    assert ask(dashboard, "PUT", path, {"apply_policies": ["gold"], "alias": "x"})[1]["data"]["alias"] == "x"
    assert ask(dashboard, "GET", path)[1]["data"]["org_id"] == org_id
    assert ask(dashboard, "GET", "/api/apis/orders/keys")[1]["data"]["keys"] == [key["key_id"]]
    assert ask(dashboard, "DELETE", path)[1]["Message"] == "Key deleted successfully."
    assert ask(dashboard, "GET", path)[0] == 404
    named = ask(dashboard, "POST", "/api/keys/mine", {"apply_policies": ["gold"]})[1]
    assert ask(dashboard, "GET", "/api/keys/mine")[1]["data"]["rate"] == 5, named


def test_a_key_of_another_organisation_is_refused(dashboard: MockDashboard) -> None:
    """A key that the gateway has for another organisation is neither shown nor changed."""
    assert dashboard.gateway is not None
    rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    session = {"org_id": "acme", "access_rights": rights}
    _, key = ask_gateway(dashboard.gateway, "POST", "/tyk/keys/create", session)
    for method in ("GET", "PUT", "DELETE"):
        status, answer = ask(dashboard, method, f"/api/keys/{key['key']}", {})
        assert (status, answer["Message"]) == (400, "Attempted access to non-owned key.")


def ask_gateway(gateway: MockGateway, method: str, target: str, body: Any) -> tuple[int, Any]:
    """An answer of the gateway's own API."""
    from asking import call

    return call(gateway, method, target, body)


def test_without_a_gateway_keys_fail() -> None:
    """A Dashboard whose gateway does not answer says so with 500."""
    with MockDashboard(with_gateway=False) as dashboard:
        assert ask(dashboard, "POST", "/api/keys", {})[0] == 500
    gone = {"tyk_api_config": {"Host": "http://127.0.0.1", "Port": "1", "Secret": "x"}}
    with MockDashboard(config=gone) as dashboard:
        assert dashboard.gateway is None
        assert ask(dashboard, "GET", "/api/keys/x")[0] == 500


def test_an_oauth_client_names_a_policy(dashboard: MockDashboard) -> None:
    """A client of an API is made for a policy that exists, listed, read and removed."""
    api_id = ask(dashboard, "POST", "/api/apis", {"api_definition": {"name": "O"}})[1]["ID"]
    path = f"/api/apis/oauth/{api_id}"
    assert ask(dashboard, "POST", path, {"policy_id": "5fd203d01f1ad30001c0ffee"})[0] == 500
    _, client = ask(
        dashboard, "POST", path, {"policy_id": add(dashboard), "redirect_uri": "https://app.test"}
    )
    assert ask(dashboard, "GET", path)[1]["apps"] == [client]
    assert ask(dashboard, "DELETE", f"{path}/{client['client_id']}")[0] == 200
    assert ask(dashboard, "GET", f"{path}/{client['client_id']}")[0] == 404
    assert ask(dashboard, "GET", "/api/apis/oauth/nobody")[0] == 400


def test_assets_are_created_with_201(dashboard: MockDashboard) -> None:
    """An asset is answered with 201 and success, listed, read by either id, and removed."""
    assert ask(dashboard, "GET", "/api/assets") == (200, [])
    status, created = ask(dashboard, "POST", "/api/assets", {"id": "t", "kind": "oas-template", "data": {}})
    assert (status, created["Status"]) == (201, "success")
    assert ask(dashboard, "POST", "/api/assets", {"id": "t"})[0] == 409
    assert ask(dashboard, "GET", "/api/assets/t") == ask(dashboard, "GET", f"/api/assets/{created['Meta']}")
    assert ask(dashboard, "GET", "/api/assets?kind=other")[1] == []
    assert ask(dashboard, "DELETE", "/api/assets/t")[0] == 200
    assert ask(dashboard, "GET", "/api/assets/t")[0] == 404
