"""The rate limits and quotas of sessions, endpoints and APIs (gateway/session_manager.go:281 @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway import key_ids
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.proxy.path_patterns import is_endpoint
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, rejection
from mockserver.golang.scalars import fold

TOO_FAST = rejection("Rate Limit Exceeded", 429)


def check_limits(context: RequestContext) -> None:
    """Count the request against the rate limit and the quota of its session.

    Raises:
        Rejected: a limit is exceeded, or the session has rights, but none to the API.
    """
    assert context.session is not None
    session, fields = context.session, context.api.fields
    right = (session["access_rights"] or {}).get(context.api.id)
    if session["access_rights"] and right is None:
        raise TOO_FAST
    has_limit = right is not None and not is_empty(right["limit"])
    limit = right["limit"] if right is not None and has_limit else session
    scope = right["allowance_scope"] if right is not None else ""
    if not fields["disable_rate_limit"]:
        _check_rate(context, session, limit, scope, right)
    if not fields["disable_quota"] and limit["quota_max"] > 0:
        _check_quota(context, session, limit, scope)


def _check_rate(
    context: RequestContext, session: Document, limit: Document, scope: str, right: Document | None
) -> None:
    rate, per, endpoint = limit["rate"], limit["per"], ""
    if right is not None and (endpoint_limit := _endpoint_limit(context, right)):
        rate, per, endpoint = endpoint_limit
    if rate <= 0:
        return
    name = (scope.strip("-"), context.token, endpoint, session["last_updated"])
    if not context.gateway.buckets.take(name, rate, per):
        raise TOO_FAST


def _endpoint_limit(context: RequestContext, right: Document) -> tuple[float, float, str] | None:
    """The rate, the seconds and the bucket name of the first endpoint that matches the request, or None.

    The name is a hash that ignores the last bytes of method and path, so that `GET:/x` and `GET:/y` share
    a bucket (gateway/session_manager.go:266 @v5.12.0).
    """
    for endpoint in right["endpoints"] or []:
        for method in endpoint["methods"] or []:
            if fold(method["name"]) == fold(context.method) and is_endpoint(context, endpoint["path"]):
                limit = method["limit"]
                name = f"{method['name']}:{endpoint['path']}"
                return limit["rate"], limit["per"], key_ids.storage_name(name, hashed=True)
    return None


def _check_quota(context: RequestContext, session: Document, limit: Document, scope: str) -> None:
    gateway = context.gateway
    name = gateway.sessions.storage_name(context.token)
    used, renews = gateway.quotas.add((scope, name), limit["quota_renewal_rate"])
    if used == 1 and "quotas-tell-their-end" not in gateway.behaviours:
        renews = int(gateway.now())
    state = {"quota_remaining": max(0, limit["quota_max"] - used), "quota_renews": renews}
    for right in (session["access_rights"] or {}).values():
        if not is_empty(right["limit"]) and right["allowance_scope"] == scope:
            right["limit"] = {**right["limit"], **state}
    if not scope:
        session |= state
    context.is_changed = True
    if used > limit["quota_max"]:
        raise Rejected("Quota exceeded", 403)


def check_api_limit(context: RequestContext) -> None:
    """Count the request against the rate limit of the API (gateway/mw_api_rate_limit.go:97 @v5.12.0).

    Raises:
        Rejected: the limit is exceeded.
    """
    api = context.api
    limit = api.fields["global_rate_limit"]
    if api.fields["disable_rate_limit"] or limit["disabled"] or limit["rate"] <= 0:
        return
    if not context.gateway.buckets.take(("api", api.id, api.text()), limit["rate"], limit["per"]):
        raise Rejected("API Rate Limit Exceeded", 429)


def headers(context: RequestContext) -> list[tuple[str, str]]:
    """The X-Ratelimit headers of a response, which show the quota (gateway/model_apispec.go:314 @v5.12.0)."""
    session: Document = context.session or {
        "access_rights": None,
        "quota_max": 0,
        "quota_remaining": 0,
        "quota_renews": 0,
    }
    right = (session["access_rights"] or {}).get(context.api.id)
    source = right["limit"] if right is not None and not is_empty(right["limit"]) else session
    names = {"Limit": "quota_max", "Remaining": "quota_remaining", "Reset": "quota_renews"}
    return [(f"X-Ratelimit-{name}", str(source[member])) for name, member in names.items()]
