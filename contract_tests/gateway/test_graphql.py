"""APIs with GraphQL: the check of queries against the schema, and what a gateway does with valid ones."""

from __future__ import annotations

import json

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    expect_passed,
    expect_refused,
    needs_own_upstream,
)
from contract_tests.gateway.builders.graphql import (
    EXECUTED,
    SCHEMA,
    ask,
    ask_raw,
    expect_answer,
    expect_invalid,
    write_graphql_api,
)
from contract_tests.gateway.client import Gateway

NO_OPERATION = "document doesn't contain any executable operation"
NOT_PROXIED = "there was a problem proxying the request"


@behaviour("graphql-bodies-are-checked")
def test_bodies_are_graphql_requests(gateway: Gateway) -> Steps:
    """A body that is empty, no JSON or of a wrong type is refused with 400 and the reason."""
    api = write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    wrong = r"json: cannot unmarshal {} into Go {} of type {}"
    for body, message in (
        ("", "the provided request is empty"),
        ("nope", r"invalid character \'o\' in literal null (expecting \'u\')"),
        ('{"query":"{ping', "unexpected end of JSON input"),
        ('{"query":"{ping}"} x', r"invalid character \'x\' after top-level value"),
        ("[]", wrong.format("array", "value", "graphql.Request")),
        ('{"query":1}', wrong.format("number", "struct field Request.query", "string")),
        ('{"operationName":true}', wrong.format("bool", "struct field Request.operationName", "string")),
    ):
        expect_refused(ask_raw(gateway, api, "", body), 400, message)
    for body in ("{}", "null", '{"query":""}', '{"query":null}'):
        expect_invalid(ask_raw(gateway, api, "", body), NO_OPERATION)
    expect_passed(ask_raw(gateway, api, "", '{"QUERY":"{ ping }"}'))


@behaviour("graphql-queries-fit-the-schema")
def test_queries_fit_the_schema(gateway: Gateway) -> Steps:
    """A query with a field, an argument or a fragment that the schema lacks is refused with 400 and its path."""
    api = write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    for query, message, path in (
        ("{ hero {", "unexpected token - got: EOF want one of: [RBRACE IDENT SPREAD]", []),
        ("{ hero { nme } }", "field: nme not defined on type: Character", ["query", "hero", "nme"]),
        ("mutation { nope }", "field: nope not defined on type: Mutation", ["mutation", "nope"]),
        ("{ a: hero }", "non scalar field: hero on type: Query must have selections", ["query"]),
        ("{ droid { name } }", "argument: name is required on field: droid but missing", ["query"]),
        ("{ hero(x: 1) { name } }", 'Unknown argument "x" on field "Query.hero".', []),
        ("{ hero { ...F } }", "fragment: F undefined", ["query", "hero"]),
        (
            "{ hero { ... on Planet { name } } }",
            "inline fragment on type: Planet mismatches enclosing type: Character",
            ["query", "hero"],
        ),
        ("subscription { ping }", 'Unknown type "".', ["subscription"]),
        ("query A { ping } query A { ping }", "operation name must be unique: A", []),
    ):
        expect_invalid(ask(gateway, api, "", query), message, path=path)
    for query in ("{ hero { name ... on Droid { model } } }", "query A { ping } query B { ping }"):
        expect_passed(ask(gateway, api, "", query))


@behaviour("graphql-variables-are-checked")
def test_variables_have_the_types_of_the_schema(gateway: Gateway) -> Steps:
    """A required variable that is missing and a value of a wrong type are refused with 400."""
    api = write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    query = "query A($x: String!) { droid(name: $x) { name } }"
    failed = 'Validation for variable "{}" failed: expected {}, but got {}'
    for variables, message in (
        ({}, 'Required variable "$x" was not provided'),
        ({"x": 1}, failed.format("x", "string", "number")),
        ({"x": None}, failed.format("x", "string", "null")),
    ):
        expect_invalid(ask(gateway, api, "", query, variables=variables), message, path=["query"])
    expect_passed(ask(gateway, api, "", query, variables={"x": "a"}))
    constant = failed.format("a", "string or integer or null", "boolean")
    expect_invalid(ask(gateway, api, "", "{ hero(id: true) { name } }"), constant, path=["query"])
    undefined = 'Variable "$y" is not defined by operation "A"'
    path = ["query", "droid"]
    expect_invalid(ask(gateway, api, "", query.replace(": $x", ": $y")), undefined, path=path)


