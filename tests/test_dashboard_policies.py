"""The policies of a mock Dashboard, by REST."""

from __future__ import annotations

from typing import Any

import pytest
from dashboards import ADMIN, RIGHT, add, ask, names, read

from mockserver import MockDashboard

NAME_USED = "This policy name has already been used. Enter a unique policy name."


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "wrong"}, {"Authorization": "Bearer"}]
)
def test_a_wrong_key_is_refused(dashboard: MockDashboard, headers: dict[str, str]) -> None:
    """A request without a key, or with a wrong one, is answered with 401."""
    status, answer = ask(dashboard, "GET", "/api/portal/policies", None, ("X-A", "b"), *headers.items())
    assert (status, answer) == (401, {"Status": "Error", "Message": "Not authorised", "Meta": None})


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer  "])
def test_the_key_may_follow_bearer(dashboard: MockDashboard, scheme: str) -> None:
    """The key is accepted bare and after Bearer."""
    status, _ = ask(
        dashboard, "GET", "/api/portal/policies/", None, ("Authorization", scheme + dashboard.key)
    )
    assert status == 200


def test_a_created_policy_is_whole(dashboard: MockDashboard) -> None:
    """A policy is read with all members; what the Dashboard sets and derives is there."""
    object_id = add(dashboard, access_rights={"orders": RIGHT}, active=True, rate=5)
    policy = read(dashboard, object_id)
    right = policy["access_rights"]["orders"]
    assert policy["id"] == policy["_id"] == object_id
    assert (policy["org_id"], policy["state"], policy["rate"]) == (dashboard.state.organisation, "active", 5)
    assert policy["access_rights_array"] == [right]
    assert (right["limit"], right["allowed_urls"], right["versions"]) == (None, [], ["Default"])
    assert (policy["tags"], policy["meta_data"], policy["smoothing"]) == ([], {}, None)
    assert policy["last_updated"].isdigit()
    assert policy["date_created"].endswith("Z")
    assert list(policy)[:8] == [
        "auth_type", "auth_types", "state", "access_rights_array", "graphql_enabled", "_id", "id", "name",
    ]  # fmt: skip


