"""Requests that an API sends to itself or to another API, by a rewritten URL or as its target: `tyk://orders/a`.

Source: gateway/api_loader.go:655, gateway/api.go:3369 and gateway/mw_url_rewrite.go:531 @v5.12.0; recording
loops/requests.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from operator import itemgetter
from urllib.parse import urlencode

from mockserver.gateway.api_definition import Api
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.upstream_requests import rewritten
from mockserver.gateway.proxy.version_apis import found_api
from mockserver.golang import urls
from mockserver.http.messages import DropConnection

SCHEME, SELF = "tyk", "self"
MOST_LEVELS = 100  # of loops of one request; a gateway has no bound where a definition says so
TOO_DEEP = partial(
    Rejected, f"this mock hands a request on {MOST_LEVELS} times at most; correct the definition", 508
)
_SETTINGS = ("method", "loop_limit", "check_limits")  # parameters that say how a request loops
_LEVELS = 5  # of loops, unless the first of them says otherwise
_HOST = re.compile(f"^{SCHEME}://([^/]+)")


def with_plain_host(text: str) -> str:
    """A new URL whose host, if it names an API, has a hyphen for each run of other signs."""
    return _HOST.sub(lambda match: f"{SCHEME}://{re.sub('[^A-Za-z0-9]+', '-', match[1])}", text)


def follow(context: RequestContext) -> bool:
    """Hand the request to the API that its new URL names, or else the target; False if neither names one.

    Raises:
        Rejected: there is no such API, or the request has been handed on too often.
        DropConnection: the API is not served, at which a gateway panics.
    """
    rewriting = context.rewriting
    if rewriting is not None and rewriting.target is not None and rewriting.target.scheme == SCHEME:
        _loop(context, rewriting.target.authority, rewriting.url)
    elif context.api.target.scheme == SCHEME:
        _redirect(context)
    else:
        return False
    context.loops.passes += 1
    if context.loops.passes > MOST_LEVELS:
        raise TOO_DEEP("its rewritten URLs or targets lead from one to another")
    context.rewriting, context.upstream_method = None, ""
    return True


def _loop(context: RequestContext, host: str, url: urls.Url) -> None:
    state, value = context.loops, partial(urls.first_value, url.query)
    limit = state.limit or _LEVELS
    if state.levels > limit:
        raise Rejected(f"Loop level too deep. Found more than {limit} loops in single request", 500)
    context.method = value("method") or context.upstream_method or context.method
    if host == SELF:
        state.is_own = True
    else:
        context.api = _api_of(context, host, "Can't detect loop target")
    may_count = "self-loops-may-count" in context.gateway.behaviours or not state.is_own
    state.counts = may_count and value("check_limits") == "true"
    has_new_query = "loops-keep-a-new-query" in context.gateway.behaviours
    context.url = replace(url, query=_query(url) if has_new_query else context.url.query)
    state.levels += 1
    if not state.limit and re.fullmatch("[+-]?[0-9]{1,18}", value("loop_limit")):
        state.limit = max(0, int(value("loop_limit")))


def _query(url: urls.Url) -> str:
    """The query of a new URL without the parameters that say how the request loops."""
    pairs = sorted(
        (pair for pair in urls.parameters(url.query) if pair[0] not in _SETTINGS), key=itemgetter(0)
    )
    return f"?{urlencode(pairs, errors='surrogateescape')}" if pairs else ""


def _redirect(context: RequestContext) -> None:
    api = context.api
    context.method = context.upstream_method or context.method
    url = rewritten(context.url, context.rewriting)
    if api.fields["proxy"]["strip_listen_path"]:
        url = replace(url, path=api.stripped(url.path), raw=url.raw and api.stripped(url.raw))
    context.url = url
    context.api = _api_of(context, api.target.authority, "Couldn't detect target")


def _api_of(context: RequestContext, name: str, problem: str) -> Api:
    api = found_api(context.gateway, name)
    if api is None:
        raise Rejected(problem, 500)
    if api.problem:
        raise DropConnection
    return api
