"""Cross-origin resource sharing: the headers of an API, and its answers to OPTIONS.

Source: gateway/mw_cors.go and gateway/server.go:1322 @v5.12.0, cors.go of rs/cors v1.11.1.
"""

from __future__ import annotations

from collections.abc import Callable

from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import Answered, RequestContext
from mockserver.http.answer_heads import canonical
from mockserver.http.messages import Reply

Headers = list[tuple[str, str]]

_SIMPLE_METHODS = ("GET", "POST", "HEAD")  # that are allowed if the definition names none
_SIMPLE_HEADERS = ("accept", "content-type", "x-requested-with")
_MOST_EMPTY_NAMES = 16  # in a list of headers
_PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_SENT_ONCE = {  # headers of an upstream that give way to those of the gateway (gateway/reverse_proxy.go:58)
    "access-control-allow-origin", "access-control-expose-headers", "access-control-max-age",
    "access-control-allow-credentials", "access-control-allow-methods", "access-control-allow-headers",
}  # fmt: skip


def is_enabled(api: Api) -> bool:
    """True if an API has rules for requests of pages from other origins."""
    return bool(api.fields["CORS"]["enable"])


def passes_options(context: RequestContext) -> bool:
    """True for a request that goes to the upstream without any step (gateway/middleware.go:169 @v5.12.0)."""
    return context.method == "OPTIONS" and bool(context.api.fields["CORS"]["options_passthrough"])


def passes_path_lists(context: RequestContext) -> bool:
    """True for a preflight that no list of paths concerns (gateway/api_definition.go:2085 @v5.14.0)."""
    return (
        "preflights-pass-path-lists" in context.gateway.behaviours
        and is_enabled(context.api)
        and not context.api.fields["CORS"]["options_passthrough"]
        and _is_preflight(context)
    )


def check_origin(context: RequestContext) -> None:
    """Give the reply the headers that tell a browser what it may do.

    Raises:
        Answered: the method is OPTIONS; the reply is empty.
    """
    context.response_headers += _headers(context)
    if context.method == "OPTIONS":
        raise Answered(_empty(context, context.response_headers))


def wrapped(context: RequestContext, endpoint: Callable[[RequestContext], Reply]) -> Reply:
    """The reply of an endpoint of the gateway itself, with the headers of its API."""
    if not is_enabled(context.api):
        return endpoint(context)
    headers = _headers(context)
    if _is_preflight(context) and not context.api.fields["CORS"]["options_passthrough"]:
        return _empty(context, headers)
    reply = endpoint(context)
    return Reply(reply.body, reply.status, (*reply.headers, *headers))


def without_twins(headers: tuple[tuple[str, str], ...], own: Headers) -> Headers:
    """The headers of an upstream, without those that the gateway sends itself."""
    sent = {name.lower() for name, value in own if value} & _SENT_ONCE
    return [header for header in headers if header[0].lower() not in sent]


def _empty(context: RequestContext, headers: Headers) -> Reply:
    return Reply(b"", 204 if _is_preflight(context) else 200, tuple(headers))


def _is_preflight(context: RequestContext) -> bool:
    return context.method == "OPTIONS" and context.header("Access-Control-Request-Method") != ""


def _headers(context: RequestContext) -> Headers:
    """The headers of the reply to a request; all but Vary need an origin that is allowed."""
    rules = context.api.fields["CORS"]
    origin, is_preflight = context.header("Origin"), _is_preflight(context)
    method = context.header("Access-Control-Request-Method") if is_preflight else context.method
    headers = [("Vary", _PREFLIGHT_VARY if is_preflight else "Origin")]
    if not origin or not _is_origin_allowed(rules, origin) or not _is_method_allowed(rules, method):
        return headers
    names = context.headers.get("access-control-request-headers")
    if is_preflight and names is not None and not _are_names_allowed(rules, names):
        return headers
    every = not rules["allowed_origins"] or "*" in rules["allowed_origins"]
    headers.append(("Access-Control-Allow-Origin", "*" if every else origin))
    if is_preflight:
        headers.append(("Access-Control-Allow-Methods", method))
        if names:
            headers.append(("Access-Control-Allow-Headers", names))
        if rules["max_age"]:
            headers.append(("Access-Control-Max-Age", str(max(0, rules["max_age"]))))
    elif rules["exposed_headers"]:
        exposed = ", ".join(canonical(name) for name in rules["exposed_headers"])
        headers.append(("Access-Control-Expose-Headers", exposed))
    if rules["allow_credentials"]:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return headers


def _is_origin_allowed(rules: Document, origin: str) -> bool:
    """True if an origin is listed, or has the beginning and the end of one with an asterisk."""
    allowed, origin = [text.lower() for text in rules["allowed_origins"] or ["*"]], origin.lower()
    if "*" in allowed or origin in (text for text in allowed if "*" not in text):
        return True
    ends = (text.partition("*") for text in allowed if "*" in text)
    return any(
        len(origin) >= len(first) + len(last) and origin.startswith(first) and origin.endswith(last)
        for first, _, last in ends
    )


def _is_method_allowed(rules: Document, method: str) -> bool:
    return method == "OPTIONS" or method in (rules["allowed_methods"] or _SIMPLE_METHODS)


def _are_names_allowed(rules: Document, text: str) -> bool:
    """True if all names of headers are listed; they must be sorted, as browsers send them."""
    listed = rules["allowed_headers"] or _SIMPLE_HEADERS
    if "*" in listed:
        return True
    allowed, last, empty = {name.lower() for name in listed}, "", 0
    for part in text.split(","):
        name = part.strip(" \t")
        if not name:
            empty += 1
            if len(part) > 2 or empty > _MOST_EMPTY_NAMES:
                return False
        elif name not in allowed or name <= last or part not in _loosely(name):
            return False
        else:
            last = name
    return True


def _loosely(name: str) -> set[str]:
    """The name with up to one blank on each side."""
    return {before + name + after for before in ("", " ", "\t") for after in ("", " ", "\t")}
