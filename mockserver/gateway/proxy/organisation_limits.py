"""The limits of an API's organisation (gateway/mw_organisation_activity.go @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import quota_monitor
from mockserver.gateway.proxy.request_context import Rejected, RequestContext

_ADVICE = "please contact your API administrator"


def check_organisation(context: RequestContext) -> None:
    """Count the request against the rate limit and the quota of its API's organisation, if it has a session.

    With `experimental_process_org_off_thread` a real gateway counts the request beside it, and decides by
    what the request before it came to (:227). A gateway keeps a session that had a request in memory for some
    seconds, so that changes of it show later; the mock does not.

    Raises:
        Rejected: the organisation is inactive, or over one of its limits.
    """
    gateway, org_id = context.gateway, context.api.org_id
    entry = gateway.organisations.find(org_id, org_id) if gateway.config.enforce_org_quotas else None
    if entry is None or not context.loops.counts:
        return
    problem = _problem(gateway, org_id, entry[1])
    if gateway.config.experimental_process_org_off_thread:
        problem, gateway.refused_organisations[org_id] = (
            gateway.refused_organisations.get(org_id, ""),
            problem and "This organization access has been disabled or quota/rate limit is exceeded",
        )
    if problem:
        raise Rejected(f"{problem}, {_ADVICE}", 403)
    quota_monitor.check_organisation(gateway, entry[1])


def _problem(gateway: Gateway, org_id: str, session: Document) -> str:
    """Why a request to an API of the organisation is refused, after counting it; "" if it is not."""
    if session["is_inactive"]:
        return "this organisation access has been disabled"
    rate, per = session["rate"], session["per"]
    bucket = ("organisation", org_id, session["last_updated"])
    if rate > 0 and per > 0 and not gateway.limiter.take(bucket, rate, per):
        return "This organisation rate limit has been exceeded"
    if session["quota_max"] <= 0:
        return ""
    used, renews = gateway.quotas.add(("", org_id), session["quota_renewal_rate"])
    session |= {"quota_remaining": max(0, session["quota_max"] - used), "quota_renews": renews}
    gateway.organisations.save(org_id, session)
    return "This organisation quota has been exceeded" if used > session["quota_max"] else ""
