"""GraphQL of a mock Dashboard reads and writes what REST does, by the same rules."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from graphql_client import ask, created, data, rest, schema, user_with

from mockserver import MockDashboard
from mockserver.storage.backend import BackendUnavailable

CREATE = "mutation ($policy: PolicyInput!) { createPolicy(policy: $policy) { _id } }"
UPDATE = (
    "mutation ($id: ID!, $policy: PolicyInput!) { updatePolicy(id: $id, policy: $policy) { _id rate per } }"
)
DELETE = "mutation ($id: ID!) { deletePolicy(id: $id) }"
READ = "query ($id: ID!) { policy(id: $id) { name } }"
NAMES = "{ policies { Data { name } } }"


def test_a_policy_is_created_with_literals(dashboard: MockDashboard) -> None:
    """A mutation creates a policy of literals, with 64-bit numbers, entries of a map, and JSON."""
    policy = """{name: "Gold", rate: 1e3, per: 60, quota_max: 9223372036854775807, meta_data: {a: [1, 2.5, null, "x"]},
        access_rights: [{key: "orders", value: {api_id: "orders", limit: {rate: 10}}}], tags: ["paid"], state: "active"}"""
    object_id = data(dashboard, f"mutation {{ createPolicy(policy: {policy}) {{ _id }} }}")["createPolicy"][
        "_id"
    ]
    read = dashboard.policies[object_id]
    assert read["quota_max"] == 2**63 - 1
    assert read["meta_data"] == {"a": [1, 2.5, None, "x"]}
    assert read["access_rights"]["orders"]["limit"]["rate"] == 10
    assert (read["id"], read["active"], read["tags"]) == (object_id, True, ["paid"])


def test_variables_stand_in_literals(dashboard: MockDashboard) -> None:
    """A variable may be a part of a JSON literal; one that is not given is null."""
    query = 'mutation ($a: JSON, $b: JSON) { createPolicy(policy: {name: "Gold", meta_data: {a: $a, b: $b}}) { meta_data } }'
    assert data(dashboard, query, {"a": {"x": [1]}})["createPolicy"]["meta_data"] == {
        "a": {"x": [1]},
        "b": None,
    }


def test_an_update_replaces_the_whole_policy(dashboard: MockDashboard) -> None:
    """An update is no patch: as in REST, a member that is not sent becomes zero, and the _id stays."""
    object_id = created(dashboard, name="Gold", rate=10, per=60)
    updated = data(dashboard, UPDATE, {"id": object_id, "policy": {"name": "Gold", "rate": 20}})[
        "updatePolicy"
    ]
    assert updated == {"_id": object_id, "rate": 20, "per": 0}
    assert "no patch" in str(schema(dashboard).type_map["Mutation"].fields["updatePolicy"].description)


@pytest.mark.parametrize("form", ["_id", "id"])
def test_a_policy_is_found_by_both_ids(dashboard: MockDashboard, form: str) -> None:
    """Reads and deletions find a policy by its id and by its database id."""
    object_id = created(dashboard, name="Gold", id="gold")
    name = {"_id": object_id, "id": "gold"}[form]
    assert data(dashboard, READ, {"id": name})["policy"] == {"name": "Gold"}
    assert data(dashboard, DELETE, {"id": name}) == {"deletePolicy": True}
    assert len(dashboard.policies) == 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param("", ["b", "a", "c"], id="by creation"),
        pytest.param("(sort: name)", ["a", "b", "c"], id="sorted"),
        pytest.param("(state: deny)", ["a"], id="state"),
        pytest.param("(active: true)", ["b"], id="active"),
        pytest.param('(api_id: ["orders", "x"])', ["c"], id="api"),
        pytest.param('(q: "B")', ["b"], id="part of a name"),
        pytest.param('(auth_type: "other", p: -1)', ["b", "a", "c"], id="auth type, all"),
        pytest.param("(p: 2)", [], id="beyond the last page"),
    ],
)  # fmt: skip
def test_policies_are_filtered_as_in_rest(dashboard: MockDashboard, arguments: str, names: list[str]) -> None:
    """The arguments of `policies` select and sort by the criteria of the search of REST."""
    created(dashboard, name="b", state="active")
    created(dashboard, name="a", state="deny")
    created(dashboard, name="c", access_rights={"orders": {"api_id": "orders"}})
    page = data(dashboard, f"{{ policies{arguments} {{ Data {{ name }} Pages }} }}")["policies"]
    assert [policy["name"] for policy in page["Data"]] == names
    assert page["Pages"] == (-1 if "-1" in arguments else 1)


def test_pages_have_the_configured_size() -> None:
    """A page has as many policies as the configuration says."""
    with MockDashboard(with_gateway=False, config={"page_size": 2}) as dashboard:
        for name in "abc":
            created(dashboard, name=name)
        assert data(dashboard, "{ policies(p: 2) { Data { name } Pages } }")["policies"] == {
            "Data": [{"name": "c"}],
            "Pages": 2,
        }


@pytest.mark.parametrize(
    ("query", "variables", "status", "message"),
    [
        pytest.param(
            CREATE,
            {"policy": {"name": "Gold"}},
            400,
            "This policy name has already been used. Enter a unique policy name.",
            id="name used",
        ),
        pytest.param(
            CREATE,
            {"policy": {"name": "X", "id": "a b"}},
            400,
            "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~",
            id="unsafe id",
        ),
        pytest.param(
            CREATE,
            {"policy": {"name": "X", "_id": "x"}},
            403,
            "Request body malformed.",
            id="bad database id",
        ),
        pytest.param(
            CREATE,
            {"policy": {"name": "X", "meta_data": 1}},
            403,
            "Request body malformed.",
            id="meta_data is no map",
        ),
        pytest.param(
            UPDATE,
            {"id": "nope", "policy": {"name": "X"}},
            404,
            "Could not retrieve portal object.",
            id="update of none",
        ),
        pytest.param(READ, {"id": "nope"}, 404, "Could not retrieve portal object.", id="read of none"),
        pytest.param(
            DELETE, {"id": "nope"}, 404, "Could not retrieve object for deletion", id="deletion of none"
        ),
        pytest.param(
            '{ policies(policy_ids: ["x"]) { Pages } }',
            None,
            400,
            "Policy ID is not in hex format.",
            id="search",
        ),
    ],
)
def test_a_refusal_of_rest_is_an_error_of_its_field(
    dashboard: MockDashboard, query: str, variables: Any, status: int, message: str
) -> None:
    """What REST refuses is the error of the field, with its path, and the status and the message of REST."""
    created(dashboard, name="Gold")
    response = ask(dashboard, query, variables)
    [error] = response["errors"]
    assert [error["path"]] == [[name] for name in response["data"]]
    assert error["message"] == message
    assert error["extensions"] == {"status": status, "message": message}


def test_a_failed_field_leaves_the_others(dashboard: MockDashboard) -> None:
    """Fields beside one that fails are executed, and mutations of one request go one after the other."""
    response = ask(
        dashboard,
        'mutation { a: createPolicy(policy: {name: "A"}) { name } b: createPolicy(policy: {name: "A"}) { name } c: createPolicy(policy: {name: "C"}) { name } }',
    )
    assert response["data"] == {"a": {"name": "A"}, "b": None, "c": {"name": "C"}}
    assert [error["path"] for error in response["errors"]] == [["b"]]


@pytest.mark.parametrize(("permission", "reads"), [("read", True), ("deny", False)])
def test_permissions_are_those_of_rest(dashboard: MockDashboard, permission: str, reads: bool) -> None:
    """A user may read and write by GraphQL what the permission for policies allows in REST."""
    key = user_with(dashboard, {"policies": permission})
    assert ("errors" not in ask(dashboard, NAMES, key=key)) is reads
    assert (rest(dashboard, "GET", key=key)[0] == 200) is reads
    [error] = ask(dashboard, CREATE, {"policy": {"name": "Gold"}}, key=key)["errors"]
    assert error["extensions"] == {
        "status": 403,
        "message": "access denied: You do not have permission to access  /graphql",
    }


def test_organisations_are_apart(dashboard: MockDashboard) -> None:
    """A user neither sees nor deletes the policies of another organisation."""
    object_id = created(dashboard, name="Gold")
    key = user_with(dashboard, {"policies": "write"}, org_id="f" * 24)
    assert data(dashboard, NAMES, key=key) == {"policies": {"Data": []}}
    for query in (READ, DELETE):
        assert ask(dashboard, query, {"id": object_id}, key=key)["errors"][0]["extensions"]["status"] == 404


@pytest.mark.parametrize(
    ("error", "message"),
    [(ValueError("secret"), "the mock failed: ValueError"), (BackendUnavailable("no Redis"), "no Redis")],
)
def test_a_failure_of_the_mock_is_status_500(
    dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    """An error of the mock itself is told by its type alone, and one of the storage by its message."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(dashboard.state.policies, "page", fail)
    response = ask(dashboard, NAMES)
    assert response["errors"][0]["extensions"] == {"status": 500, "message": message}
    assert "secret" not in json.dumps(response)


