"""GraphQL of a mock Dashboard answers hostile documents and values in bounded time, and tells its limits."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from asking import HANGS
from graphql import get_introspection_query
from graphql_client import JSON, ask, created, data, encoded, post, schema, selection

from mockserver import MockDashboard
from mockserver.dashboard.graphql.limits import MAX_ALIASES, MAX_COST, MAX_DEPTH, MAX_LENGTH, MAX_TOKENS
from mockserver.dashboard.records import MAX_LEVELS


def nested(levels: int) -> str:
    """A query of so many selection sets in each other."""
    inside = "ofType { " * (levels - 3)
    return f'{{ __type(name: "Int") {{ ofType {{ {inside} name {"} " * levels}'


@pytest.mark.parametrize(("within", "beyond", "reason"), [
    pytest.param(
        "{ a }" + " " * (MAX_LENGTH - 5), "{ a }" + " " * (MAX_LENGTH - 4),
        f"over {MAX_LENGTH} characters", id="length",
    ),
    pytest.param("{" + "a " * (MAX_TOKENS - 2) + "}", "{" + "a " * (MAX_TOKENS - 1) + "}", f"more than {MAX_TOKENS} tokens", id="tokens"),
    pytest.param(nested(MAX_DEPTH), nested(MAX_DEPTH + 1), f"nested over {MAX_DEPTH} levels", id="depth"),
    pytest.param(
        "{" + " ".join(f"a{i}: __typename" for i in range(MAX_ALIASES)) + "}",
        "{" + " ".join(f"a{i}: __typename" for i in range(MAX_ALIASES + 1)) + "}",
        f"over {MAX_ALIASES} aliases", id="aliases",
    ),
])  # fmt: skip
def test_documents_are_limited(dashboard: MockDashboard, within: str, beyond: str, reason: str) -> None:
    """A document at a limit is not refused for it, and one beyond it is, with the limit in the message."""
    assert reason not in str(ask(dashboard, within))
    assert reason in ask(dashboard, beyond)["errors"][0]["message"]


def test_the_cost_counts_the_policies_of_a_page() -> None:
    """A query of a page is as dear as its size, one of all as their number, and the message tells both numbers."""
    with MockDashboard(with_gateway=False, config={"page_size": MAX_COST // 2 - 1}) as dashboard:
        assert "errors" not in ask(dashboard, "{ policies { Data { name } } }")
        [error] = ask(dashboard, "{ policies { Data { name rate } } }")["errors"]
        assert (
            error["message"]
            == f"The operation costs {(MAX_COST // 2 - 1) * 3 + 1}, over {MAX_COST}; select fewer fields, or ask page by page."
        )
        query = "query ($p: Int!) { policies(p: $p) { Data { name rate } } }"
        assert "errors" not in ask(dashboard, query, {"p": -1})
        assert "costs" in ask(dashboard, query, {"p": 2})["errors"][0]["message"]


def test_usual_queries_are_within_the_limits(dashboard: MockDashboard) -> None:
    """The introspection of the usual tools passes, and so does a page of policies with all their fields."""
    options = dict.fromkeys(
        ("specified_by_url", "directive_is_repeatable", "schema_description", "input_value_deprecation"), True
    )
    assert (
        data(dashboard, get_introspection_query(**options))["__schema"]["mutationType"]["name"] == "Mutation"
    )
    created(dashboard, name="Gold")
    page = data(dashboard, f"{{ policies {selection(schema(dashboard).type_map['PolicyList'])} }}")[
        "policies"
    ]
    assert page["Data"][0]["name"] == "Gold"


CHAIN = (
    " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(100))
    + " fragment F100 on Query { __typename }"
)
DOUBLING = (
    " ".join(f"fragment F{i} on Policy {{ ...F{i + 1} ...F{i + 1} }}" for i in range(18))
    + " fragment F18 on Policy { name }"
)


@pytest.mark.parametrize(("query", "reason"), [
    pytest.param("{ ...F } fragment F on Query { ...F }", "spread fragment 'F' within itself", id="fragment of itself"),
    pytest.param("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "within itself", id="two fragments of each other"),
    pytest.param(f"{{ ...F0 }} {CHAIN}", "nested over", id="chain of fragments"),
    pytest.param(f"{{ policies {{ Data {{ ...F0 }} }} }} {DOUBLING}", "costs", id="doubling fragments"),
    pytest.param("{ a" * 450 + "}" * 450, "nested too deep", id="deep selections"),
    pytest.param('mutation { createPolicy(policy: {name: "x", meta_data: ' + "[" * 480 + "]" * 480 + "}) { name } }", "nested too deep", id="deep literal"),
    pytest.param("query ($a: " + "[" * 480 + "Int" + "]" * 480 + ") { __typename }", "nested too deep", id="deep type"),
    pytest.param("{" + "policies { Data { name } }" * 120 + "}", "", id="one field many times"),
    pytest.param("{ policies { Data { " + "name " * 900 + "} } }", "", id="one leaf many times"),
    pytest.param("# comment\n" * 100_000 + "{ __typename }", "", id="comments"),
    pytest.param("{ __typename" + " @skip(if: false)" * 190 + "}", "", id="directives"),
])  # fmt: skip
def test_hostile_documents_are_answered_in_bounded_time(
    dashboard: MockDashboard, query: str, reason: str
) -> None:
    """Deep, wide and cyclic documents are executed or refused in time, and never fail the mock."""
    start = time.monotonic()
    answer = post(dashboard, encoded(query), JSON)
    assert time.monotonic() - start < HANGS
    assert answer.status == 200
    assert reason in answer.body.decode()
    assert b"mock failed" not in answer.body


@pytest.mark.parametrize(
    "value", ["1e999", "-1e999", "1.5", "true", '"1"', "9223372036854775808", "1" * 3000]
)
def test_int64_takes_whole_numbers_of_64_bits_alone(dashboard: MockDashboard, value: str) -> None:
    """An Int64 is no float, text, boolean, or number beyond 64 bits, as a literal and as a variable."""
    literal = f'mutation {{ createPolicy(policy: {{name: "X", quota_max: {value}}}) {{ name }} }}'
    assert "Int64" in ask(dashboard, literal)["errors"][0]["message"]
    body = f'{{"query": "mutation ($q: Int64) {{ createPolicy(policy: {{name: \\"X\\", quota_max: $q}}) {{ name }} }}", "variables": {{"q": {value}}}}}'
    assert b"Int64" in post(dashboard, body.encode(), JSON).body


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("rate", "1e999"),
        ("meta_data", "{a: 1e999}"),
        ("date_created", '"yesterday"'),
        ("date_created", "1"),
        ("rate", '"1"'),
        ("rate", "1" * 400),
    ],
)
def test_values_beyond_json_and_time_are_refused(dashboard: MockDashboard, member: str, value: str) -> None:
    """Numbers beyond float64 and texts that are no times are errors, and nothing is created."""
    response = ask(
        dashboard, f'mutation {{ createPolicy(policy: {{name: "X", {member}: {value}}}) {{ name }} }}'
    )
    assert "cannot represent" in response["errors"][0]["message"]
    assert len(dashboard.policies) == 0


def test_deep_values_of_rest_are_read(dashboard: MockDashboard) -> None:
    """A meta_data at any depth that REST stores is read."""
    value: Any = 1
    for _ in range(MAX_LEVELS - 3):
        value = [value]
    object_id = created(dashboard, name="Gold", meta_data={"a": value})
    assert (
        data(dashboard, f'{{ policy(id: "{object_id}") {{ meta_data }} }}')["policy"]["meta_data"]["a"]
        == value
    )


def test_a_lone_surrogate_is_replaced_as_in_rest(dashboard: MockDashboard) -> None:
    """Half of a surrogate pair in a variable is stored as U+FFFD, as REST stores it."""
    body = b'{"query": "mutation ($n: String) { createPolicy(policy: {name: $n}) { name } }", "variables": {"n": "a\\ud800"}}'
    assert json.loads(post(dashboard, body, JSON).body) == {"data": {"createPolicy": {"name": "a\ufffd"}}}
    assert [policy["name"] for policy in dashboard.policies.values()] == ["a\ufffd"]
