"""Requests whose method or URL the definition of an API changes for the upstream.

Source: gateway/mw_url_rewrite.go:43 and :512, gateway/mw_method_transform.go:30 and gateway/api_loader.go:676
@v5.12.0; recordings transforms/rewrites and transforms/methods.
"""

from __future__ import annotations

import re

from mockserver.gateway.proxy import path_lists
from mockserver.gateway.proxy.loops import SCHEME, with_plain_host
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.upstream_requests import Rewriting
from mockserver.gateway.proxy.url_triggers import chosen_url
from mockserver.gateway.proxy.variables import replaced, with_value
from mockserver.golang import absolute_urls, regexps, urls
from mockserver.golang.absolute_urls import AbsoluteUrl

METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_PATH_AFTER_HOST = re.compile("[^/]*//[^/]*(.*)", re.DOTALL)
_GROUP = re.compile(r"\$[0-9]+")


def rewrite_url(context: RequestContext) -> None:
    """Rewrite the URL of a request by the first entry for its path and method.

    Raises:
        Rejected: the expression is invalid, or the URL would be too long, or the mock does not know such
            a rewriting.
    """
    entry = path_lists.transformation(context, "url_rewrites", context.url.path)
    if entry is None:
        return
    text = _rewritten(context, entry["match_pattern"], chosen_url(context, entry))
    text = with_plain_host(replaced(context, text, escapes=True))
    try:
        new = absolute_urls.parse(text)
    except absolute_urls.BadUrl:
        return
    whole, mark, query = text.partition("#")[0].partition("?")
    raw = _PATH_AFTER_HOST.sub(r"\1", whole) if new.authority else whole
    url = urls.Url(new.path, mark + query, raw="" if raw == urls.escaped(new.path) else raw)
    is_own = new.scheme != SCHEME and new.authority == context.url.origin.partition("//")[2]
    target = AbsoluteUrl(new.scheme, new.authority) if new.scheme and not is_own else None
    context.rewriting = Rewriting(url, target)


def _rewritten(context: RequestContext, pattern: str, rewrite_to: str) -> str:
    """The new URL of a request, with groups of an expression in it; the old one if that does not match."""
    url = context.url
    text = url.origin + urls.escaped(url.path, url.raw) + url.query
    try:
        groups = regexps.whole_and_groups(pattern, text)
        if groups is None and _BAD_ESCAPE.search(text):
            raise Rejected(f"failed to decode URL path: {text}", 500)
        if groups is None and "%" in text:
            groups = regexps.whole_and_groups(pattern, urls.unescaped(text))
    except regexps.BadExpression as error:
        raise Rejected(f"URLRewrite regexp error {pattern}", 500) from error
    if groups is None:
        return text
    context.answer_path, result = url.path, rewrite_to
    for variable in _GROUP.findall(rewrite_to):
        number = variable[1:]
        known = len(number) < 4 and str(int(number)) == number and int(number) < len(groups)
        result = with_value(context, result, variable, groups[int(number)] if known else "")
    return result


def rewrite_method(context: RequestContext) -> None:
    """Choose the method of the request to the upstream by the first entry for its path and method.

    Raises:
        Rejected: it is no method that a gateway sends.
    """
    if entry := path_lists.transformation(context, "method_transforms", context.url.path):
        method = entry["to_method"].upper()
        if method not in METHODS:
            raise Rejected("Method not allowed", 405)
        context.answer_method, context.upstream_method = context.method, method
