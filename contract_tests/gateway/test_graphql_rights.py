"""Rights to an API with GraphQL: the depth of queries, types and fields, and the schema."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import expect
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import expect_left, expect_passed, expect_refused, write_key
from contract_tests.gateway.builders.graphql import (
    EXECUTED,
    ask,
    expect_invalid,
    write_graphql_api,
    write_graphql_policy,
)
from contract_tests.gateway.client import Gateway

TOO_DEEP = "depth limit exceeded"
NO_INTROSPECTION = '{\n    "error": "introspection is disabled"\n}'
FLAT, ONE, TWO = "{ ping }", "{ hero { name } }", "{ hero { friends { name } } }"


def types(**fields: list[str]) -> list[dict[str, Any]]:
    """The entries of a list of types."""
    return [{"name": name, "fields": names} for name, names in fields.items()]


def depths(**limits: int) -> dict[str, Any]:
    """A right whose fields of Query have these depths."""
    entries = [
        {"type_name": "Query", "field_name": name, "limits": {"max_query_depth": depth}}
        for name, depth in limits.items()
    ]
    return {"field_access_rights": entries}


def expect_depth(exchange: Exchange, *, passes: bool) -> None:
    """Expect that a query is within its depth, or that it is refused."""
    if passes:
        expect_passed(exchange)
    else:
        expect_refused(exchange, 403, TOO_DEEP)


@pytest.mark.parametrize("version", ["1", EXECUTED])
@behaviour("graphql-depth-is-limited")
def test_the_depth_of_a_query_is_limited(gateway: Gateway, version: str) -> Steps:
    """A query is as deep as its fields with a selection are nested, and one, and is refused beyond the limit."""
    api = write_graphql_api(gateway, version)
    policies = {most: write_graphql_policy(gateway, api, max_query_depth=most) for most in (-1, 0, 1, 2, 3)}
    yield RELOAD

    for most, policy_id in policies.items():
        key = write_key(gateway, api, policy_id)
        for depth, query in ((1, "{ hero @skip(if: true) { name } __typename }"), (2, ONE), (3, TWO)):
            expect_depth(ask(gateway, api, key, query), passes=most < 1 or depth <= most)


@behaviour("graphql-depth-is-limited")
def test_fragments_have_a_depth(gateway: Gateway) -> Steps:
    """A fragment for another type is two levels more, one for the same type none, and the order of fields counts."""
    api = write_graphql_api(gateway)
    policies = {most: write_graphql_policy(gateway, api, max_query_depth=most) for most in (2, 3, 4, 5)}
    yield RELOAD

    keys = {most: write_key(gateway, api, policy_id) for most, policy_id in policies.items()}
    for query, depth in (
        ("{ hero { ... on Character { friends { name } } } }", 3),
        ("{ hero { ... on Droid { name } } }", 2),
        ("{ hero { ... on Droid { home { name } } } }", 5),
        ("{ hero { ...F } } fragment F on Droid { home { name } }", 5),
        ("{ hero { friends { name } ... on Droid { home { name } } } }", 4),
        ("query A { ping } query B { hero { friends { name } } }", 3),
    ):
        for most, key in keys.items():
            expect_depth(ask(gateway, api, key, query), passes=depth <= most)


@behaviour("graphql-depth-is-limited")
def test_refused_queries_count(gateway: Gateway) -> Steps:
    """A query that is refused counts against the quota."""
    api = write_graphql_api(gateway)
    policy_id = write_graphql_policy(
        gateway, api, max_query_depth=1, quota_max=9, quota_renewal_rate=3600, rate=1000
    )
    yield RELOAD

    key = write_key(gateway, api, policy_id)
    expect_refused(ask(gateway, api, key, ONE), 403, TOO_DEEP)
    expect_invalid(
        ask(gateway, api, key, "{ nope }"), "field: nope not defined on type: Query", path=["query", "nope"]
    )
    expect_left(gateway, api, key, 7)


@behaviour("graphql-fields-have-depths")
def test_fields_have_depths_of_their_own(gateway: Gateway) -> Steps:
    """A field of a root type with a limit of its own counts by it alone, and one without it by the policy's."""
    api = write_graphql_api(gateway)
    policies = [
        write_graphql_policy(gateway, api, right, max_query_depth=most)
        for right, most in (
            (depths(hero=1), 1), (depths(hero=2), 1), (depths(hero=-1), 1), (depths(droid=5), 2), (depths(hero=5), 0),
        )
    ]  # fmt: skip
    yield RELOAD

    for policy_id, allowed in zip(
        policies, ({FLAT, ONE}, {FLAT, ONE, TWO}, {FLAT, ONE, TWO}, {FLAT, ONE}, {ONE, TWO}), strict=True
    ):
        key = write_key(gateway, api, policy_id)
        for query in (FLAT, ONE, TWO):
            expect_depth(ask(gateway, api, key, query), passes=query in allowed)


