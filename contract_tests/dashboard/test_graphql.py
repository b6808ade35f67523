"""GraphQL, which shares its policies and rules with REST; the schema is the mock's own."""

from __future__ import annotations

import pytest

from contract_tests.dashboard import graphql
from contract_tests.dashboard.checks import UNAUTHORISED, expect_members, expect_message
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.graphql import expect_data, expect_error, expect_refusal, needs_graphql
from contract_tests.dashboard.resources import GRAPHQL
from contract_tests.dashboard.samples import right
from contract_tests.dashboard.test_create import NAME_USED
from contract_tests.dashboard.test_read import NO_OBJECT
from contract_tests.engine.checks import Mismatch, first_difference
from contract_tests.engine.declaration import behaviour

TYPES = ["application/json", "application/graphql-response+json"]


@behaviour("graphql-reads-what-rest-wrote")
def test_a_policy_of_rest_is_read(dashboard: Dashboard) -> None:
    """A policy that REST stored is read by GraphQL with the same values, as it is after each change."""
    needs_graphql(dashboard)
    api_id, name = dashboard.new_id(), dashboard.new_id(' "é" 日')
    sent = {"name": name, "rate": 0.5, "per": 2**53, "tags": ["b", "a"], "meta_data": {"x": [1, None]}}
    limit = {"rate": 5, "per": 10}
    entry = {**right(api_id), "limit": limit}
    object_id = dashboard.create(**sent, active=True, access_rights={api_id: entry})
    value = {"api_id": api_id, "versions": ["Default"], "limit": {"rate": 5}}
    wanted = {"_id": object_id, "state": "active", **sent, "access_rights": [{"key": api_id, "value": value}]}
    expect_data(graphql.post(dashboard, graphql.READ, id=object_id), {"policy": wanted})
    dashboard.put(object_id, {"name": name, "rate": 7, "state": "deny"})
    wanted = {"rate": 7, "state": "deny", "tags": [], "access_rights": []}
    expect_data(graphql.post(dashboard, graphql.READ, id=object_id), {"policy": wanted})
    expect_data(graphql.get(dashboard, graphql.READ, id=object_id), {"policy": wanted})


@behaviour("graphql-lists-like-a-search")
def test_policies_are_listed(dashboard: Dashboard) -> None:
    """GraphQL lists the policies that fit all criteria, in the order and with the pages of REST."""
    needs_graphql(dashboard)
    word = dashboard.new_id("list")
    ids = {name: dashboard.create(name=f"{word} {name}", active=name != "c") for name in ("b", "a", "c")}
    wanted = [{"_id": ids[name], "name": f"{word} {name}"} for name in "abc"]
    by_name = graphql.post(dashboard, graphql.LIST, q=word, sort="name")
    expect_data(by_name, {"policies": {"Data": wanted, "Pages": 1}})
    drafts = graphql.post(dashboard, graphql.LIST, q=word, state="draft")
    expect_data(drafts, {"policies": {"Data": wanted[2:], "Pages": 1}})
    everything = graphql.post(dashboard, graphql.LIST, q=word, p=-1, sort="name")
    expect_data(everything, {"policies": {"Data": wanted}})
    beyond = graphql.post(dashboard, graphql.LIST, q=word, p=2)
    expect_data(beyond, {"policies": {"Data": [], "Pages": 1}})


@behaviour("graphql-writes-policies")
def test_policies_are_written(dashboard: Dashboard) -> None:
    """A policy that GraphQL creates, replaces and removes is so for REST."""
    needs_graphql(dashboard)
    name, policy_id, api_id = dashboard.new_id(), dashboard.new_id("-plan"), dashboard.new_id()
    rights = [{"key": api_id, "value": right(api_id)}]
    object_id = graphql.create(
        dashboard, name=name, id=policy_id, rate=5, state="deny", tags=["x"], access_rights=rights
    )
    wanted = {"_id": object_id, "id": policy_id, "rate": 5, "is_inactive": True, "tags": ["x"]}
    expect_members(dashboard.get(object_id), {**wanted, "access_rights": {api_id: {"api_id": api_id}}})
    changed = graphql.post(dashboard, graphql.UPDATE, id=object_id, policy={"name": name, "rate": 6})
    updated = {"_id": object_id, "id": policy_id, "name": name, "rate": 6, "state": "draft"}
    expect_data(changed, {"updatePolicy": updated})
    expect_members(dashboard.get(object_id), {"rate": 6, "is_inactive": False, "tags": []})
    expect_data(graphql.post(dashboard, graphql.DELETE, id=object_id), {"deletePolicy": True})
    expect_message(dashboard.get(object_id), 404, NO_OBJECT)


