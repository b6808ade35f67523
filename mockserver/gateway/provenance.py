"""What policies give, while they are applied: rights by API, and where each value came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.gateway.policy_merging import Document

NO_VALID_POLICIES = "key has no valid policies to be applied"
MIXED = "cannot apply multiple policies when some have per_api set and some are partitioned"
FOREIGN = "attempting to apply policy from different organisation to key, skipping"

RATE = ("rate", "per", "smoothing")
THROTTLE = ("throttle_interval", "throttle_retry_limit")


class PoliciesNotApplicable(ValueError):
    """The policies cannot be applied; the text is the gateway's. What was done before it stays done."""


@dataclass(frozen=True)
class Origin:
    """Which policy a value of the resulting session came from, by which rule; "" is the session itself."""

    policy: str
    rule: str


class Origins(dict[str, Origin]):
    """Choices by the path of their value."""

    def origin(self, path: str) -> str:
        """The policy that a value came from; "" for the session."""
        return self[path].policy if path in self else ""

    def join(self, path: str, policy: str, rule: str) -> None:
        """Note one more policy that a value came from."""
        before = self.origin(path)
        self[path] = Origin(f"{before}, {policy}" if before else policy, rule)


@dataclass
class Grants:
    """What the policies gave so far, by API, and which aspects some policy decided."""

    rights: dict[str, Document] = field(default_factory=dict)
    granted_by: dict[str, str] = field(default_factory=dict)
    quota: set[str] = field(default_factory=set)
    rate: set[str] = field(default_factory=set)
    acl: set[str] = field(default_factory=set)
    complexity: set[str] = field(default_factory=set)
    any_per_api: bool = False
    last_was_partitioned: bool = False
