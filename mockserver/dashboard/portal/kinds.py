"""The two kinds of what a portal offers: products, which grant APIs, and plans, which limit their use.

Source: DOC portal/overview/concepts.mdx:175-180; the values of a policy that nobody set are those of DEMO
deployments/portal/data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.portal.bodies import (
    Member,
    PortalError,
    are_texts,
    is_count,
    is_filled,
    is_limit,
    is_text,
    is_whole,
)
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.records import Document

_LIMIT = "a positive number, or -1 for no limit"
_TEXTS = "a list of texts"
COMMON = {  # the members of both kinds
    "name": Member(is_filled, "a text"),
    "description": Member(is_text, "a text", ""),
    "catalogues": Member(are_texts, _TEXTS, []),
    "tags": Member(are_texts, _TEXTS, []),
}
LIMITS = {  # the members of a plan, which are those of its policy
    "rate": Member(is_limit, _LIMIT, -1),
    "per": Member(is_limit, _LIMIT, -1),
    "quota_max": Member(is_whole, "an integer, or -1 for no limit", -1),
    "quota_renewal_rate": Member(is_whole, "an integer of seconds, or -1 for no renewal", -1),
    "key_expires_in": Member(is_count, "an integer of seconds, or 0 for keys that do not expire", 0),
}
UNLIMITED = {
    "rate": -1,
    "per": -1,
    "quota_max": -1,
    "quota_renewal_rate": -1,
    "throttle_interval": -1,
    "throttle_retry_limit": -1,
    "max_query_depth": -1,
    "active": True,
}  # of a policy, as a product or a plan is created


@dataclass(frozen=True)
class Kind:
    """A kind of offering.

    Attributes:
        noun: its name.
        partitions: the partitions of its policies.
        members: the members of its body.
    """

    noun: str
    partitions: tuple[str, ...]
    members: Mapping[str, Member]

    def policy_members(
        self, members: Mapping[str, Any], before: Document | None, provider: Provider
    ) -> Document:
        """The members of the policy that follow from those of a body; `before` is the policy that exists.

        A policy whose last API is taken away becomes a draft (DOC release notes of portal 1.14.1).

        Raises:
            PortalError: an API does not fit, or a rate lacks its interval.
        """
        changed = {name: members[name] for name in ("name", "tags") if name in members}
        if self is PLAN:
            changed |= {name: members[name] for name in LIMITS if name in members}
            if {"rate", "per"} & members.keys():
                _check_rate({**UNLIMITED, **(before or {}), **changed})
        elif "apis" in members:
            rights = provider.rights(members["apis"])
            changed |= {"access_rights": rights, "state": "active" if rights else "draft"}
        return changed

    def shown(self, policy: Document | None) -> Document:
        """The members that its policy decides, as the portal shows them; each is null without a policy."""
        if self is PLAN:
            return {name: policy[name] if policy else None for name in LIMITS}
        apis = list(policy["access_rights"]) if policy else None
        return {"apis": apis, "authentication": policy["auth_type"] if policy else None}


PRODUCT = Kind("product", ("acl",), COMMON | {"apis": Member(are_texts, _TEXTS + ", the ids of APIs")})
PLAN = Kind("plan", ("quota", "rate_limit"), COMMON | LIMITS)


def kind_of(policy: Document) -> Kind:
    """The kind of a partitioned policy.

    Raises:
        PortalError: it is neither; the message is the reason.
    """
    partitions = policy["partitions"]
    limits = any(partitions[name] for name in ("quota", "rate_limit", "complexity"))
    if not limits and not partitions["acl"]:
        raise PortalError("it has no partitions")
    if limits and partitions["acl"]:
        raise PortalError("it has partitions of both, rights and limits")
    return PRODUCT if partitions["acl"] else PLAN


def _check_rate(limits: Mapping[str, Any]) -> None:
    rate, per = limits["rate"], limits["per"]
    if (rate > 0) != (per > 0):
        raise PortalError(f"rate {rate} and per {per} must both be positive, or both -1 for no limit")
