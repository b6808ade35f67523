"""Results of applying policies: the rights by API, and the origin of each value."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.gateway.policy_merging import Document
from mockserver.golang import json_writer

NO_VALID_POLICIES = "key has no valid policies to be applied"
MIXED = "cannot apply multiple policies when some have per_api set and some are partitioned"
FOREIGN = "attempting to apply policy from different organisation to key, skipping"

OF_SINGLE_API = "a single API's limits are the session's own"
OF_SESSION = "the session fills what no policy decided"
ONLY = "the only policy that sets it"
JOINED_LISTS = "the lists of several policies are joined; a blocked name wins"
HIGHEST_LIMITS = "limits of several policies are joined; of two for one name the higher rate wins"
FIRST_OF_EQUAL = "the first of equal rates counts"

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
        is_choice: True if the rule chooses between several policies, so that it says nothing about one alone.
    """

    policy: str
    rule: str
    is_choice: bool = False


class Origins(dict[str, Origin]):
    """Origins by the path of the value, for example "access_rights/orders/limit/rate".

    Attributes:
        offers: the ids of the policies that set a value, by its path; "" is the session itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.offers: dict[str, set[str]] = {}

    def offer(self, path: str, policy: str, *, own: object = None) -> None:
        """Note that a policy sets a value; `own` is true if the session had one before all policies."""
        self.offers.setdefault(path, {""} if own else set()).add(policy)

    def rule(self, path: str) -> str:
        """The rule that selected a value that has an origin."""
        origin = self[path]
        return ONLY if origin.is_choice and len(self.offers.get(path, ())) < 2 else origin.rule

    def origin(self, path: str) -> str:
        """The policy that a value came from; "" for the session itself."""
        return self[path].policy if path in self else ""

    def join(self, path: str, policy: str, rule: str) -> None:
        """Add one more policy to the origin of a value."""
        before = self.origin(path)
        self[path] = Origin(f"{before}, {policy}" if before else policy, rule, is_choice=True)


def rate_text(limit: Document) -> str:
    """A rate as people read it, for example "50 per 1 s"."""
    return f"{json_writer.write(limit['rate'])} per {json_writer.write(limit['per'])} s"


def higher_rate(limit: Document) -> str:
    """The rule that selected a rate; a gateway compares the intervals between two requests."""
    return f"the higher rate ({rate_text(limit)}) wins"


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
