"""The resources of the Tyk Dashboard's API: policies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from contract_tests.engine.resources import Get, Resource, Write

POLICIES = "/api/portal/policies"
_OBJECT_ID = re.compile("[0-9a-fA-F]{24}")  # any other text in its place is refused


def _policy_ids(write: Write) -> list[str]:
    """The database ids that a write may store a policy under, but for one that the Dashboard chooses."""
    given = [name for name in write.texts("_id") if _OBJECT_ID.fullmatch(name)]
    return [*given, write.path] if write.path else given


def _policy_in_answer(write: Write, answer: Any) -> str:
    """The database id in the answer to a create that gave one; another one is not that of this policy."""
    message = answer.get("Message") if isinstance(answer, dict) and answer.get("Status") == "OK" else None
    return str(message) if message and _policy_ids(write) else ""


def _listed_policies(get: Get) -> Iterable[str]:
    listing = get(f"{POLICIES}?p=-1")
    policies = listing.get("Data") if isinstance(listing, dict) else None
    if not isinstance(policies, list):
        raise ValueError(f"GET {POLICIES} does not answer with a list; check the key")
    return [str(policy.get("_id", "")) for policy in policies if isinstance(policy, dict)]


POLICY = Resource(
    "policy", POLICIES,
    named_by=("name", "id", "_id"), ids_of=_policy_ids, name_in_answer=_policy_in_answer,
    listed=_listed_policies, is_optional=False,
)  # fmt: skip

RESOURCES = (POLICY,)