@behaviour("graphql-queries-reach-the-upstream")
def test_queries_reach_the_upstream_as_they_are(gateway: Gateway) -> Steps:
    """A valid query of an older version reaches the upstream as it was sent, whatever its method."""
    needs_own_upstream(gateway)
    api = write_graphql_api(gateway, use_keyless=True)
    yield RELOAD

    body = '{"query": "query A { ping }  query B { hero { name } }", "operationName": "C", "more": 1}'
    for method in ("POST", "PUT"):
        exchange = gateway.send(method, f"/{api.id}/x?y=1", body, headers=[])
        expect_passed(exchange)
        seen = exchange.document
        if (seen.get("method"), seen.get("path"), seen.get("body")) != (method, "/x?y=1", body):
            raise Mismatch(f"the upstream gets {method} /x?y=1 {body}", shorten(exchange.text), exchange)


DROID = '{"__typename":"Droid","name":"R2","model":"\\u00e9","more":1}'


@pytest.mark.parametrize(
    ("query", "sent", "data", "answer"),
    [
        ("{ hero { name } }", "{hero {name}}", f'{{"hero":{DROID}}}', '{"hero":{"name":"R2"}}'),
        ("{ a: hero { name } }", "{a: hero {name}}", "{}", '{"a":null}'),
        (
            "query A { hero { name ...F } } fragment F on Droid { model }",
            "{hero {name __typename ... on Droid {model}}}",
            f'{{"hero":{DROID}}}',
            '{"hero":{"name":"R2","model":"\\u00e9"}}',
        ),
        (
            "{ search { ... on Human { height } ... on Droid { name } } }",
            "{search {__typename ... on Human {height} ... on Droid {name}}}",
            f'{{"search":[{DROID},{{"__typename":"Human","height":1.50}}]}}',
            '{"search":[{"name":"R2"},{"height":1.50}]}',
        ),
    ],
    ids=["fields", "missing", "fragment", "union"],
)
@behaviour("graphql-queries-are-executed")
def test_queries_are_executed(gateway: Gateway, query: str, sent: str, data: str, answer: str) -> Steps:
    """The upstream gets the query that is left to it, and its answer is cut to what the query asks for."""
    needs_own_upstream(gateway)
    name = gateway.new_id()
    target = gateway.upstream.serve(name, f'{{"data":{data}}}'.encode())
    api = write_graphql_api(gateway, EXECUTED, target, use_keyless=True)
    yield RELOAD

    exchange = ask(gateway, api, "", query)
    expect_answer(exchange, f'{{"data":{answer}}}')
    received = gateway.upstream.received(name)
    if received != json.dumps({"query": sent}, separators=(",", ":")):
        raise Mismatch(f"the upstream gets the query {sent}", shorten(received), exchange)


@behaviour("graphql-queries-are-executed")
def test_constants_become_variables(gateway: Gateway) -> Steps:
    """The constants of a query reach the upstream as variables, and those of the request under their names."""
    needs_own_upstream(gateway)
    name = gateway.new_id()
    target = gateway.upstream.serve(name, b'{"data":{}}')
    api = write_graphql_api(gateway, EXECUTED, target, use_keyless=True)
    yield RELOAD

    two = "query($a: String!, $b: ID){droid(name: $a){name} hero(id: $b){name}}"
    for query, members, sent, variables in (
        ('{ droid(name: "x") { name } hero(id: 3) { name } }', {}, two, {"a": "x", "b": 3}),
        (
            "query A($n: String!) { droid(name: $n) { name } }",
            {"variables": {"n": "x"}},
            "query($n: String!){droid(name: $n){name}}",
            {"n": "x"},
        ),
        (
            'mutation { save(name: "x") { name } }',
            {},
            "mutation($a: String!){save(name: $a){name}}",
            {"a": "x"},
        ),
    ):
        exchange = ask(gateway, api, "", query, **members)
        expect_passed(exchange)
        body = json.dumps({"variables": variables, "query": sent}, separators=(",", ":"))
        if (received := gateway.upstream.received(name)) != body:
            raise Mismatch(f"the upstream gets {body}", shorten(received), exchange)


