"""Paths of requests, held against the patterns of a right's allowed URLs and endpoints."""

from __future__ import annotations

import re

from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.golang import regexps


def is_endpoint(context: RequestContext, pattern: str) -> bool:
    """Whether the request's path below the listen path fits an endpoint's pattern.

    The whole path does not count (gateway/session_manager.go:254 @v5.12.0).
    """
    options = context.gateway.config
    expression = _expression(
        pattern,
        begins=options.http_server_options__enable_path_prefix_matching,
        ends=options.http_server_options__enable_path_suffix_matching,
    )
    return _fits(context, expression, context.api.stripped(context.url.path))


def is_allowed_url(context: RequestContext, pattern: str) -> bool:
    """Whether the request's path fits an allowed URL (gateway/mw_granular_access.go:47 @v5.12.0)."""
    options = context.gateway.config
    ends = options.http_server_options__enable_path_suffix_matching
    if not options.http_server_options__enable_path_prefix_matching:
        return _fits(context, _expression(pattern, begins=False, ends=ends), context.url.path)
    expression = _expression(pattern, begins=True, ends=ends)
    paths = (context.api.stripped(context.url.path), context.url.path)
    return any(_fits_or_equals(expression, path) for path in paths)


def _expression(pattern: str, *, begins: bool, ends: bool) -> str:
    """The expression that a pattern stands for (internal/httputil/mux.go:28 @v5.12.0)."""
    if 0 < pattern.count("{") == pattern.count("}"):
        pattern = re.sub(r"\{[^}]+\}", "([^/]+)", pattern)
    pattern = pattern.replace("/*/", "/[^/]+/").replace("/*", "/.*")
    if begins and pattern.startswith("/"):
        pattern = "^" + pattern
    return pattern + "$" if ends and not pattern.endswith("$") else pattern


def _fits(context: RequestContext, expression: str, path: str) -> bool:
    """Whether an expression fits a path; one that is none fits nothing."""
    try:
        return context.gateway.expressions.search(expression, path)
    except re.error:
        return False


def _fits_or_equals(expression: str, path: str) -> bool:
    """Whether an expression fits a path or equals it; an empty one fits nothing, and no result is remembered.

    Source: internal/httputil/mux.go:112 @v5.12.0.
    """
    if not expression.strip("^$"):
        return False
    if expression in (path, f"^{path}$"):
        return True
    try:
        return regexps.search(expression, path)
    except re.error:
        return False
