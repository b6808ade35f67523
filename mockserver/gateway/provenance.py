"""Results of applying policies: the rights by API, and the origin of each value."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.gateway.policy_merging import Document

NO_VALID_POLICIES = "key has no valid policies to be applied"
MIXED = "cannot apply multiple policies when some have per_api set and some are partitioned"
FOREIGN = "attempting to apply policy from different organisation to key, skipping"

OF_SINGLE_API = "a single API's limits are the session's own"
OF_SESSION = "the session fills what no policy decided"

RATE = ("rate", "per", "smoothing")
THROTTLE = ("throttle_interval", "throttle_retry_limit")


class PoliciesNotApplicable(ValueError):
    """Policies that cannot be applied; the message is the gateway's. Changes made before the error stay."""


@dataclass(frozen=True)
class Origin:
    """The origin of one value of a session.

    Attributes:
        policy: the id of the policy that the value came from, several ids joined by commas, or "" for the
            session itself.
        rule: the rule that selected the value, in words.
    """

    policy: str
    rule: str


class Origins(dict[str, Origin]):
    """Origins by the path of the value, for example "access_rights/orders/limit/rate"."""

    def origin(self, path: str) -> str:
        """The policy that a value came from; "" for the session itself."""
        return self[path].policy if path in self else ""

    def join(self, path: str, policy: str, rule: str) -> None:
        """Add one more policy to the origin of a value."""
        before = self.origin(path)
        self[path] = Origin(f"{before}, {policy}" if before else policy, rule)


@dataclass
class Grants:
    """The results of the policies that were applied so far.

    Attributes:
        rights: the access definitions by API.
        granted_by: the ids of the policies that granted the rights, by API.
        quota, rate, acl, complexity: the APIs for which some policy decided that part.
        any_per_api: True if a policy with per_api had rights.
        last_was_partitioned: True if the last policy without per_api was partitioned.
    """

    rights: dict[str, Document] = field(default_factory=dict)
    granted_by: dict[str, str] = field(default_factory=dict)
    quota: set[str] = field(default_factory=set)
    rate: set[str] = field(default_factory=set)
    acl: set[str] = field(default_factory=set)
    complexity: set[str] = field(default_factory=set)
    any_per_api: bool = False
    last_was_partitioned: bool = False