def test_what_is_sent_may_have_any_content_type(dashboard: MockDashboard) -> None:
    """A body of JSON is accepted as a form too, as curl sends it by default."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    status, _ = ask(
        dashboard, "POST", "/api/portal/policies/", {"name": "a"}, form, ("Authorization", dashboard.key)
    )
    assert status == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"5", b'{"name":5}', b'{"rate":"5"}', b'{"_id":"zz"}', b"[" * 5000]
)
def test_a_malformed_body_is_refused(dashboard: MockDashboard, body: bytes) -> None:
    """A body that is no policy is answered with 403, and changes nothing."""
    object_id = add(dashboard)
    before = read(dashboard, object_id)
    for method, target in (("POST", "/api/portal/policies"), ("PUT", f"/api/portal/policies/{object_id}")):
        status, answer = ask(dashboard, method, target, body)
        assert (status, answer["Message"]) == (403, "Request body malformed.")
    assert dict(dashboard.policies) == {object_id: before}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"name": "Gold"}, 400, NAME_USED),
        ({"name": ""}, 400, "Policy name is required."),
        ({"name": "x", "id": "a b"}, 400, "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"),
        (
            {"name": "x", "_id": "5fd203d01f1ad30001c0ffee"},
            500,
            "Failure creating data, please contact your administrator.",
        ),
    ],
)
def test_an_invalid_policy_is_refused(dashboard: MockDashboard, body: Any, status: int, message: str) -> None:
    """A policy that the Dashboard cannot store is refused with a reason, and is not stored."""
    add(dashboard, _id="5fd203d01f1ad30001c0ffee")
    answered, answer = ask(dashboard, "POST", "/api/portal/policies", body)
    assert (answered, answer["Message"]) == (status, message)
    assert names(dashboard) == ["Gold"]


@pytest.mark.parametrize("version", ["5.3.0", "5.8.8", "5.8.9", "5.10.0", "5.11.0", "5.13.1"])
def test_an_empty_id_is_filled_from_some_versions_on(version: str) -> None:
    """Releases from 5.8.9 and from 5.11.0 on fill an empty id, all others leave it."""
    with MockDashboard(dashboard=version, with_gateway=False) as dashboard:
        object_id = add(dashboard)
        filled = version in ("5.8.9", "5.11.0", "5.13.1")
        assert read(dashboard, object_id)["id"] == (object_id if filled else "")


@pytest.mark.parametrize(("version", "status"), [("5.11", 400), ("5.12", 200)])
def test_ids_in_paths(version: str, status: int) -> None:
    """From 5.12.0 on an id stands in a path as well as a database id; before, it is refused with 400."""
    with MockDashboard(dashboard=version, with_gateway=False) as dashboard:
        add(dashboard, id="gold-plan")
        assert ask(dashboard, "GET", "/api/portal/policies/gold-plan")[0] == status
        assert ask(dashboard, "PUT", "/api/portal/policies/gold-plan", {"name": "New"})[0] == status
        assert ask(dashboard, "DELETE", "/api/portal/policies/gold-plan")[0] == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_policy_is_not_found(dashboard: MockDashboard, method: str) -> None:
    """An id that no policy has is answered with 404."""
    message = (
        "Could not retrieve object for deletion"
        if method == "DELETE"
        else "Could not retrieve portal object."
    )
    for name in ("5fd203d01f1ad30001c0ffee", "nobody", "%2e%2e"):
        status, answer = ask(dashboard, method, f"/api/portal/policies/{name}", {"name": "x"})
        assert (status, answer["Message"]) == (404, message)


def test_what_is_read_can_be_sent_back(dashboard: MockDashboard) -> None:
    """A policy as it was read is accepted as an update, and unknown members are dropped."""
    object_id = add(dashboard, access_rights={"orders": {**RIGHT, "limit": {"rate": 3}}}, tags=["a"])
    policy = read(dashboard, object_id)
    status, answer = ask(dashboard, "PUT", f"/api/portal/policies/{object_id}", {**policy, "rate": 7, "x": 1})
    assert (status, answer) == (200, {"Status": "OK", "Message": "Data updated", "Meta": None})
    assert read(dashboard, object_id) | {"last_updated": ""} == {**policy, "rate": 7, "last_updated": ""}


@pytest.mark.parametrize(
    ("sent", "state", "active", "inactive"),
    [
        ({"active": True}, "active", True, False),
        ({}, "draft", False, False),
        ({"is_inactive": True}, "deny", False, True),
        ({"state": "deny", "active": True}, "deny", False, True),
        ({"state": "draft", "active": True}, "draft", False, False),
        ({"state": "active"}, "active", True, False),
    ],
)
def test_the_state_and_its_members(
    dashboard: MockDashboard, sent: dict[str, Any], state: str, active: bool, inactive: bool
) -> None:
    """The state follows from active and is_inactive, and sets both if it is sent."""
    policy = read(dashboard, add(dashboard, **sent))
    assert (policy["state"], policy["active"], policy["is_inactive"]) == (state, active, inactive)


def test_rights_as_an_array_alone(dashboard: MockDashboard) -> None:
    """Access rights that are sent as an array alone are stored."""
    policy = read(dashboard, add(dashboard, access_rights_array=[RIGHT]))
    assert list(policy["access_rights"]) == ["orders"]


@pytest.mark.parametrize(
    ("query", "found", "pages"),
    [
        ("", 10, 3), ("?p=1", 10, 3), ("?p=0", 10, 3), ("?p=3", 5, 3), ("?p=4", 0, 3), ("?p=-1", 25, -1),
        ("?p=-2", 25, -1), ("?p=x", 10, 3), ("?p=99999999999999999999", 10, 3), ("?p=-1&active=1", 13, -1),
    ],
)  # fmt: skip
def test_pages(dashboard: MockDashboard, query: str, found: int, pages: int) -> None:
    """A list has ten policies a page, all of them for a negative p, and none beyond the last page."""
    dashboard.policies.seed(*({"name": f"p{n}", "active": n % 2 == 0} for n in range(25)))
    status, listing = ask(dashboard, "GET", f"/api/portal/policies{query}")
    assert (status, len(listing["Data"]), listing["Pages"]) == (200, found, pages)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=old", ["Older Gold", "Gold"]), ("q=Gold", ["Gold", "Older Gold"]), ("q=older%%20gold", ["Older Gold"]),
        ("q=older+gold", ["Older Gold"]), ("q=none", []), ("q=%(_id)s", ["Gold"]), ("q=plan", ["Gold"]),
        ("policy_ids=%(_id)s", ["Gold"]), ("q=%(_id)s&policy_ids=%(other)s", ["Older Gold"]),
        ("q=older&policy_ids=%(_id)s,%(other)s", ["Older Gold"]), ("q=older&policy_ids=%(_id)s", []),
        ("state=deny", ["Older Gold"]), ("active=x", ["Gold"]), ("api_id=orders", ["Gold"]),
        ("api_id=a,orders", ["Gold"]), ("auth_type=other", ["Older Gold", "Gold"]), ("auth_type=jwt", []),
        ("sort=name", ["Gold", "Older Gold"]), ("sort=state", ["Gold", "Older Gold"]), ("", ["Older Gold", "Gold"]),
    ],
)  # fmt: skip
def test_search(dashboard: MockDashboard, query: str, found: list[str]) -> None:
    """A search finds the policies that fit each criterion; an exact name comes first."""
    other = add(dashboard, name="Older Gold", state="deny")
    object_id = add(dashboard, id="plan", state="active", access_rights={"orders": RIGHT})
    names_found = names(dashboard, "/search?" + query % {"_id": object_id, "other": other})
    assert names_found == found


def test_a_database_id_wins_over_an_id(dashboard: MockDashboard) -> None:
    """A database id finds its policy alone, in a search and in a path, even if it is the id of another policy."""
    object_id = add(dashboard)
    add(dashboard, name="Other", id=object_id)
    assert names(dashboard, f"/search?q={object_id}") == ["Gold"]
    assert read(dashboard, object_id)["name"] == "Gold"


def test_ids_of_a_search_must_be_hex(dashboard: MockDashboard) -> None:
    """A search by an id that is not in hex is refused."""
    status, answer = ask(
        dashboard, "GET", "/api/portal/policies/search?policy_ids=5fd203d01f1ad30001c0ffee,gold"
    )
    assert (status, answer["Message"]) == (400, "Policy ID is not in hex format.")


def test_an_export_can_be_imported(dashboard: MockDashboard) -> None:
    """A list of all policies is imported with its ids and dates, and Meta names each."""
    object_id = add(dashboard, access_rights={"orders": RIGHT})
    _, export = ask(dashboard, "GET", "/api/portal/policies?p=-1")
    dashboard.reset()
    status, answer = ask(dashboard, "POST", "/admin/policies/import", export, *ADMIN)
    assert (status, answer["Message"], answer["Meta"]) == (200, "Policies imported", {object_id: True})
    imported = read(dashboard, object_id)
    assert imported | {"last_updated": ""} == {**export["Data"][0], "last_updated": ""}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 500, "Failed to read response body, body empty"), (b"{", 403, "Request body malformed"),
        (b"[]", 403, "Request body malformed"), (b'{"Data":5}', 403, "Request body malformed"),
        (b'{"Data":[{"name":"a"},{"rate":"x"}]}', 403, "Request body malformed"),
    ],
)  # fmt: skip
def test_a_malformed_import_changes_nothing(
    dashboard: MockDashboard, body: bytes, status: int, message: str
) -> None:
    """An import is taken as a whole or not at all."""
    answered, answer = ask(dashboard, "POST", "/admin/policies/import", body, *ADMIN)
    assert (answered, answer["Message"]) == (status, message)
    assert not dashboard.policies


def test_the_form_of_2017() -> None:
    """With the style 2017 a policy is read and written as the documents of that year show it."""
    with MockDashboard(style="2017", with_gateway=False) as dashboard:
        rights = {"x": {"apiid": "x", "apiname": "My API", "versions": ["Default"]}}
        sent = {"name": "My Policy", "last_updated": "0001-01-01T00:00:00Z", "access_rights": rights}
        status, answer = ask(dashboard, "POST", "/api/portal/policies/", sent)
        assert (status, answer["Meta"]) == (200, "null")
        _, listing = ask(dashboard, "GET", "/api/portal/policies/")
        (policy,) = listing["Data"]
        assert (listing["Pages"], list(policy)) == (0, sorted(policy))
        assert policy["access_rights"] == {"x": {"allowed_urls": [], **rights["x"]}}
        assert ask(dashboard, "PUT", f"/api/portal/policies/{policy['_id']}", policy)[1]["Meta"] == ""
        assert ask(dashboard, "POST", "/api/portal/policies/", b"{")[0] == 403


def test_no_answer_violates_the_contract(dashboard: MockDashboard) -> None:
    """Each answer to a sound request conforms to the Dashboard's OpenAPI file."""
    object_id = add(dashboard, access_rights={"orders": RIGHT})
    for method, target in (
        ("GET", "/hello"), ("GET", "/api/portal/policies"), ("GET", f"/api/portal/policies/{object_id}"),
        ("GET", "/api/portal/policies/search?q=x"), ("DELETE", f"/api/portal/policies/{object_id}"),
        ("GET", "/api/users"), ("GET", "/api/apis?p=-2"), ("GET", "/api/assets"), ("GET", "/api/portal/catalogue/"),
    ):  # fmt: skip
        ask(dashboard, method, target)
    assert [(entry, entry.violations) for entry in dashboard.journal if entry.violations] == []
