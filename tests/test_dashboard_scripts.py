"""Conversations of scripts with a Dashboard: bootstrap, Postman collections, traffic generators, old documents."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import call
from dashboards import ADMIN, Step, ask, converse, read
from test_dashboard_clients import NOWHERE, POLICIES, WRITTEN, api, length, object_id, text

from mockserver import MockDashboard
from mockserver.http.client import Client

ADMIN_RIGHTS = {"IsAdmin": "admin", "ResetPassword": "admin"}
USER = {
    "first_name": "Ada", "last_name": "Byron", "email_address": "Ada.Byron@Example.org", "active": True,
    "password": "example-password", "user_permissions": ADMIN_RIGHTS,
}  # fmt: skip


@pytest.fixture(scope="module", name="shared_dashboard")
def _shared_dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(gateway_config={"hash_keys": True, "hash_key_function": "murmur64"}) as dashboard:
        yield dashboard


def ok(message: str, **needs: Any) -> dict[str, Any]:
    """What a script compares in the envelope of a success."""
    return {"Status": "OK", "Message": message, **needs}


BOOTSTRAP = [
    Step("POST", "/admin/organisations/import", {"id": "5fd203d01f1ad30001c00001", "owner_name": "Acme"},
         needs={"Status": "OK"}, admin=True),
    Step("POST", "/admin/organisations", {"owner_name": "Acme", "cname_enabled": True},
         needs=ok("Org created", Meta=object_id), saves={"Meta": "org"}, admin=True),
    Step("POST", "/admin/users", {**USER, "org_id": "{org}"},
         needs={"Status": "OK", "Message": text, "Meta.access_key": text, "Meta.id": text, "Meta.org_id": "{org}",
                "Meta.email_address": "ada.byron@example.org"},
         saves={"Message": "key", "Meta.id": "user"}, admin=True),
    Step("POST", "/admin/users", {**USER, "org_id": "{org}"}, status=403, admin=True,
         needs={"Message": "User email already exists for this Org"}),
    Step("POST", "/api/users/{user}/actions/reset", {"new_password": "x", "user_permissions": {"IsAdmin": "admin"}},
         needs=ok("User password updated")),
    Step("GET", "/api/users", needs={"users.0.org_id": "{org}", "users.0.id": "{user}"}),
    Step("POST", "/api/apis", api(), needs=ok("API created", Meta=object_id, ID=text), saves={"Meta": "api"}),
    Step("GET", "/api/apis/{api}", needs={"api_definition.api_id": text}, saves={"api_definition.api_id": "api_id"}),
    Step("POST", POLICIES, {"name": "Gold", "access_rights": {"{api_id}": {"api_id": "{api_id}"}}, "rate": 7, "per": 1},
         needs=WRITTEN, saves={"Message": "policy"}),
    Step("POST", "/api/keys", {"apply_policies": ["{policy}"]},
         needs={"key_id": text, "key_hash": text, "data.apply_policies": ["{policy}"], "data.org_id": "{org}"}),
    Step("POST", "/api/apis/keys/basic/ada", {"apply_policies": ["{policy}"], "basic_auth_data": {"password": "x"}},
         needs={"key_id": "ada"}),
    Step("POST", "/api/apis/oauth/{api_id}", {"client_id": "shop", "secret": "s", "policy_id": "{policy}"},
         needs={"client_id": "shop", "secret": "s", "policy_id": "{policy}"}),
]  # fmt: skip
ORGANISATION = "/admin/organisations/{new}"
COLLECTION = [
    Step("POST", "/admin/organisations", {"owner_name": "A"}, needs=ok("Org created"), saves={"Meta": "new"}, admin=True),
    Step("GET", "/admin/organisations?p=-1", needs={"organisations": length(2)}, admin=True),
    Step("GET", ORGANISATION, needs={"owner_name": "A"}, admin=True),
    Step("PUT", ORGANISATION, {"owner_name": "B"}, needs=ok("Org updated"), admin=True),
    Step("GET", ORGANISATION, needs={"owner_name": "B"}, admin=True),
    Step("DELETE", ORGANISATION, needs=ok("Org deleted"), admin=True),
    Step("GET", ORGANISATION, status=404, needs={"Message": "Could not retrieve org detail"}, admin=True),
    Step("POST", "/api/users", USER, needs=ok("User and session have been created", Meta=text), saves={"Meta": "user"}),
    Step("GET", "/admin/users/{user}", needs={"created_at": text, "user_permissions": ADMIN_RIGHTS}, admin=True),
    Step("GET", "/api/users?p=-1", needs={"users": length(2)}),
    Step("GET", "/api/users/{user}", needs={"email_address": "ada.byron@example.org", "org_id": "{org}"}),
    Step("PUT", "/api/users/{user}", {**USER, "email_address": "b@example.org", "first_name": "B"}, needs=ok("User updated")),
    Step("GET", "/api/users/{user}", needs={"email_address": "b@example.org", "first_name": "B", "created_at": text}),
    Step("POST", "/api/users/{user}/actions/reset", {"current_password": "a", "new_password": "b"},
         needs=ok("User password updated")),
    Step("DELETE", "/api/users/{user}", needs=ok("User deleted")),
    Step("GET", "/admin/users/{user}", status=404, admin=True),
    Step("POST", "/api/apis", api(use_oauth2=True), needs=ok("API created"), saves={"ID": "api"}),
    Step("POST", POLICIES, {"_id": NOWHERE, "id": "", "name": "OAuth"}, needs={"Message": NOWHERE}),
    Step("POST", "/api/apis/oauth/{api}", {"client_id": "c", "secret": "s", "policy_id": NOWHERE, "redirect_uri": "u"},
         needs={"client_id": "c", "secret": "s", "policy_id": NOWHERE, "redirect_uri": "u"}),
    Step("GET", "/api/apis/oauth/{api}/c", needs={"client_id": "c", "secret": "s"}),
    Step("GET", "/api/apis/oauth/{api}", needs={"apps": length(1), "apps.0.secret": "s"}),
    Step("DELETE", "/api/apis/oauth/{api}/c"),
    Step("GET", "/api/apis/oauth/{api}/c", status=404),
]  # fmt: skip
CLEAN_UP = [
    Step("GET", "/api/apis?p=-1", needs={"apis.0.api_definition.proxy.listen_path": "/orders/"}),
    Step("DELETE", "/api/apis/{api_id}", needs=ok("API deleted")),
    Step("GET", f"{POLICIES}?p=-1", needs={"Data.0._id": "{policy}", "Data.0.name": "Gold"}),
    Step("DELETE", POLICIES + "/{policy}", needs=ok("Data deleted")),
    Step("GET", f"{POLICIES}?p=-1", needs={"Data": length(0), "Pages": -1}),
]


def test_bootstrap_scripts(dashboard: MockDashboard) -> None:
    """Scripts found an organisation with a user, an API, a policy, keys and a client, and remove what they made."""
    converse(dashboard, CLEAN_UP, **converse(dashboard, BOOTSTRAP))


def test_postman_collection(dashboard: MockDashboard) -> None:
    """The statuses and texts that a collection asserts on organisations, users and OAuth clients."""
    converse(dashboard, COLLECTION)


def test_curl_sends_forms(dashboard: MockDashboard) -> None:
    """Scripts send JSON with curl's default Content-Type, to paths of both APIs."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    status, _ = ask(dashboard, "POST", "/admin/organisations/import", {"id": NOWHERE}, form, *ADMIN)
    assert status == 200
    key = ("Authorization", dashboard.key)
    assert ask(dashboard, "POST", f"{POLICIES}/", {"name": "Gold"}, form, key)[0] == 200


