"""GraphQL and REST of a mock Dashboard write and read the same, whatever a policy has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from graphql_client import POLICIES, as_rest, created, data, rest, schema, selection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mockserver import MockDashboard
from mockserver.golang.scalars import AnyValue, Bool, Float64, GoType, Int64, ObjectId, String, Time
from mockserver.golang.structs import Map, Slice, Struct

CREATE = "mutation ($policy: PolicyInput!) { createPolicy(policy: $policy) { _id } }"
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SCALARS: dict[type[GoType], st.SearchStrategy[Any]] = {
    String: TEXT,
    Bool: st.booleans(),
    Int64: st.integers(-(2**63), 2**63 - 1),
    Float64: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70),
    ObjectId: st.just(""),
    Time: st.sampled_from(["2020-12-10T11:12:58.6Z", "0001-01-01T00:00:00Z", "2024-02-29T23:59:59+05:30"]),
    AnyValue: st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
        max_leaves=4,
    ),
}  # fmt: skip


def documents(kind: GoType) -> st.SearchStrategy[Any]:
    """Values of a Go type, in JSON: with any members left out, and null where it may be."""
    if isinstance(kind, Struct):
        members = {member.name: documents(member.type) for member in kind.fields}
        return st.fixed_dictionaries({}, optional=members)
    if isinstance(kind, Slice):
        return st.none() | st.lists(documents(kind.element), max_size=2)
    if isinstance(kind, Map):
        return st.none() | st.dictionaries(TEXT, documents(kind.element), max_size=2)
    return SCALARS[type(kind)]


@pytest.fixture(scope="module", name="dashboard")
def _dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(with_gateway=False) as dashboard:
        yield dashboard


def test_what_rest_and_graphql_write_is_the_same(dashboard: MockDashboard) -> None:
    """GraphQL reads of any policy what REST reads, and what each reads it stores alike when it is sent again."""
    numbers = count()
    everything = selection(schema(dashboard).type_map["Policy"])

    def unnamed() -> dict[str, Any]:
        return {"_id": "", "id": "", "state": "", "name": f"policy {next(numbers)}"}

    def read(object_id: str) -> dict[str, Any]:
        policy: dict[str, Any] = rest(dashboard, "GET", f"{POLICIES}/{object_id}")[1]
        return policy

    @QUICK
    @given(documents(dashboard.state.form.codec.type))
    def same(policy: dict[str, Any]) -> None:
        object_id = created(dashboard, **policy | unnamed())
        by_rest = read(object_id)
        query = f"query ($id: ID!) {{ policy(id: $id) {everything} }}"
        by_graphql = data(dashboard, query, {"id": object_id})["policy"]
        assert as_rest(by_graphql) == as_rest(by_rest)
        copies = (
            read(data(dashboard, CREATE, {"policy": by_graphql | unnamed()})["createPolicy"]["_id"]),
            read(created(dashboard, **by_rest | unnamed())),
        )
        own = dict.fromkeys(("_id", "id", "name", "date_created", "last_updated"))
        assert copies[0] | own == copies[1] | own

    same()