@behaviour("graphql-errors-are-those-of-rest")
def test_a_refusal_is_the_error_of_a_field(dashboard: Dashboard) -> None:
    """What REST refuses is the error of the field, with its path; other fields are answered all the same."""
    needs_graphql(dashboard)
    name = dashboard.new_id()
    object_id = dashboard.create(name=name, rate=3)
    both = "query($id: ID!, $none: ID!) {none: policy(id: $none) {_id} some: policy(id: $id) {name}}"
    exchange = graphql.post(dashboard, both, id=object_id, none=dashboard.ownership.new_object_id())
    expect_error(exchange, "none", 404, NO_OBJECT)
    if difference := first_difference({"data": {"none": None, "some": {"name": name}}}, exchange.document):
        raise Mismatch("the data of the other field", difference, exchange)
    taken = graphql.post(dashboard, graphql.CREATE, policy={"name": name, "rate": 4})
    expect_error(taken, "createPolicy", 400, NAME_USED)
    expect_members(dashboard.get(object_id), {"rate": 3})


@pytest.mark.parametrize("headers", [[], [("Authorization", "wrong")]], ids=["missing", "wrong"])
@behaviour("graphql-needs-the-key", reads_only=True)
def test_graphql_needs_the_key(dashboard: Dashboard, headers: list[tuple[str, str]]) -> None:
    """A query without a key, or with a wrong one, is answered as by REST."""
    needs_graphql(dashboard)
    body = {"query": graphql.LIST}
    exchange = dashboard.send("POST", GRAPHQL, body, headers=[*headers, graphql.JSON_TYPE])
    expect_message(exchange, *UNAUTHORISED)


@behaviour("graphql-get-only-reads")
def test_a_mutation_by_get_is_refused(dashboard: Dashboard) -> None:
    """A mutation by GET is refused with 405, and changes nothing."""
    needs_graphql(dashboard)
    object_id = dashboard.create(rate=3)
    expect_refusal(graphql.get(dashboard, graphql.DELETE, id=object_id), 405)
    expect_members(dashboard.get(object_id), {"rate": 3})


@pytest.mark.parametrize("media_type", TYPES)
@behaviour("graphql-over-http", reads_only=True)
def test_accept_chooses_the_media_type(dashboard: Dashboard, media_type: str) -> None:
    """Accept chooses the media type of the answer, and with it the status of a document that is refused."""
    needs_graphql(dashboard)
    accept = ("Accept", media_type)
    exchange = graphql.post(dashboard, graphql.LIST, graphql.JSON_TYPE, accept)
    answered = exchange.header("content-type").partition(";")[0]
    if exchange.status != 200 or answered != media_type:
        raise Mismatch(f"200 with {media_type}", f"{exchange.status} with {answered}", exchange)
    refused = graphql.post(dashboard, "{policies {Nothing}}", graphql.JSON_TYPE, accept)
    expect_refusal(refused, 200 if media_type == TYPES[0] else 400)


@behaviour("graphql-over-http", reads_only=True)
def test_what_is_no_request_is_refused(dashboard: Dashboard) -> None:
    """A body that is no JSON object with a query is refused with 400, and one of another type with 415."""
    needs_graphql(dashboard)
    headers = [dashboard.auth.line, graphql.JSON_TYPE]
    for body in ("", "{", "[]", "{}", '{"query": 5}', '{"query": "{", "variables": []}'):
        expect_refusal(dashboard.send("POST", GRAPHQL, body, headers=headers), 400)
    expect_refusal(graphql.post(dashboard, graphql.LIST, ("Content-Type", "text/plain")), 415)


@behaviour("graphql-has-limits", reads_only=True)
def test_a_deep_or_huge_document_is_refused(dashboard: Dashboard) -> None:
    """A document that is nested deep, has many aliases or a ring of fragments is refused as a whole."""
    needs_graphql(dashboard)
    deep = f"{{__schema {{types {'{ofType ' * 60}{{name}}{'}' * 60}}}}}"
    aliases = " ".join(f"a{number}: policies {{Pages}}" for number in range(100))
    ring = "{policies {...A}} fragment A on PolicyList {...B} fragment B on PolicyList {...A}"
    for document in (deep, f"{{{aliases}}}", ring):
        expect_refusal(graphql.post(dashboard, document), 200, 400)