def test_a_key_uses_the_policy_as_it_is_on_the_dashboard(dashboard: MockDashboard) -> None:
    """A policy of the Dashboard is known to the gateway when a key is made, after an update and until a deletion."""
    assert dashboard.gateway is not None
    right = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    policy = {"name": "Gold", "id": "gold", "access_rights": right, "rate": 7, "per": 1}
    made = ask(dashboard, "POST", POLICIES, policy)[1]["Message"]
    for rate in (7, 8):
        assert ask(dashboard, "PUT", f"{POLICIES}/{made}", {**policy, "rate": rate})[0] == 200
        key = ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"]})[1]
        session = call(dashboard.gateway, "GET", f"/tyk/keys/{key['key_id']}")[1]
        assert (session["rate"], key["data"]["rate"]) == (rate, rate)
    ask(dashboard, "DELETE", f"{POLICIES}/{made}")
    assert ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"]})[0] == 500
    assert not dashboard.gateway.policies


def test_keys_name_a_policy_without_an_id_by_that_of_the_database() -> None:
    """Before 5.8.9 a policy may have no id; a key then names it by its database id."""
    with MockDashboard(dashboard="5.3") as dashboard:
        right = {"orders": {"api_id": "orders", "versions": ["Default"]}}
        policy = {"name": "Gold", "access_rights": right, "rate": 7, "per": 1}
        made = ask(dashboard, "POST", POLICIES, policy)[1]["Message"]
        assert read(dashboard, made)["id"] == ""
        assert ask(dashboard, "POST", "/api/keys", {"apply_policies": [made]})[1]["data"]["rate"] == 7


