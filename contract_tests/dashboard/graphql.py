"""Requests of GraphQL, whose schema is the mock's own: what has another schema is not judged by it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.resources import GRAPHQL, POLICY
from contract_tests.engine.checks import Mismatch, first_difference
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange

JSON_TYPE = ("Content-Type", "application/json")
ROOT_FIELDS = {"query": {"policy", "policies"}, "mutation": {"createPolicy", "updatePolicy", "deletePolicy"}}
_FIELDS = "{__schema {query: queryType {fields {name}} mutation: mutationType {fields {name}}}}"
CREATE = "mutation($policy: PolicyInput!) {createPolicy(policy: $policy) {_id id name rate state}}"
UPDATE = """mutation($id: ID!, $policy: PolicyInput!) {
    updatePolicy(id: $id, policy: $policy) {_id id name rate state}
}"""
DELETE = "mutation($id: ID!) {deletePolicy(id: $id)}"
READ = """query($id: ID!) {policy(id: $id) {
    _id id name rate per tags state active access_rights {key value {api_id versions limit {rate}}} meta_data
}}"""
LIST = """query($p: Int! = 1, $q: String, $state: PolicyState, $sort: PolicySort) {
    policies(p: $p, q: $q, state: $state, sort: $sort) {Data {_id name} Pages}
}"""


def needs_graphql(dashboard: Dashboard) -> None:
    """Require a Dashboard whose GraphQL has the root fields of ours.

    Raises:
        NotApplicable: it has another one, or none.
    """
    exchange = post(dashboard, _FIELDS)
    schema = _member(_member(exchange.document, "data"), "__schema")
    for kind, wanted in ROOT_FIELDS.items():
        fields = _member(_member(schema, kind), "fields")
        found = [_member(field, "name") for field in fields] if isinstance(fields, list) else []
        if not wanted <= {name for name in found if isinstance(name, str)}:
            raise NotApplicable("the dashboard has no GraphQL with the schema of the mock, which is its own")


def post(dashboard: Dashboard, query: str, *headers: tuple[str, str], **variables: Any) -> Exchange:
    """POST /graphql with a document and variables; without `headers`, the body is declared as JSON."""
    body = {"query": query, "variables": variables}
    sent = [dashboard.auth.line, *(headers or (JSON_TYPE,))]
    return dashboard.send("POST", GRAPHQL, body, headers=sent)


def get(dashboard: Dashboard, query: str, **variables: Any) -> Exchange:
    """GET /graphql with a document and variables."""
    parameters = {"query": query, "variables": json.dumps(variables)}
    return dashboard.send("GET", f"{GRAPHQL}?{urlencode(parameters)}")


def create(dashboard: Dashboard, **members: Any) -> str:
    """Create a policy by a mutation, with a new name unless one is given; its database id.

    Raises:
        Mismatch: the answer has no id of a policy of the run.
    """
    policy = {"name": dashboard.new_id(), **members}
    exchange = post(dashboard, CREATE, policy=policy)
    object_id = _member(_member(_member(exchange.document, "data"), "createPolicy"), "_id")
    if exchange.status != 200 or not isinstance(object_id, str):
        raise Mismatch("200 with the _id of the policy", f"{exchange.status} {exchange.text}", exchange)
    if dashboard.read(object_id).get("name") != policy["name"]:
        raise Mismatch("the _id of the policy that was sent", object_id, exchange)
    dashboard.ownership.adopt(POLICY, object_id, policy["name"])
    return object_id


def expect_data(exchange: Exchange, wanted: dict[str, Any]) -> None:
    """The answer is 200 with this data, and without errors.

    Raises:
        Mismatch: it is not.
    """
    difference = first_difference({"data": wanted}, exchange.document)
    if exchange.status != 200 or difference or "errors" in exchange.document:
        actual = difference or f"{exchange.status} {exchange.text}"
        raise Mismatch(f"200 with the data {wanted}", actual, exchange)


def expect_error(exchange: Exchange, field: str, status: int, message: str) -> None:
    """The answer is 200 with the error of one field, which has the status and the message of REST.

    Raises:
        Mismatch: it is not.
    """
    wanted = {"path": [field], "extensions": {"status": status, "message": message}}
    errors = exchange.document.get("errors")
    one = errors[0] if isinstance(errors, list) and len(errors) == 1 else None
    difference = first_difference(wanted, one) if isinstance(one, dict) else "not one error"
    if exchange.status != 200 or difference:
        raise Mismatch(f"200 with the error {wanted}", f"{difference}: {exchange.text}", exchange)


def expect_refusal(exchange: Exchange, *statuses: int) -> None:
    """The answer has one of these statuses, errors with messages, and no data.

    Raises:
        Mismatch: it is not.
    """
    errors = exchange.document.get("errors")
    has_texts = isinstance(errors, list) and all(isinstance(_member(e, "message"), str) for e in errors)
    if exchange.status not in statuses or not errors or not has_texts or exchange.document.get("data"):
        wanted = f"{' or '.join(map(str, statuses))} with errors and without data"
        raise Mismatch(wanted, f"{exchange.status} {exchange.text}", exchange)


def _member(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None