@pytest.mark.parametrize("version", ["5.3", "5.12", "5.13"])
def test_the_schema_is_that_of_the_version(version: str) -> None:
    """The type Policy has the members of REST in the version, in the same order."""
    with MockDashboard(with_gateway=False, dashboard=version) as dashboard:
        members = schema(dashboard).type_map["Policy"].fields
        assert list(members) == [member.name for member in dashboard.state.form.codec.type.fields]
        assert ("post_expiry_action" in members) is (version == "5.13")
        assert "The vendor publishes none" in str(schema(dashboard).description)


def test_the_style_of_rest_does_not_change_graphql() -> None:
    """In the style of 2017 too, GraphQL has the members of today."""
    with MockDashboard(with_gateway=False, style="2017") as dashboard:
        object_id = data(
            dashboard,
            'mutation { createPolicy(policy: {name: "Gold", state: "deny", access_rights: [{key: "a", value: {api_id: "a"}}]}) { _id } }',
        )["createPolicy"]["_id"]
        query = "query ($id: ID!) { policy(id: $id) { state access_rights { value { api_id } } } }"
        assert data(dashboard, query, {"id": object_id})["policy"] == {
            "state": "deny",
            "access_rights": [{"value": {"api_id": "a"}}],
        }
        assert (
            rest(dashboard, "GET", f"/api/portal/policies/{object_id}")[1]["access_rights"]["a"]["apiid"]
            == "a"
        )


def test_introspection_can_be_switched_off() -> None:
    """Without introspection, a Dashboard tells neither its schema nor names like a wrong one."""
    with MockDashboard(with_gateway=False, introspection=False) as dashboard:
        assert (
            "introspection"
            in ask(dashboard, "{ __schema { types { name } } }")["errors"][0]["message"].lower()
        )
        assert "Did you mean" not in ask(dashboard, "{ polices { Pages } }")["errors"][0]["message"]
        assert data(dashboard, "{ __typename policies { Pages } }")["policies"] == {"Pages": 1}


def test_the_library_is_loaded_by_the_first_request() -> None:
    """Neither mock loads the library of GraphQL when it starts."""
    code = "import sys; from mockserver import MockDashboard, MockGateway\nwith MockDashboard(), MockGateway(): print('graphql' in sys.modules, 'jinja2' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout == "False False\n"