def test_a_gateway_with_policies_of_its_own_keeps_to_them(tmp_path: Path) -> None:
    """A gateway whose configuration names a directory of policies gets none of the Dashboard."""
    config = {"policies": {"policy_path": str(tmp_path)}}
    with MockDashboard(gateway_config=config) as dashboard:
        assert dashboard.gateway is not None
        ask(dashboard, "POST", POLICIES, {"name": "Gold", "id": "gold"})
        assert ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"]})[0] == 500
        assert not list(tmp_path.iterdir())


def test_a_gateway_that_takes_all_from_the_dashboard(dashboard: MockDashboard) -> None:
    """The tyk.conf of a gateway beside a real Dashboard works: it writes no files, and knows what keys name."""
    config = {
        "use_db_app_configs": True, "app_path": "./no-such-directory", "secret": "of-the-gateway",
        "policies": {"policy_source": "service", "policy_record_name": "no_such_file"},
    }  # fmt: skip
    with MockDashboard(gateway_config=config) as own:
        assert own.gateway is not None
        right = {"orders": {"api_id": "orders", "versions": ["Default"]}}
        ask(
            own, "POST", POLICIES, {"name": "Gold", "id": "gold", "access_rights": right, "rate": 7, "per": 1}
        )
        assert ask(own, "POST", "/api/keys", {"apply_policies": ["gold"]})[1]["data"]["rate"] == 7
        assert call(own.gateway, "POST", "/tyk/policies", {"id": "x"})[0] == 500
    assert dashboard.gateway is not None


DOCUMENTED_KEY = "0a1b2c3d-1111-4222-8333-444455556666"  # in the form of old keys
RIGHT = {"api_id": "0123456789abcdef0123456789abcdef", "api_name": "Orders", "versions": ["Default"]}
RIGHT_OF_2017 = {"apiid": RIGHT["api_id"], "api_name": "Orders", "versions": ["Default"]}


