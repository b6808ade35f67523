"""GraphQL of a mock Dashboard over HTTP: statuses, media types, requests that are none, and faults."""

from __future__ import annotations

import json
import time

import pytest
from asking import HANGS
from graphql_client import JSON, ask, created, encoded, get, post, rest

from mockserver import MockDashboard
from mockserver.dashboard.handlers.graphql import MAX_ACCEPT
from mockserver.http.client import Client, ClientError
from mockserver.service.faults import FaultError

PLAIN, GRAPHQL = "application/json", "application/graphql-response+json"
NAMES = "{ policies { Data { name } } }"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("application/*", PLAIN),
        (PLAIN, PLAIN),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {PLAIN};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {PLAIN}", PLAIN),
        (f"text/html, {GRAPHQL};q=0.1", GRAPHQL),
    ],
)
def test_the_media_type_is_negotiated(dashboard: MockDashboard, accept: str, media_type: str) -> None:
    """A response has the media type that Accept prefers, and application/json if it is of no matter."""
    headers = [("Accept", accept)] if accept else []
    answer = post(dashboard, encoded(NAMES), JSON, *headers)
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (200, f"{media_type}; charset=utf-8")


@pytest.mark.parametrize("body", [
    pytest.param(encoded("{"), id="syntax"),
    pytest.param(encoded("{ none }"), id="unknown field"),
    pytest.param(encoded("query A { __typename } query B { __typename }"), id="no operation named"),
    pytest.param(encoded("{ __typename }", operationName="B"), id="unknown operation"),
    pytest.param(encoded("query ($p: Int!) { policies(p: $p) { Pages } }", variables={"p": "1"}), id="variable of a wrong type"),
    pytest.param(encoded("query ($p: Int!) { policies(p: $p) { Pages } }"), id="missing variable"),
    pytest.param(encoded("subscription { policies { Pages } }"), id="subscription"),
])  # fmt: skip
def test_a_refused_document_has_a_status_by_the_media_type(dashboard: MockDashboard, body: bytes) -> None:
    """A document that is not executed is answered with 400 in the new media type and with 200 in the old one."""
    for media_type, status in ((GRAPHQL, 400), (PLAIN, 200)):
        answer = post(dashboard, body, JSON, ("Accept", media_type))
        assert answer.status == status
        assert set(json.loads(answer.body)) == {"errors"}
    assert [entry.violations for entry in dashboard.journal] == [[], []]


@pytest.mark.parametrize("media_type", [PLAIN, GRAPHQL])
@pytest.mark.parametrize(("body", "reason"), [
    pytest.param(b"", "not valid JSON", id="empty"),
    pytest.param(b"{", "not valid JSON", id="incomplete"),
    pytest.param(b'{"query": "{a}", "variables": {"a": NaN}}', "NaN is no JSON", id="NaN"),
    pytest.param(b'{"query": "\xff"}', "UTF-8", id="no UTF-8"),
    pytest.param(b"1", "must be a JSON object", id="number"),
    pytest.param(b'[{"query": "{ __typename }"}]', "batch", id="batch"),
    pytest.param(b"{}", "no query", id="no query"),
    pytest.param(b'{"query": null}', "no query", id="null query"),
    pytest.param(b'{"query": 1}', "query must be a string", id="query is a number"),
    pytest.param(b'{"query": "{a}", "variables": []}', "variables must be a JSON object", id="variables are a list"),
    pytest.param(b'{"query": "{a}", "operationName": {}}', "operationName must be a string", id="operationName is a map"),
    pytest.param(b'{"query": "{a}", "extensions": 1}', "extensions must be a JSON object", id="extensions are a number"),
    pytest.param(b'{"query": "{a}", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "nested too deep", id="deep"),
    pytest.param(b'{"query": "{a}", "variables": {"a": ' + b"1" * 5000 + b"}}", "not valid JSON", id="number of 5000 digits"),
])  # fmt: skip
def test_a_malformed_request_is_400(
    dashboard: MockDashboard, media_type: str, body: bytes, reason: str
) -> None:
    """A request that is none of GraphQL over HTTP is answered with 400 and the reason, in both media types."""
    answer = post(dashboard, body, JSON, ("Accept", media_type))
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (400, f"{media_type}; charset=utf-8")
    assert reason in json.loads(answer.body)["errors"][0]["message"]


@pytest.mark.parametrize(("headers", "status"), [
    pytest.param([], 415, id="no Content-Type"),
    pytest.param([("Content-Type", "text/plain")], 415, id="text"),
    pytest.param([("Content-Type", "Application/JSON; charset=utf-8")], 200, id="with a charset"),
    pytest.param([JSON, ("Accept", "text/html")], 406, id="Accept"),
    pytest.param([JSON, ("Accept", PLAIN + "," * (MAX_ACCEPT - len(PLAIN)))], 200, id="long Accept"),
    pytest.param([JSON, ("Accept", PLAIN + "," * MAX_ACCEPT)], 406, id="longer Accept"),
    pytest.param([JSON, ("Accept", "a" + " " * 200_000 + "b")], 406, id="slow Accept"),
])  # fmt: skip
def test_media_types_are_checked(
    dashboard: MockDashboard, headers: list[tuple[str, str]], status: int
) -> None:
    """A body of another Content-Type is answered with 415, and an Accept without JSON or too long with 406."""
    start = time.monotonic()
    answer = post(dashboard, encoded(NAMES), *headers)
    assert time.monotonic() - start < HANGS
    assert answer.status == status
    assert ("errors" in json.loads(answer.body)) is (status != 200)


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/graphql"), ("POST", "/graphql/"), ("GET", "/graphql?query={__typename}")],
)
def test_the_key_is_that_of_rest(dashboard: MockDashboard, method: str, target: str) -> None:
    """Without a key GraphQL is answered with the 401 of REST; the key may be bare, or come after Bearer."""
    with Client(dashboard.url) as client:
        for headers in ([], [("Authorization", "wrong")]):
            answer = client.send(method, target, [JSON, *headers], encoded("{ __typename }"))
            assert (answer.status, json.loads(answer.body)) == (
                401,
                {"Status": "Error", "Message": "Not authorised", "Meta": None},
            )
        for value in (dashboard.key, f"Bearer {dashboard.key}"):
            answer = client.send(method, target, [JSON, ("Authorization", value)], encoded("{ __typename }"))
            assert (answer.status, json.loads(answer.body)) == (200, {"data": {"__typename": "Query"}})


