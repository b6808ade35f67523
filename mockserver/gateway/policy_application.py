"""Application of policies to a session.

Sessions and policies are decoded documents with all their members. The application changes the session in
place and, as on a real gateway, nested documents that the policies then share with it.
Source: internal/policy/apply.go @v5.12.0; recordings apply/*.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mockserver.gateway import policy_merging
from mockserver.gateway.per_api_rights import Grant, grant_per_api, note_joined
from mockserver.gateway.policy_merging import Document, interval_of, larger
from mockserver.gateway.provenance import (
    FIRST_OF_EQUAL,
    FOREIGN,
    HIGHEST_LIMITS,
    JOINED_LISTS,
    MIXED,
    NO_VALID_POLICIES,
    OF_SESSION,
    OF_SINGLE_API,
    RATE,
    THROTTLE,
    Grants,
    Origin,
    Origins,
    PoliciesNotApplicable,
    higher_rate,
)


@dataclass
class PolicyApplication:
    """An application of policies to one session.

    Attributes:
        session: the session to change.
        listed: the ids and the policies, None for a missing one; None if the session has no policies.
        to_clear: the stored policies, up to the first missing one; their limits are reset before applying.
        fresh: creates an empty access definition.
        release: called at the end, also after an error, to give the policies back to their store.
        api_org: the organisation of the API for which the policies are applied; None if there is no API.
        origins: the origin of each value, filled by `run`.
        cleared: the session's own limits that were reset, filled by `run`.
    """

    session: Document
    listed: list[tuple[str, Document | None]] | None
    to_clear: Iterable[Document]
    fresh: Callable[[], Document]
    release: Callable[[], None]
    api_org: str | None = None
    origins: Origins = field(default_factory=Origins)
    cleared: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Apply the policies.

        Raises:
            PoliciesNotApplicable: a policy does not exist or does not fit; the changes before it stay.
        """
        try:
            self._run()
        finally:
            self.release()

    def _run(self) -> None:
        session, policies = self.session, self.listed or []
        session["meta_data"] = session["meta_data"] if session["meta_data"] is not None else {}
        self._clear()
        grants, tags = Grants(), list[str]()
        inactive = False if policies else session["is_inactive"]
        for name, policy in policies:
            if policy is None:
                if len(policies) > 1:
                    continue
                raise PoliciesNotApplicable(f"policy not found: {policy_merging.quoted(name)}")
            self._apply(policy, grants)
            inactive = inactive or policy["is_inactive"]
            if policy["is_inactive"]:
                self._trace("is_inactive", policy["id"], "one inactive policy makes the session inactive")
            if policy["tags"]:
                self.origins.offer("tags", policy["id"], own=session["tags"])
                self.origins.join("tags", policy["id"], "tags of all policies and of the session are joined")
            tags += policy["tags"] or []
            self._copy_loose_members(policy)
        session["is_inactive"] = inactive
        session["tags"] = list(dict.fromkeys([*tags, *(session["tags"] or [])]))
        if not policies:
            self._scope_own_limits()
        self._complete(grants)
        self._set_root_of_single_api(grants)
        if grants.acl:
            session["access_rights"] = grants.rights
        if not grants.rights and self.listed is not None:
            raise PoliciesNotApplicable(NO_VALID_POLICIES)

    def _trace(self, path: str, policy: str, rule: str) -> None:
        self.origins[path] = Origin(policy, rule)

    def _choose(self, path: str, policy: str, rule: str) -> None:
        self.origins[path] = Origin(policy, rule, is_choice=True)

    def _clear(self) -> None:
        """Reset the limits that policies decide, for larger values of the session would win."""
        for policy in self.to_clear:
            for part, values in policy_merging.UNSET.items():
                if policy_merging.decides(policy, part):
                    self.session |= values
                    self.cleared |= values.keys()

    def _apply(self, policy: Document, grants: Grants) -> None:
        parts = policy["partitions"]
        partitioned = policy_merging.is_partitioned(policy)
        if self.api_org is not None and policy["org_id"] != self.api_org:
            raise PoliciesNotApplicable(FOREIGN)
        if parts["per_api"] and partitioned:
            raise PoliciesNotApplicable(
                f"cannot apply policy {policy['id']} which has per_api and any of partitions set"
            )
        mixed = grants.last_was_partitioned if parts["per_api"] else partitioned and grants.any_per_api
        if mixed:
            raise PoliciesNotApplicable(MIXED)
        rights = policy["access_rights"] or {}
        if parts["per_api"]:
            for api, right in rights.items():
                grant_per_api(Grant(api, right, policy), self.session, grants, self.origins)
            grants.any_per_api = grants.any_per_api or bool(rights)
            return
        grants.rights |= {api: self.fresh() for api in rights if api not in grants.rights}
        for api, right in rights.items():
            self._grant(api, right, policy, grants)
        if not rights:
            self._set_root(policy)
        self._set_flags(policy)
        grants.last_was_partitioned = partitioned

    def _set_flags(self, policy: Document) -> None:
        for name in ("hmac_enabled", "enable_http_signature_validation"):
            if not policy[name]:
                continue
            self.origins.offer(name, policy["id"], own=self.session[name])
            if not self.session[name]:
                self.session[name] = True
                self._choose(name, policy["id"], "one policy that sets it is enough")

    def _copy_loose_members(self, policy: Document) -> None:
        for name, value in (policy["meta_data"] or {}).items():
            path = f"meta_data/{name}"
            self.origins.offer(path, policy["id"], own=name in self.session["meta_data"])
            self.session["meta_data"][name] = value
            self._choose(path, policy["id"], "the last policy's metadata counts")
        self.session["last_updated"] = max(
            policy["last_updated"], self.session["last_updated"], key=str.encode
        )
        for name in ("post_expiry_action", "post_expiry_grace_period"):
            if policy.get(name):
                self.origins.offer(name, policy["id"], own=self.session[name])
                self.session[name] = policy[name]
                self._choose(name, policy["id"], "the last policy that sets it counts")

    def _grant(self, api: str, right: Document, policy: Document, grants: Grants) -> None:
        """Merge the parts that a policy decides with the grants of earlier policies."""
        session = self.session
        granted = grants.rights[api]
        merged = {**granted, "limit": dict(granted["limit"])}
        limit = merged["limit"]
        if policy_merging.decides(policy, "acl"):
            grants.acl.add(api)
            policy_merging.merge_rights(merged, right)
            grants.granted_by[api] = policy["id"]
            self.origins.offer(f"access_rights/{api}", policy["id"])
            self.origins.join(f"access_rights/{api}", policy["id"], "rights of several policies are joined")
            note_joined(self.origins, Grant(api, right, policy), policy_merging.LISTS, JOINED_LISTS)
        if policy_merging.decides(policy, "quota"):
            grants.quota.add(api)
            self._raise(api, limit, policy, "quota_max", larger, "the larger quota wins")
            self._raise(api, limit, policy, "quota_renewal_rate", operator.gt, "the longer renewal wins")
        if policy_merging.decides(policy, "rate_limit"):
            grants.rate.add(api)
            self._take_rate(api, limit, policy)
            policy_merging.merge_endpoint_limits(merged, right, granted)
            note_joined(
                self.origins, Grant(api, right, policy), policy_merging.ENDPOINT_LIMITS, HIGHEST_LIMITS
            )
            for name in THROTTLE:
                self._raise(api, limit, policy, name, operator.gt, "the larger throttle wins")
        if policy_merging.decides(policy, "complexity"):
            grants.complexity.add(api)
            self._raise(api, limit, policy, "max_query_depth", larger, "the deeper query wins")
        previous = (session["access_rights"] or {}).get(api)
        if previous is not None and not policy_merging.is_empty(previous["limit"]):
            limit["quota_renews"] = previous["limit"]["quota_renews"]
        grants.rights[api] = merged

    def _raise(
        self,
        api: str,
        limit: Document,
        policy: Document,
        name: str,
        wins: Callable[[Any, Any], bool],
        rule: str,
    ) -> None:
        """Take a policy's value if it is more than the API's, and then if it is more than the session's."""
        value, path = policy[name], f"access_rights/{api}/limit/{name}"
        if value:
            self.origins.offer(path, policy["id"])
            self.origins.offer(name, policy["id"], own=self.session[name])
        if not wins(value, limit[name]):
            return
        limit[name] = value
        self._choose(path, policy["id"], rule)
        if wins(value, self.session[name]):
            self.session[name] = value
            self._choose(name, policy["id"], rule)

    def _take_rate(self, api: str, limit: Document, policy: Document) -> None:
        """Take the rate of a policy if it is higher; a policy without a rate changes nothing."""
        if not policy["rate"] or not policy["per"]:
            return
        for path, target in ((f"access_rights/{api}/limit/", limit), ("", self.session)):
            is_set = bool(target["rate"] and target["per"])
            if not is_set or interval_of(target) > interval_of(policy):
                for name in RATE:
                    self.origins.offer(path + name, policy["id"], own=is_set)
                    self._choose(path + name, policy["id"], higher_rate(policy))
                target |= {name: policy[name] for name in RATE}
                continue
            is_equal = interval_of(target) == interval_of(policy)
            for name in RATE:
                self.origins.offer(path + name, policy["id"], own=True)
                if (winner := self.origins.origin(path + name)) != policy["id"]:
                    self._choose(path + name, winner, FIRST_OF_EQUAL if is_equal else higher_rate(target))

    def _set_root(self, policy: Document) -> None:
        """Set the session's own limits from a policy without rights."""
        names: list[str] = []
        names += [*RATE, *THROTTLE] if policy_merging.decides(policy, "rate_limit") else []
        names += ["max_query_depth"] if policy_merging.decides(policy, "complexity") else []
        names += ["quota_max", "quota_renewal_rate"] if policy_merging.decides(policy, "quota") else []
        for name in names:
            self.session[name] = policy[name]
            self._trace(name, policy["id"], "a policy without rights sets the session's own limits")

    def _scope_own_limits(self) -> None:
        for api, right in (self.session["access_rights"] or {}).items():
            if not policy_merging.is_empty(right["limit"]):
                right["allowance_scope"] = api

    def _complete(self, grants: Grants) -> None:
        """Remove rights without access; take limits that no policy decided from the session."""
        granters = {grants.granted_by[api] for api in grants.rights if grants.granted_by.get(api)}
        for api in list(grants.rights):
            if api not in grants.acl:
                del grants.rights[api]
                continue
            right = grants.rights[api] = dict(grants.rights[api])
            names: list[str] = []
            if api not in grants.rate:
                names += [*RATE, *THROTTLE]
                right["endpoints"] = None
            names += ["max_query_depth"] if api not in grants.complexity else []
            names += ["quota_max", "quota_renewal_rate", "quota_renews"] if api not in grants.quota else []
            right["limit"] = {**right["limit"], **{name: self.session[name] for name in names}}
            for name in names:
                self._trace(f"access_rights/{api}/limit/{name}", self.origins.origin(name), OF_SESSION)
            if len(granters) > 1 and not right["allowance_scope"] and grants.granted_by.get(api):
                right["allowance_scope"] = grants.granted_by[api]

    def _set_root_of_single_api(self, grants: Grants) -> None:
        """If the policies limit a single API, copy its limits to the session itself."""
        if {len(grants.quota), len(grants.rate), len(grants.complexity)} != {1}:
            return
        for api, right in grants.rights.items():
            for name in (*RATE, "quota_max", "quota_renews", "quota_renewal_rate", "max_query_depth"):
                self.session[name] = right["limit"][name]
                origin = self.origins.origin(f"access_rights/{api}/limit/{name}")
                self._trace(name, origin, OF_SINGLE_API)
