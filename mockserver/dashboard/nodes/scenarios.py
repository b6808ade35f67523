"""The failures between gateways and a Dashboard, each with what a real gateway then does.

Source: runs of real gateways 5.8.15, 5.12.0 and 5.14.0, and GW gateway/dashboard_register.go,
dashboard_recovery.go and policy.go.
"""

from __future__ import annotations

from typing import Any

from mockserver.service.fault import Fault, Scenario

_PULLS = ("getNodePolicies", "getNodeApis", "getNodeClientIdps")
_BY_NODES = (*_PULLS, "pingNode")


def without_policies(_: Any) -> Any:
    """No policies in the place of a list of policies."""
    return []


def with_bad_id(policies: Any) -> Any:
    """A list of policies of which the first has an `_id` that is not hexadecimal."""
    first, *rest = policies or [{"name": "a policy with a bad _id"}]
    return [{**first, "_id": "not-hexadecimal"}, *rest]


SCENARIOS = {
    "nonce-lost": Scenario.of(
        _BY_NODES,
        "The gateway registers again, gets a new node id and reloads. Refused during a reload, a real "
        "gateway hangs: its reloads never end, traffic goes on.",
        Fault(status=403, message="Nonce failed"),
    ),
    "register-conflict": Scenario.of(
        ("registerNode",),
        "The gateway tries again after 5 s; until then it is not ready. A 5.12.0 takes it as registered, "
        "without a node id and without a nonce.",
        Fault(status=409, message="Another registration operation in progress"),
    ),
    "empty-list": Scenario.of(
        ("getNodePolicies",),
        "The gateway drops all policies that it had.",
        Fault(rewrite=without_policies),
    ),
    "bad-id": Scenario.of(
        ("getNodePolicies",),
        "The gateway refuses the whole list, and keeps the policies that it had.",
        Fault(rewrite=with_bad_id),
    ),
    "slow": Scenario.of(
        ("registerNode", *_BY_NODES),
        "The gateway waits up to its connection_timeout (30 s), then keeps the policies that it had.",
        Fault(delay=5),
    ),
    "gone": Scenario.of(
        ("registerNode", *_BY_NODES),
        "The connection ends without an answer: the gateway registers again, repeats the request once, keeps "
        "the policies that it had, and /hello says warn.",
        Fault(ends="drop"),
    ),
}