@behaviour("graphql-answers-fit-the-schema")
def test_answers_of_the_upstream_fit_the_schema(gateway: Gateway) -> Steps:
    """Errors of the upstream are passed on, a value that is required makes one, and a wrong type is 500."""
    needs_own_upstream(gateway)
    name = gateway.new_id()
    target = gateway.upstream.serve(name, b"")
    api = write_graphql_api(gateway, EXECUTED, target, use_keyless=True)
    yield RELOAD

    unresolved = '{"message":"unable to resolve","locations":[{"line":1,"column":3}]}'
    for query, body, answer in (
        ("{ ping }", '{"data":{"ping":"x"},"extensions":{}}', '{"data":{"ping":"x"}}'),
        ("{ ping }", '{"data":{}}', f'{{"errors":[{unresolved}],"data":null}}'),
        ("{ hero { name } }", "no JSON", '{"data":{"hero":null}}'),
        (
            "{ hero { name } }",
            '{"errors":[{"message":"m","path":["hero"],"more":1},{"more":1}],"data":null}',
            '{"errors":[{"message":"m","path":["hero"]}],"data":{"hero":null}}',
        ),
        (
            "{ hero { friends { name } } }",
            '{"data":{"hero":{"friends":1}}}',
            '{"data":{"hero":{"friends":null}}}',
        ),
        ("{ __typename }", "not asked for", '{"data":{"__typename":"Query"}}'),
    ):
        gateway.upstream.serve(name, body.encode())
        expect_answer(ask(gateway, api, "", query), answer)
    gateway.upstream.serve(name, b'{"data":{"hero":{"name":5}}}')
    wrong = ask(gateway, api, "", "{ hero { name } }")
    expect_refused(wrong, 500, "There was a problem proxying the request")
    several = ask(gateway, api, "", "query A { ping } query B { hero { name } }")
    expect_refused(several, 500, "There was a problem proxying the request")


@pytest.mark.parametrize("version", ["1", EXECUTED])
@behaviour("graphql-schema-is-told")
def test_the_schema_is_told(gateway: Gateway, version: str) -> Steps:
    """A query for the schema alone is answered by the gateway with the whole schema, whatever it asks for."""
    api = write_graphql_api(gateway, version, use_keyless=True)
    yield RELOAD

    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Droid") { name } }'):
        exchange = ask(gateway, api, "", query)
        schema = (exchange.document.get("data") or {}).get("__schema") or {}
        names = [named.get("name") for named in schema.get("types", ())]
        own = ["Query", "Mutation", "Character", "Droid", "Human", "Planet", "Result"]
        if names != [*own, "Int", "Float", "String", "Boolean", "ID"]:
            raise Mismatch(f"the schema with the types {own} and five scalars", repr(names), exchange)
        if (schema.get("mutationType"), schema.get("subscriptionType")) != ({"name": "Mutation"}, None):
            raise Mismatch("the type Mutation and no type of subscriptions", shorten(exchange.text), exchange)
        fields = [
            field["name"]
            for named in schema["types"]
            for field in named["fields"]
            if named["name"] == "Droid"
        ]
        if fields != ["name", "friends", "model", "home"]:
            raise Mismatch("the fields of the type Droid", repr(fields), exchange)


@pytest.mark.parametrize(
    "settings",
    [
        {"version": "9"},
        {"version": "2", "schema": "type Query {"},
        {"version": "1", "schema": "type Query {"},
    ],
    ids=["version", "schema", "older-schema"],
)
@behaviour("graphql-settings-are-needed")
def test_an_unusable_configuration_proxies_nothing(gateway: Gateway, settings: dict[str, str]) -> Steps:
    """An API whose schema cannot be read, or whose version is unknown, answers each request with 500."""
    usable = {"enabled": True, "execution_mode": "proxyOnly", "schema": SCHEMA}
    api = write_graphql_api(gateway, use_keyless=True, graphql={**usable, **settings})
    yield RELOAD

    for body in ("", '{"query":"{ ping }"}'):
        expect_refused(ask_raw(gateway, api, "", body), 500, NOT_PROXIED)
