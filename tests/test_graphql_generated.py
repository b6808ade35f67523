"""Requests that Schemathesis generates of the GraphQL schema are executed, or refused for a reason of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import schemathesis
from graphql import get_introspection_query
from graphql_client import data
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from mockserver import MockDashboard

REFUSALS = ("costs", "nested over", "aliases", "tokens")  # by limits
QUICK = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module", name="dashboard")
def _dashboard() -> Iterator[MockDashboard]:
    schemathesis.graphql.scalar("Int64", st.integers(-(2**63), 2**63 - 1).map(nodes.Int))
    schemathesis.graphql.scalar("Float64", st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float))
    schemathesis.graphql.scalar("Time", st.just("2020-12-10T11:12:58.6Z").map(nodes.String))
    schemathesis.graphql.scalar("JSON", st.just(nodes.Null) | st.just(nodes.Object(fields=[])))
    with MockDashboard(with_gateway=False) as dashboard:
        yield dashboard


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("Query", "policy"),
        ("Query", "policies"),
        ("Mutation", "createPolicy"),
        ("Mutation", "updatePolicy"),
        ("Mutation", "deletePolicy"),
    ],
)
def test_generated_requests_are_executed(dashboard: MockDashboard, kind: str, field: str) -> None:
    """A valid document is executed, and its errors are refusals by rules of REST or by limits."""
    schema = schemathesis.graphql.from_dict({"data": data(dashboard, get_introspection_query())})
    dashboard.reset()

    @QUICK
    @given(schema[kind][field].as_strategy())
    def executed(case: schemathesis.Case) -> None:
        answer = case.call(base_url=f"{dashboard.url}/graphql", headers={"Authorization": dashboard.key})
        assert answer.status_code == 200
        response = json.loads(answer.content)
        for error in response.get("errors", ()):
            known = error.get("extensions", {}).get("status", 500) < 500
            assert known or any(word in error["message"] for word in REFUSALS), error

    executed()
    assert len(dashboard.journal) == QUICK.max_examples
    assert [entry.violations for entry in dashboard.journal if entry.violations] == []
