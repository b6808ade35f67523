"""The state of a policy, which is not stored but follows from `active` and `is_inactive`.

Source: DOC snippets/create-security-policy-include.mdx for the three states and that a state that is sent
overrides both members; PRO, table tyk_policies, for its not being stored. The mapping is inferred.
"""

from __future__ import annotations

from typing import Any

_MEMBERS = {"active": (True, False), "draft": (False, False), "deny": (False, True)}
STATES = tuple(_MEMBERS)


def state_of(policy: dict[str, Any]) -> str:
    """The state: "active", "draft" (no new keys) or "deny" (keys refused)."""
    if policy["is_inactive"]:
        return "deny"
    return "active" if policy["active"] else "draft"


def apply_state(policy: dict[str, Any]) -> None:
    """Set `active` and `is_inactive` from a state that was sent; an unknown state changes nothing."""
    if policy["state"] in _MEMBERS:
        policy["active"], policy["is_inactive"] = _MEMBERS[policy["state"]]
