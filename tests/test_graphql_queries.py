"""GraphQL requests that a hostile client sends to the mock gateway, and queries that no recording has."""

from __future__ import annotations

import json
import time

import pytest

from mockserver.gateway.graphql.depth import depths_of
from mockserver.gateway.graphql.documents import MOST_TOKENS, TOO_LARGE
from mockserver.gateway.graphql.judgement import TOO_DEEP, judge
from mockserver.gateway.graphql.refusals import InvalidQuery
from mockserver.gateway.graphql.schemas import MOST_CHARACTERS, schema_of
from mockserver.gateway.graphql.sizes import TOO_MUCH

SCHEMA = "type Query { a(x: Int): Query ping: String }"
DOUBLING = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))


def refusal(query: str, variables: object = None) -> str:
    """The first message that a query is refused with; "" if it is valid."""
    schema = schema_of(SCHEMA)
    assert schema is not None
    try:
        judge(schema, json.dumps({"query": query, "variables": variables}).encode())
    except InvalidQuery as refusal:
        return refusal.errors[0].message
    return ""


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ ...F } fragment F on Query { a { ...F } }", "fragment spread: F forms fragment cycle"),
        (DOUBLING + " fragment F40 on Query { ping }", TOO_MUCH),
        ("{ a " * 300 + "{ ping }" + "}" * 300, TOO_LARGE),
        ("{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} }}" for n in range(1500))
         + " fragment F1500 on Query { ping }", TOO_DEEP),
        ("{" + " ...F" * 3000 + "} fragment F on Query { a(x: [" + "1 " * 9000 + "]) { ping } }", TOO_MUCH),
        ("{" + " ...F" * 20 + '} fragment F on Query { ping(x: "' + "x" * 90_000 + '") }', TOO_MUCH),
        ("{" + " ...F" * 5000 + "} fragment F on Query { ping @include(if: $x) }", TOO_MUCH),
    ],
    ids=["circle", "doubling", "deep", "chain", "arguments", "long argument", "directives"],
)  # fmt: skip
def test_a_query_without_bounds_is_refused(query: str, message: str) -> None:
    """A query that would take without bounds as its fragments are put in place is refused."""
    assert refusal(query) == message


@pytest.mark.parametrize(
    "query",
    [
        "{" + " ...F" * 6000 + "} fragment F on Query { ping }",
        "{" + " ping" * 9000 + "}",
        "query(" + " ".join(f"$v{n}: Int" for n in range(3300)) + ") { ping }",
        "query(" + " ".join(f"$v{n}: Int" for n in range(3000)) + ") { a(x: ["
        + " ".join(f"$v{n}" for n in range(3000)) + "]) { ping } }",
    ],
    ids=["equal fields of a fragment", "equal fields", "unused variables", "used variables"],
)  # fmt: skip
def test_a_query_of_many_equal_parts_is_judged_soon(query: str) -> None:
    """A query takes a time in proportion to its length, however often it names the same field or variable."""
    begun = time.process_time()
    refusal(query)
    assert time.process_time() - begun < 4


def test_a_schema_without_bounds_is_not_read() -> None:
    """A schema of over 2,000,000 characters counts as one that cannot be read."""
    assert schema_of(SCHEMA + "#" * (MOST_CHARACTERS - len(SCHEMA))) is not None
    assert schema_of(SCHEMA + "#" * MOST_CHARACTERS) is None


def test_a_query_of_too_many_tokens_is_refused() -> None:
    """A document of more than 20,000 tokens is refused."""
    assert refusal("{" + " ping" * MOST_TOKENS + "}") == TOO_LARGE


@pytest.mark.parametrize("query", ["?", "\0", "\ud800{a}", "%", "^{ping}"])
def test_a_character_that_begins_no_token_is_refused(query: str) -> None:
    """A document that begins with what is no token is refused as one that begins with an unknown word."""
    assert refusal(query).startswith("unexpected literal - got: UNDEFINED want one of: [")


@pytest.mark.parametrize("query", ["{ a @skip(if: true) { nope } }", "{ a @include(if: false) { a } ping }"])
def test_fields_that_are_left_out_are_checked_by_name_alone(query: str) -> None:
    """A field that a constant directive leaves out must exist, and has no depth."""
    expected = "field: nope not defined on type: Query" if "nope" in query else ""
    assert refusal(query) == expected
    if not expected:
        schema = schema_of(SCHEMA)
        assert schema is not None
        operations = judge(schema, json.dumps({"query": query}).encode()).operations
        assert depths_of(schema, operations).total == 0
