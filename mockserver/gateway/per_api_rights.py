"""Rights that policies with `partitions.per_api` grant: each right has limits of its own.

Source: internal/policy/apply.go @v5.12.0; recordings apply/*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.gateway import policy_merging
from mockserver.gateway.policy_merging import Document, interval_of, larger
from mockserver.gateway.provenance import HIGHEST_LIMITS, RATE, Grants, Origin, Origins, higher_rate


@dataclass(frozen=True)
class Grant:
    """The right to one API that a policy grants."""

    api: str
    right: Document
    policy: Document


def note_joined(origins: Origins, grant: Grant, names: Sequence[str], rule: str) -> None:
    """Note the members that a policy has in its right, and that are joined with those of other policies."""
    for name in names:
        if policy_merging.has_value(grant.right.get(name)):
            path = f"access_rights/{grant.api}/{name}"
            origins.offer(path, grant.policy["id"])
            origins.join(path, grant.policy["id"], rule)


def grant_per_api(grant: Grant, session: Document, grants: Grants, origins: Origins) -> None:
    """Take the access definition of a policy; an empty limit is replaced by the policy's own limits."""
    api, policy = grant.api, grant.policy
    right = {**grant.right, "limit": dict(grant.right["limit"])}
    scope, rule = api, "a per_api policy's right replaces others"
    if policy_merging.is_empty(right["limit"]):
        right["limit"] = {**right["limit"], **policy_merging.limit_of(policy)}
        scope, rule = policy["id"], "a right without a limit has its policy's"
    right["allowance_scope"] = scope
    granted_by, previous = scope, (session["access_rights"] or {}).get(api)
    if previous is not None and not policy_merging.is_empty(previous["limit"]):
        right["limit"]["quota_renews"] = previous["limit"]["quota_renews"]
    if previous is not None and previous["disable_introspection"]:
        right["disable_introspection"] = True
    path = f"access_rights/{api}"
    origins.offer(path, policy["id"])
    for name in right["limit"]:
        origins.offer(f"{path}/limit/{name}", policy["id"])
        origins[f"{path}/limit/{name}"] = Origin(policy["id"], rule, is_choice=scope == api)
    if api in grants.rights:
        granted_by = _keep_better(api, right, grants, origins, granted_by)
    note_joined(origins, grant, policy_merging.ENDPOINT_LIMITS, HIGHEST_LIMITS)
    grants.rights[api], grants.granted_by[api] = right, granted_by
    for aspect in (grants.acl, grants.quota, grants.rate, grants.complexity):
        aspect.add(api)
    origins[path] = Origin(policy["id"], "the last per_api policy defines the right", is_choice=True)


def _keep_better(api: str, right: Document, grants: Grants, origins: Origins, granted_by: str) -> str:
    """Keep an earlier policy's better limits; return the id of the policy that granted the right."""
    before, limit = grants.rights[api], right["limit"]
    earlier, old_id = before["limit"], grants.granted_by.get(api, "")
    path, replaced = f"access_rights/{api}/limit", False
    if interval_of(limit) > interval_of(earlier):
        limit |= {name: earlier[name] for name in RATE}
        replaced = True
        for name in RATE:
            origins[f"{path}/{name}"] = Origin(old_id, higher_rate(earlier))
    if earlier["quota_max"] != limit["quota_max"] and larger(earlier["quota_max"], limit["quota_max"]):
        limit["quota_max"] = earlier["quota_max"]
        replaced = True
        origins[f"{path}/quota_max"] = Origin(old_id, "the larger quota wins")
    if larger(earlier["quota_renewal_rate"], limit["quota_renewal_rate"]):
        limit["quota_renewal_rate"] = earlier["quota_renewal_rate"]
        origins[f"{path}/quota_renewal_rate"] = Origin(old_id, "the longer renewal wins")
    if limit["quota_max"] == -1:
        limit["quota_renewal_rate"] = 0
    if replaced:
        granted_by = old_id
        right["allowance_scope"] = before["allowance_scope"]
    policy_merging.merge_endpoint_limits(right, right, before)
    return granted_by
