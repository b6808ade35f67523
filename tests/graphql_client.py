"""Requests of GraphQL and REST to a mock Dashboard, for tests."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema

from mockserver import MockDashboard
from mockserver.dashboard.graphql.schema import schema_of
from mockserver.http.client import Answer, Client

JSON = ("Content-Type", "application/json")
POLICIES = "/api/portal/policies"


def encoded(query: str, **members: Any) -> bytes:
    """The body of a request."""
    return json.dumps({"query": query, **members}).encode()


def post(dashboard: MockDashboard, body: bytes, *headers: tuple[str, str], key: str | None = None) -> Answer:
    """The answer to a body that is posted to /graphql with a key, by default that of the first user."""
    with Client(dashboard.url, 30) as client:
        return client.send("POST", "/graphql", [("Authorization", key or dashboard.key), *headers], body)


def get(dashboard: MockDashboard, *headers: tuple[str, str], **parameters: str) -> Answer:
    """The answer to GET /graphql with parameters."""
    with Client(dashboard.url, 30) as client:
        target = f"/graphql?{urlencode(parameters)}"
        return client.send("GET", target, [("Authorization", dashboard.key), *headers], None)


def ask(
    dashboard: MockDashboard, query: str, variables: Any = None, *, key: str | None = None, **members: Any
) -> dict[str, Any]:
    """The response to a query."""
    body = encoded(query, variables=variables, **members)
    response: dict[str, Any] = json.loads(post(dashboard, body, JSON, key=key).body)
    return response


def data(dashboard: MockDashboard, query: str, variables: Any = None, **members: Any) -> dict[str, Any]:
    """The data of a response without errors."""
    response = ask(dashboard, query, variables, **members)
    assert "errors" not in response, response["errors"]
    result: dict[str, Any] = response["data"]
    return result


def rest(
    dashboard: MockDashboard, method: str, path: str = POLICIES, body: Any = None, *, key: str | None = None
) -> tuple[int, Any]:
    """The status and the JSON of the answer to a request of REST."""
    text = None if body is None else json.dumps(body).encode()
    with Client(dashboard.url, 30) as client:
        answer = client.send(method, path, [("Authorization", key or dashboard.key)], text)
    return answer.status, json.loads(answer.body)


def created(dashboard: MockDashboard, **policy: Any) -> str:
    """The database id of a policy that REST creates."""
    status, envelope = rest(dashboard, "POST", body=policy)
    assert status == 200, envelope
    object_id: str = envelope["Message"]
    return object_id


def user_with(dashboard: MockDashboard, permissions: dict[str, str], org_id: str = "") -> str:
    """The key of a new user with permissions, of the first organisation unless another is given."""
    key = "a1" * 16
    members = {"email_address": "other@example.com", "user_permissions": permissions}
    dashboard.state.users.create(org_id or dashboard.state.organisation, members, access_key=key)
    return key


def schema(dashboard: MockDashboard) -> GraphQLSchema:
    """The schema of a Dashboard."""
    return schema_of(dashboard.state.contract)


def selection(kind: Any) -> str:
    """A selection of all fields of a type, and of those in them."""
    while isinstance(kind, (GraphQLList, GraphQLNonNull)):
        kind = kind.of_type
    if not isinstance(kind, GraphQLObjectType):
        return ""
    return "{" + " ".join(name + selection(field.type) for name, field in kind.fields.items()) + "}"


def as_rest(value: Any) -> Any:
    """A value of GraphQL or REST in one form: access rights as a map, and no member that is null."""
    if isinstance(value, list):
        return [as_rest(item) for item in value]
    if not isinstance(value, dict):
        return value
    members = {name: item for name, item in value.items() if item is not None}
    if isinstance(rights := members.get("access_rights"), list):
        members["access_rights"] = {right["key"]: right["value"] for right in rights}
    return {name: as_rest(item) for name, item in members.items()}
