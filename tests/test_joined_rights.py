"""The rights to MCP proxies that several policies join, as `tyk-contract why` and `impact` tell of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.explanation import Reason, explain
from mockserver.gateway.impact import Rules, assess
from mockserver.gateway.loaded_policies import Policy
from mockserver.gateway.session_impact import Key, KeyName, Outcome

RULES = Rules(GatewayVersion.parse("5.14.0"))
LISTS = "the lists of several policies are joined; a blocked name wins"
LIMITS = "limits of several policies are joined; of two for one name the higher rate wins"
ONLY = "the only policy that sets it"


def tool(name: str, rate: int) -> dict[str, Any]:
    """A limit of a tool."""
    return {"type": "tool", "name": name, "limit": {"rate": rate, "per": 60}}


def policy(name: str, right: dict[str, Any], **members: Any) -> Policy:
    """A policy with a right to the proxy `tools`."""
    document = {"id": name, "rate": 10, "per": 60, "access_rights": {"tools": right}, **members}
    return RULES.policies.decode(json.dumps(document).encode())


def session(*names: str) -> dict[str, Any]:
    """A session with these policies."""
    return RULES.sessions.decode(json.dumps({"apply_policies": names}).encode())


def reasons(*policies: Policy) -> dict[str, Reason]:
    """The origins of the values of a session that has all these policies, by their paths."""
    names = [str(item["id"]) for item in policies]
    explanation = explain(session(*names), RULES.store(policies), RULES.sessions, RULES.behaviours)
    return {reason.path.removeprefix("access_rights/tools/"): reason for reason in explanation.reasons}


def test_joined_lists_name_the_policies_that_have_them() -> None:
    """A list names the policies that have one, and not another policy that grants the proxy."""
    one = policy("one", {"mcp_access_rights": {"tools": {"allowed": ["a"]}}})
    two = policy(
        "two",
        {
            "mcp_access_rights": {"tools": {"blocked": ["b"]}},
            "json_rpc_methods_access_rights": {"blocked": ["ping"]},
        },
    )
    told = reasons(one, policy("open", {}), two)
    rights = told["mcp_access_rights"]
    assert (rights.value, rights.origin, rights.rule) == (
        {"tools": {"allowed": ["a"], "blocked": ["b"]}},
        "one, two",
        LISTS,
    )
    methods = told["json_rpc_methods_access_rights"]
    assert (methods.origin, methods.rule) == ("two", ONLY)


@pytest.mark.parametrize("partitions", [{}, {"per_api": True}], ids=["whole policies", "per_api"])
def test_joined_limits_name_the_policies_that_have_them(partitions: dict[str, bool]) -> None:
    """The limits of primitives name the policies that have some, and the rule that chooses between two."""
    one = policy("one", {"mcp_primitives": [tool("a", 1), tool("b", 9)]}, partitions=partitions)
    two = policy("two", {"mcp_primitives": [tool("a", 2)]}, partitions=partitions)
    told = reasons(one, two, policy("open", {}, partitions=partitions))["mcp_primitives"]
    assert (told.origin, told.rule) == ("one, two", LIMITS)
    assert {entry["name"]: entry["limit"]["rate"] for entry in told.value} == {"a": 2, "b": 9}


def test_the_order_of_limits_is_no_change() -> None:
    """A change of policies that leaves all limits of primitives, in another order, changes no key."""
    before = policy("one", {"mcp_primitives": [tool("a", 1), tool("b", 9)]})
    after = policy("one", {"mcp_primitives": [tool("b", 9), tool("a", 1)]})
    other = policy("one", {"mcp_primitives": [tool("b", 9)]})
    key = Key(KeyName("acmekey"), session("one"))
    assert [impact.outcome for impact in assess(RULES, [before], [after], [key])] == [Outcome.UNCHANGED]
    (impact,) = assess(RULES, [before], [other], [key])
    assert [change.path for change in impact.changes] == ["access_rights/tools/mcp_primitives"]
