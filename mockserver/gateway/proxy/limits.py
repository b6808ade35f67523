"""How many requests may pass: rates and quotas of a session (gateway/session_manager.go:281 @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway import key_ids
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.proxy.path_patterns import is_endpoint
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang.scalars import fold

TOO_FAST = Rejected("Rate Limit Exceeded", 429)


def check_limits(visit: RequestContext) -> None:
    """Count the request; refuse it where a rate or a quota is used up."""
    assert visit.session is not None
    session, known = visit.session, visit.api.fields
    right = (session["access_rights"] or {}).get(visit.api.id)
    if session["access_rights"] and right is None:
        raise TOO_FAST
    own = right is not None and not is_empty(right["limit"])
    limit = right["limit"] if right is not None and own else session
    scope = right["allowance_scope"] if right is not None else ""
    if not known["disable_rate_limit"]:
        _check_rate(visit, session, limit, scope, right)
    if not known["disable_quota"] and limit["quota_max"] > 0:
        _check_quota(visit, session, limit, scope)


def _check_rate(
    visit: RequestContext, session: Document, limit: Document, scope: str, right: Document | None
) -> None:
    rate, per, endpoint = limit["rate"], limit["per"], ""
    if right is not None and (found := _endpoint(visit, right)):
        rate, per, endpoint = found
    if rate <= 0:
        return
    name = (scope.strip("-"), visit.token, endpoint, session["last_updated"])
    if not visit.gateway.buckets.take(name, rate, per):
        raise TOO_FAST


def _endpoint(visit: RequestContext, right: Document) -> tuple[float, float, str] | None:
    """Return rate, seconds and bucket name of the first endpoint that matches the request, or None.

    The name is a hash that ignores the last bytes of method and path, so that `GET:/x` and `GET:/y` share
    a bucket (gateway/session_manager.go:266 @v5.12.0).
    """
    for endpoint in right["endpoints"] or []:
        for method in endpoint["methods"] or []:
            if fold(method["name"]) == fold(visit.method) and is_endpoint(visit, endpoint["path"]):
                limit = method["limit"]
                name = f"{method['name']}:{endpoint['path']}"
                return limit["rate"], limit["per"], key_ids.storage_name(name, hashed=True)
    return None


def _check_quota(visit: RequestContext, session: Document, limit: Document, scope: str) -> None:
    gateway = visit.gateway
    name = gateway.sessions.storage_name(visit.token)
    used, renews = gateway.quotas.add((scope, name), limit["quota_renewal_rate"])
    if used == 1 and "quotas-tell-their-end" not in gateway.behaviours:
        renews = int(gateway.now())
    left = {"quota_remaining": max(0, limit["quota_max"] - used), "quota_renews": renews}
    for right in (session["access_rights"] or {}).values():
        if not is_empty(right["limit"]) and right["allowance_scope"] == scope:
            right["limit"] = {**right["limit"], **left}
    if not scope:
        session |= left
    visit.is_changed = True
    if used > limit["quota_max"]:
        raise Rejected("Quota exceeded", 403)


def check_api_limit(visit: RequestContext) -> None:
    """Count the request for the API as a whole (gateway/mw_api_rate_limit.go:97 @v5.12.0)."""
    known = visit.api.fields
    limit = known["global_rate_limit"]
    if known["disable_rate_limit"] or limit["disabled"] or limit["rate"] <= 0:
        return
    if not visit.gateway.buckets.take(("api", visit.api.id, visit.api.text()), limit["rate"], limit["per"]):
        raise Rejected("API Rate Limit Exceeded", 429)


def headers(visit: RequestContext) -> list[tuple[str, str]]:
    """What an answer tells of the quota (gateway/model_apispec.go:314 @v5.12.0)."""
    session: Document = visit.session or {
        "access_rights": None,
        "quota_max": 0,
        "quota_remaining": 0,
        "quota_renews": 0,
    }
    right = (session["access_rights"] or {}).get(visit.api.id)
    source = right["limit"] if right is not None and not is_empty(right["limit"]) else session
    names = {"Limit": "quota_max", "Remaining": "quota_remaining", "Reset": "quota_renews"}
    return [(f"X-Ratelimit-{name}", str(source[member])) for name, member in names.items()]
