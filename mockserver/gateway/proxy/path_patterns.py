"""Matching of request paths against the allowed URLs and endpoints of an access right."""

from __future__ import annotations

from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.golang import regexps


def is_endpoint(context: RequestContext, pattern: str) -> bool:
    """True if the request's path below the listen path matches the pattern of an endpoint.

    The path with the listen path is never matched (gateway/session_manager.go:254 @v5.12.0).
    """
    options = context.gateway.config
    expression = path_expression(
        pattern,
        begins=options.http_server_options__enable_path_prefix_matching,
        ends=options.http_server_options__enable_path_suffix_matching,
    )
    return _matches(context, expression, context.api.stripped(context.url.path))


def is_allowed_url(context: RequestContext, pattern: str) -> bool:
    """True if the request path matches an allowed URL (gateway/mw_granular_access.go:47 @v5.12.0)."""
    options = context.gateway.config
    ends = options.http_server_options__enable_path_suffix_matching
    if not options.http_server_options__enable_path_prefix_matching:
        return _matches(context, path_expression(pattern, begins=False, ends=ends), context.url.path)
    expression = path_expression(pattern, begins=True, ends=ends)
    paths = (context.api.stripped(context.url.path), context.url.path)
    return any(_matches_or_equals(expression, path) for path in paths)


def _matches(context: RequestContext, expression: str, path: str) -> bool:
    """True if an expression matches a path; an invalid one matches nothing."""
    try:
        return context.gateway.match_cache.search(expression, path)
    except regexps.BadExpression:
        return False


def _matches_or_equals(expression: str, path: str) -> bool:
    """True if an expression matches or equals a path; an empty one matches nothing. Results are not cached.

    Source: internal/httputil/mux.go:112 @v5.12.0.
    """
    if not expression.strip("^$"):
        return False
    if expression in (path, f"^{path}$"):
        return True
    try:
        return regexps.search(expression, path)
    except regexps.BadExpression:
        return False