def test_queries_go_by_get(dashboard: MockDashboard) -> None:
    """GET executes a query with variables and the operation that it names."""
    created(dashboard, name="Gold")
    query = "query A { __typename } query B($p: Int!) { policies(p: $p) { Data { name } } }"
    answer = get(dashboard, query=query, operationName="B", variables='{"p": 1}')
    assert (answer.status, json.loads(answer.body)) == (
        200,
        {"data": {"policies": {"Data": [{"name": "Gold"}]}}},
    )
    assert get(dashboard, query="{ __typename }", operationName="", variables="").status == 200


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({}, "no query"),
        ({"query": "{a}", "variables": "{"}, "not valid JSON"),
        ({"query": "{a}", "variables": "1"}, "must be a JSON object"),
    ],
)
def test_a_malformed_get_is_400(dashboard: MockDashboard, parameters: dict[str, str], reason: str) -> None:
    """GET without a query, or with variables that are no JSON object, is answered with 400."""
    answer = get(dashboard, **parameters)
    assert answer.status == 400
    assert reason in json.loads(answer.body)["errors"][0]["message"]


def test_mutations_do_not_go_by_get(dashboard: MockDashboard) -> None:
    """A mutation by GET is answered with 405, names POST, and changes nothing."""
    answer = get(dashboard, query='mutation { createPolicy(policy: {name: "X"}) { name } }')
    assert (answer.status, dict(answer.headers)["Allow"]) == (405, "POST")
    assert len(dashboard.policies) == 0
    assert rest(dashboard, "PUT", "/graphql")[0] == 405


def test_faults_name_root_fields(dashboard: MockDashboard) -> None:
    """A fault of a root field is the error of that field alone, and the journal has the one operation."""
    dashboard.fault("graphql.policies", status=503, message="busy")
    response = ask(dashboard, "{ a: policies { Pages } b: policies { Pages } }")
    assert response["data"] == {"a": None, "b": {"Pages": 1}}
    assert response["errors"][0]["extensions"] == {"status": 503, "message": "busy"}
    assert [(entry.operation, entry.violations) for entry in dashboard.journal] == [("graphql", [])]
    with pytest.raises(FaultError, match=r"no operation 'graphql\.none'"):
        dashboard.fault("graphql.none", status=500)


def test_faults_delay_the_answer(dashboard: MockDashboard) -> None:
    """The delays of the request and of its root fields add up, and the answer comes after them."""
    dashboard.fault("graphql", delay=0.1)
    dashboard.fault("graphql.policies", delay=0.1, times=2)
    start = time.monotonic()
    assert "errors" not in ask(dashboard, "{ a: policies { Pages } b: policies { Pages } }")
    assert time.monotonic() - start > 0.29


def test_a_fault_of_a_root_field_drops_the_connection(dashboard: MockDashboard) -> None:
    """A fault with `drop` ends the connection without an answer."""
    dashboard.fault("graphql.policies", drop=True, times=0)
    with pytest.raises(ClientError, match="closed without an answer"):
        ask(dashboard, NAMES)