DROID, MODEL = '{ droid(name: "x") { name } }', '{ droid(name: "x") { model } }'
AS_FRAGMENT = "{ hero { ...F } } fragment F on Droid { model }"
RESTRICTED = "field: {} is restricted on type: {}"


@pytest.mark.parametrize(
    ("right", "passing", "refused"),
    [
        (
            {"restricted_types": types(Droid=["model"])},
            [DROID, FLAT],
            {MODEL: ("model", "Droid"), AS_FRAGMENT: ("model", "Droid")},
        ),
        (
            {"allowed_types": types(Query=["droid", "hero"], Droid=["name"])},
            [DROID],
            {
                MODEL: ("model", "Droid"),
                FLAT: ("ping", "Query"),
                "{ __typename }": ("__typename", "Query"),
                ONE: ("name", "Character"),
            },
        ),
        (
            {"allowed_types": types(Query=["*"], Droid=["name"]), "restricted_types": types(Query=["ping"])},
            [DROID, FLAT],
            {MODEL: ("model", "Droid")},
        ),
    ],
    ids=["restricted", "allowed", "both"],
)
@behaviour("graphql-fields-are-restricted")
def test_fields_are_restricted(
    gateway: Gateway, right: dict[str, Any], passing: list[str], refused: dict[str, tuple[str, str]]
) -> Steps:
    """A restricted field is refused with 400; with a list of allowed types all else is, and the other list is unused."""
    api = write_graphql_api(gateway)
    policy_id = write_graphql_policy(gateway, api, right)
    yield RELOAD

    key = write_key(gateway, api, policy_id)
    for query in passing:
        expect_passed(ask(gateway, api, key, query))
    for query, names in refused.items():
        expect_invalid(ask(gateway, api, key, query), RESTRICTED.format(*names))


@behaviour("graphql-fields-are-restricted")
def test_whole_types_are_restricted(gateway: Gateway) -> Steps:
    """The field * restricts a whole type, and the types that several policies restrict are restricted together."""
    api = write_graphql_api(gateway)
    whole = write_graphql_policy(gateway, api, {"restricted_types": types(Droid=["*"])})
    first = write_graphql_policy(gateway, api, {"restricted_types": types(Query=["ping"])})
    second = write_graphql_policy(gateway, api, {"restricted_types": types(Droid=["model"])})
    yield RELOAD

    key = write_key(gateway, api, whole)
    expect_invalid(ask(gateway, api, key, DROID), "all fields of Droid type are restricted")
    expect_passed(ask(gateway, api, key, FLAT))
    both = write_key(gateway, api, first, second)
    expect_invalid(ask(gateway, api, both, FLAT), RESTRICTED.format("ping", "Query"))
    expect_invalid(ask(gateway, api, both, MODEL), RESTRICTED.format("model", "Droid"))
    expect_passed(ask(gateway, api, both, DROID))


@behaviour("graphql-introspection-may-be-disabled")
def test_introspection_may_be_disabled(gateway: Gateway) -> Steps:
    """A right without introspection refuses what asks for the schema; any other right tells it, whatever it allows."""
    api = write_graphql_api(gateway)
    without = write_graphql_policy(gateway, api, {"disable_introspection": True})
    few = write_graphql_policy(gateway, api, {"allowed_types": types(Query=["ping"])}, max_query_depth=1)
    yield RELOAD

    schema = "{ __schema { queryType { name } } }"
    key = write_key(gateway, api, without)
    for query in (schema, '{ __type(name: "Droid") { name } }', "{ ping __schema { queryType { name } } }"):
        exchange = ask(gateway, api, key, query)
        expect(exchange, 403, NO_INTROSPECTION, "text/plain; charset=utf-8")
    expect_passed(ask(gateway, api, key, "{ ping __typename }"))
    expect_passed(ask(gateway, api, write_key(gateway, api, few), schema))
