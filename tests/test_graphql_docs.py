"""The page on GraphQL is true: its examples run, and its numbers are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql_client import data, schema

from mockserver import MockDashboard
from mockserver.dashboard.graphql import limits
from mockserver.dashboard.handlers.graphql import MAX_ACCEPT

PAGE = (Path(__file__).parent.parent / "docs" / "graphql.md").read_text()


@pytest.mark.parametrize(
    "query", re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL), ids=["mutation", "query"]
)
def test_an_example_runs(query: str) -> None:
    """Each example of the page is executed without an error."""
    with MockDashboard(with_gateway=False) as dashboard:
        data(dashboard, query)


def test_the_limits_are_those_of_the_code() -> None:
    """The table of limits has the numbers of the code."""
    numbers = [
        int(number.replace(",", ""))
        for number in re.findall(r"\| ([0-9,]+) \|", PAGE.partition("## Limits")[2])
    ]
    assert numbers == [
        limits.MAX_LENGTH, limits.MAX_TOKENS, limits.MAX_DEPTH, limits.MAX_ALIASES, limits.MAX_COST, MAX_ACCEPT,
    ]  # fmt: skip
    assert f"for other lists {limits.LIST_LENGTH}" in PAGE


def test_the_root_fields_are_those_of_the_schema() -> None:
    """The table of root fields has each of them, with all its arguments."""
    with MockDashboard(with_gateway=False) as dashboard:
        types = schema(dashboard).type_map
        fields = {**types["Query"].fields, **types["Mutation"].fields}
    shown = {
        name: set(arguments.split(", "))
        for name, arguments in re.findall(r"\| `(\w+)\(([\w, ]+)\)` \|", PAGE)
    }
    assert shown == {name: set(field.args) for name, field in fields.items()}
