"""The rate limits and quotas of sessions, endpoints and APIs (gateway/session_manager.go:281 @v5.12.0)."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from functools import partial

from mockserver.gateway import key_ids
from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.proxy import path_lists, quota_monitor
from mockserver.gateway.proxy.limit_names import shared_name
from mockserver.gateway.proxy.path_patterns import is_endpoint
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.replies import error
from mockserver.gateway.sliding_logs import Name, is_valid
from mockserver.golang.scalars import fold
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

TOO_FAST = partial(Rejected, "Rate Limit Exceeded", 429, event="Throttle")
MOST_SECONDS = 30  # that a request waits for its rate; a gateway waits without a bound
MOST_RETRIES = 1000  # however short the interval between them is
_Bucket = tuple[Name, float, float, Document | None]  # a name, a rate, its seconds and its smoothing


@dataclass(frozen=True)
class _Limits:
    """The limits of a request: those of its right to the API, or else of its session.

    Attributes:
        bucket: what counts it against a rate; None if no rate applies.
        has_quota: True if a quota counts it.
    """

    session: Document
    limit: Document
    scope: str
    bucket: _Bucket | None
    has_quota: bool


def check_limits(context: RequestContext) -> None:
    """Count the request against the rate limit and the quota of its session.

    Raises:
        Rejected: a limit is exceeded, or the session has rights, but none to the API.
    """
    if not context.loops.counts:
        return
    limits = _limits(context)
    if limits.bucket is not None and not context.gateway.limiter.take(*limits.bucket):
        _wait(context, limits, limits.bucket)
    _check_quota(context, limits)
    quota_monitor.check_key(context.gateway, limits.session, context.token)


def _limits(context: RequestContext) -> _Limits:
    assert context.session is not None
    session, fields = context.session, context.api.fields
    right = (session["access_rights"] or {}).get(context.api.id)
    if session["access_rights"] and right is None:
        raise TOO_FAST(f"the key has no right to the API {context.api.id!r}")
    limit = right["limit"] if right is not None and not is_empty(right["limit"]) else session
    scope = right["allowance_scope"] if right is not None else ""
    has_quota = not fields["disable_quota"] and limit["quota_max"] > 0
    bucket = None if fields["disable_rate_limit"] else _bucket(context, session, limit, scope, right)
    return _Limits(session, limit, scope, bucket, has_quota)


def _bucket(
    context: RequestContext, session: Document, limit: Document, scope: str, right: Document | None
) -> _Bucket | None:
    rate, per, endpoint = limit["rate"], limit["per"], ""
    if right is not None and (endpoint_limit := _endpoint_limit(context, right)):
        rate, per, endpoint = endpoint_limit
    shared = shared_name(context)
    counted_since = "" if shared else session["last_updated"]
    key = shared or context.gateway.sessions.storage_name(context.token)
    name = (scope.strip("-"), key, endpoint, counted_since)
    own = limit["smoothing"]
    smoothing = own if is_valid(own) else session["smoothing"]
    return (name, rate, per, smoothing) if rate > 0 else None


def _wait(context: RequestContext, limits: _Limits, bucket: _Bucket) -> None:
    """Try a request again that is over its rate, until the rate has room (gateway/mw_rate_limiting.go:103).

    Each try that finds room counts against the quota, as on a gateway, so that a request that waited is
    counted twice. The try after the last is without effect.

    Raises:
        Rejected: the limits allow no retry, or no retry has found room.
    """
    retries, interval = limits.limit["throttle_retry_limit"], max(0.0, limits.limit["throttle_interval"])
    for _ in range(min(retries, int(min(MOST_RETRIES, MOST_SECONDS / interval if interval else math.inf)))):
        time.sleep(interval)
        if _has_room(context, limits, bucket) and context.gateway.limiter.take(*bucket):
            return
    if retries > 0 and interval < MOST_SECONDS:
        time.sleep(interval)
        _has_room(context, limits, bucket)
    _, rate, per, _ = bucket
    raise TOO_FAST(f"{rate:g} requests in {per:g} s")


def _has_room(context: RequestContext, limits: _Limits, bucket: _Bucket) -> bool:
    if context.gateway.limiter.is_empty(*bucket):
        return False
    with contextlib.suppress(Rejected):
        _check_quota(context, limits)
        return True
    return False


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


def _check_quota(context: RequestContext, limits: _Limits) -> None:
    if not limits.has_quota:
        return
    gateway, session, limit, scope = context.gateway, limits.session, limits.limit, limits.scope
    name = shared_name(context) or gateway.sessions.storage_name(context.token)
    used, renews = gateway.quotas.add((scope, name), limit["quota_renewal_rate"])
    if used == 1 and "quotas-tell-their-end" not in gateway.behaviours:
        renews = int(gateway.now())
    state = {"quota_remaining": max(0, limit["quota_max"] - used), "quota_renews": renews}
    for right in (session["access_rights"] or {}).values():
        if not is_empty(right["limit"]) and right["allowance_scope"] == scope:
            right["limit"] = {**right["limit"], **state}
    if not scope:
        session |= state
    if context.variables is not None and "quotas-are-variables" in gateway.behaviours:
        names = {
            "quota_limit": "quota_max",
            "quota_remaining": "quota_remaining",
            "quota_reset": "quota_renews",
        }
        values = {**limit, **state}
        context.variables.added.update({name: values[member] for name, member in names.items()})
    if gateway.config.legacy_enable_allowance_countdown:
        session["allowance"] -= 1
    context.is_changed = True
    if used > limit["quota_max"]:
        cause = f"{limit['quota_max']} requests in {limit['quota_renewal_rate']} s"
        raise Rejected("Quota exceeded", 403, cause, event="QuotaViolation")


def check_api_limit(context: RequestContext) -> None:
    """Count the request against the limit of its path in the definition, or else against that of the API.

    An API that has limits of paths heeds its own limit even if that is disabled.
    Source: gateway/mw_api_rate_limit.go:29 @v5.12.0; recording operations/limits.

    Raises:
        Rejected: the limit is exceeded.
    """
    api = context.api
    limit = api.fields["global_rate_limit"]
    if api.fields["disable_rate_limit"] or not context.loops.counts:
        return
    own = path_lists.endpoint(context, "rate_limit")
    if own and own["rate"] and own["per"] > 0:
        count_for_api(context, own["rate"], own["per"], f"{own['method']}:{own['path']}")
    elif limit["rate"] > 0 and (not limit["disabled"] or _has_limited_paths(api)):
        count_for_api(context, limit["rate"], limit["per"])


def _has_limited_paths(api: Api) -> bool:
    """True if any version of an API has a path with a limit, whether it uses such lists or not."""
    versions = (api.fields["version_data"]["versions"] or {}).values()
    return any(
        not e["disabled"] for version in versions for e in version["extended_paths"]["rate_limit"] or ()
    )


def count_for_api(context: RequestContext, rate: float, per: float, endpoint: str = "") -> None:
    """Count the request against a limit that all clients of an API share, or of one of its endpoints.

    A negative rate is no limit.

    Raises:
        Rejected: the limit is exceeded.
    """
    if rate <= 0:
        return
    api = context.api
    name = key_ids.storage_name(endpoint, hashed=True) if endpoint else ""
    if not context.gateway.limiter.take(("api", api.org_id + api.id, name, api.text), rate, per):
        cause = f"{rate:g} requests in {per:g} s for all clients"
        raise Rejected("API Rate Limit Exceeded", 429, cause, event="Throttle")


def report(context: RequestContext) -> Reply:
    """The limits of a session as a client may read them (gateway/api.go:2988 @v5.12.0)."""
    session = context.session
    if session is None:
        return error("Health checks are not enabled for this node", 400)
    quota = {name: session[name] for name in ("quota_max", "quota_remaining", "quota_renews")}
    return json_reply(
        {"quota": quota, "rate_limit": {"requests": session["rate"], "per_unit": session["per"]}}
    )


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