def documented(right: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A policy as the documents of 2017 and later create one, with members that only sessions have."""
    return {
        "last_updated": "0001-01-01T00:00:00Z", "rate": 1000, "per": 60, "quota_max": -1, "quota_renews": 1481546970,
        "quota_remaining": 0, "quota_renewal_rate": 60, "access_rights": {RIGHT["api_id"]: right},
        "name": "My Policy", "active": True, **members,
    }  # fmt: skip


@pytest.mark.parametrize("right", [RIGHT, RIGHT_OF_2017], ids=["api_id", "apiid"])
@pytest.mark.parametrize("style", ["", "2017"])
def test_the_calls_of_the_documents(style: str, right: dict[str, Any]) -> None:
    """The sample calls of the documents work as they stand, with both names of the API, in both styles."""
    name = "apiid" if style else "api_id"
    granted = f"access_rights.{RIGHT['api_id']}.{name}"
    one = POLICIES + "/{policy}"
    with MockDashboard(with_gateway=False, style=style, key=DOCUMENTED_KEY) as dashboard:
        converse(
            dashboard,
            [
                Step("POST", f"{POLICIES}/", documented(right),
                     needs={"Status": "OK", "Message": object_id, "Meta": "null" if style else None},
                     saves={"Message": "policy"}),
                Step("GET", f"{POLICIES}/", needs={"Data": length(1), f"Data.0.{granted}": RIGHT["api_id"],
                                                   "Pages": 0 if style else 1}),
                Step("GET", f"{POLICIES}/search?q=My+Policy", needs={"Data.0._id": "{policy}"}),
                Step("GET", f"{POLICIES}/search/?q=My%20Policy", needs={"Data.0._id": "{policy}"}),
                Step("GET", one, needs={granted: RIGHT["api_id"], "quota_max": -1, "tags": []}),
                Step("PUT", one, {**documented(right), "_id": "{policy}", "id": "", "name": "My Updated Policy",
                                  "org_id": NOWHERE, "partitions": {"quota": False, "acl": False}},
                     needs=ok("Data updated", Meta="" if style else None)),
                Step("GET", one, needs={"name": "My Updated Policy", "org_id": "{org}"}),
                Step("DELETE", one, needs=ok("Data deleted", Meta=None)),
            ],
        )  # fmt: skip


def test_a_sample_with_a_slip_is_malformed(dashboard: MockDashboard) -> None:
    """The update of 2017 has two commas in a row as it is printed, which no JSON decoder takes."""
    made = ask(dashboard, "POST", POLICIES, documented(RIGHT))[1]["Message"]
    body = json.dumps(documented(RIGHT)).replace('"Orders",', '"Orders",,').encode()
    status, answer = ask(dashboard, "PUT", f"{POLICIES}/{made}", body)
    assert (status, answer["Message"]) == (403, "Request body malformed.")
    assert read(dashboard, made)["name"] == "My Policy"


@pytest.mark.skipif(not shutil.which("newman"), reason="newman is not installed: npm install --global newman")
def test_newman(dashboard: MockDashboard, tmp_path: Path) -> None:
    """Newman runs a collection against the mock, and all of its assertions pass."""
    tests = [
        "const answer = pm.response.json();",
        'pm.test("status", () => pm.response.to.have.status(200));',
        'pm.test("message", () => pm.expect(answer.Message).to.match(/^[0-9a-f]{24}$/));',
    ]  # fmt: skip
    request = {
        "method": "POST", "url": f"{dashboard.url}{POLICIES}/", "body": {"mode": "raw", "raw": '{"name": "Gold"}'},
        "header": [{"key": "Authorization", "value": dashboard.key}],
    }  # fmt: skip
    item = {"name": "create", "request": request, "event": [{"listen": "test", "script": {"exec": tests}}]}
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    path = tmp_path / "collection.json"
    path.write_text(json.dumps({"info": {"name": "policies", "schema": schema}, "item": [item]}))
    run = subprocess.run(["newman", "run", path], capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout


def test_the_probe_of_a_waiting_script(dashboard: MockDashboard) -> None:
    """Scripts wait for /hello and /hello/ without a key."""
    with Client(dashboard.url) as client:
        assert [client.send("GET", path).status for path in ("/hello", "/hello/")] == [200, 200]
