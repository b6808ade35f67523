"""New sessions with a policy as their template (gateway/mw_jwt.go:1413 @v5.12.0)."""

from __future__ import annotations

import copy

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.golang.scalars import wrapped

_LIMITS = (
    "rate", "per", "throttle_interval", "throttle_retry_limit", "max_query_depth", "quota_max",
    "quota_renewal_rate", "hmac_enabled", "enable_http_signature_validation", "is_inactive", "tags",
)  # fmt: skip
_AFTER_EXPIRY = ("post_expiry_action", "post_expiry_grace_period")  # absent from policies of some versions


def from_policy(gateway: Gateway, policy: Document | None, policy_id: str, org_id: str) -> Document:
    """A new session with the limits and rights of a policy; an empty session if `policy` is None."""
    session: Document = gateway.session_codec.type.fresh()
    if policy is None:
        return session
    members = [*_LIMITS, *(member for member in _AFTER_EXPIRY if member in policy)]
    session |= {member: copy.deepcopy(policy[member]) for member in members}
    session |= {"apply_policies": [policy_id], "org_id": org_id, "allowance": policy["rate"]}
    session["access_rights"] = copy.deepcopy(policy["access_rights"] or {})
    if policy["key_expires_in"] > 0:
        session["expires"] = wrapped(int(gateway.now()) + policy["key_expires_in"])
    return session
