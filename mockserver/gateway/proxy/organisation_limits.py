"""The limits of an API's organisation (gateway/mw_organisation_activity.go @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway.proxy.request_context import Rejected, RequestContext

_ADVICE = "please contact your API administrator"


def check_organisation(context: RequestContext) -> None:
    """Count the request against the rate limit and the quota of its API's organisation, if it has a session.

    A gateway keeps a session that had a request in memory for some seconds, so that changes of it show later;
    the mock does not.

    Raises:
        Rejected: the organisation is inactive, or over one of its limits.
    """
    gateway, org_id = context.gateway, context.api.org_id
    entry = gateway.organisations.find(org_id, org_id) if gateway.config.enforce_org_quotas else None
    if entry is None:
        return
    session = entry[1]
    if session["is_inactive"]:
        raise Rejected(f"this organisation access has been disabled, {_ADVICE}", 403)
    rate, per = session["rate"], session["per"]
    bucket = ("organisation", org_id, session["last_updated"])
    if rate > 0 and per > 0 and not gateway.limiter.take(bucket, rate, per):
        raise Rejected(f"This organisation rate limit has been exceeded, {_ADVICE}", 403)
    if session["quota_max"] <= 0:
        return
    used, renews = gateway.quotas.add(("", org_id), session["quota_renewal_rate"])
    session |= {"quota_remaining": max(0, session["quota_max"] - used), "quota_renews": renews}
    gateway.organisations.save(org_id, session)
    if used > session["quota_max"]:
        raise Rejected(f"This organisation quota has been exceeded, {_ADVICE}", 403)
