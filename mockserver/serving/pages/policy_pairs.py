"""Policies as written and as loaded, side by side, with their difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.gateway import unloaded
from mockserver.gateway.explanation import values_of
from mockserver.gateway.gateway import Gateway

Policy = Mapping[str, Any]
SAME = "loaded as written"


class Difference(NamedTuple):
    """A member whose value is not loaded as it is written; None for a policy without it."""

    member: str
    written: Any
    loaded: Any


@dataclass(frozen=True)
class PolicyPair:
    """A policy by its id, as it is written and as it is loaded; None if it is not."""

    policy_id: str
    written: Policy | None
    loaded: Policy | None

    @property
    def is_same(self) -> bool:
        """True if it is loaded as it is written."""
        return self.written == self.loaded

    @property
    def differences(self) -> list[Difference]:
        """The members that differ, those of rights and limits one by one; none if one side is missing."""
        if self.written is None or self.loaded is None:
            return []
        sides = [dict(values_of(side)) for side in (self.written, self.loaded)]
        return [
            Difference(path, *(side.get(path) for side in sides))
            for path in dict.fromkeys([*sides[0], *sides[1]])
            if sides[0].get(path) != sides[1].get(path)
        ]


def pairs_of(written: Iterable[Policy], loaded: Iterable[Policy]) -> list[PolicyPair]:
    """All policies, each once for each organisation that it is loaded for; those that differ come first."""
    by_id = {policy["id"]: policy for policy in written}
    pairs = [PolicyPair(policy["id"], by_id.get(policy["id"]), policy) for policy in loaded]
    loaded_ids = {pair.policy_id for pair in pairs}
    pairs += [PolicyPair(name, policy, None) for name, policy in by_id.items() if name not in loaded_ids]
    return sorted(pairs, key=lambda pair: (pair.is_same, pair.policy_id))


def state_in_words(gateway: Gateway, pair: PolicyPair) -> str:
    """What is written and loaded of a policy, and why these differ."""
    if pair.is_same:
        return SAME
    if pair.written is not None:
        return unloaded.reason(gateway.store, pair.policy_id) or SAME
    if gateway.source is not None:
        return f"loaded from {gateway.source.description}"
    if gateway.store.record is not None:
        return f"loaded from {gateway.store.record}"
    return "it is deleted, and still loaded: there was no reload since"
