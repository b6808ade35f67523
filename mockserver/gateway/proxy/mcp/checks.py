"""Checks of requests to MCP proxies: the message, the rules of the definition, the rights of the session."""

from __future__ import annotations

from mockserver.gateway.oas.path_rules import METHOD_PATH, PRIMITIVE_PATHS, PathRule
from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.mcp import messages
from mockserver.gateway.proxy.mcp.access_lists import is_denied, rules_of_methods, rules_of_primitives
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang.regexps import BadExpression
from mockserver.http.messages import JSON, DropConnection
from mockserver.service.large_json import turn_of

FORBIDDEN = "Requested endpoint is forbidden"
NO_RESOURCE = "access to this resource has been disallowed"
NO_OPERATION = "Access to this operation has been disallowed"


def read_message(context: RequestContext) -> None:
    """Read the message in the body of a POST with JSON; other requests are none (gateway/mw_jsonrpc.go:165).

    Raises:
        BadMessage: the body is no message that can be routed.
        DropConnection: the proxy has only a classic definition, for which a gateway has no routes.
    """
    fields = context.api.fields
    is_message = context.method == "POST" and context.header("Content-Type").startswith(JSON)
    if context.message is not None or not is_message or fields["json_rpc_version"] != messages.VERSION:
        return
    if not context.is_whole:
        raise messages.BadMessage(*messages.UNREADABLE)
    context.check_values()
    rules = context.api.path_rules
    with turn_of(context.body):
        message = messages.read(context.body, rules.primitives("resource"), rules.method_paths)
    if context.api.open_api is None:
        raise DropConnection
    context.message = message


def check_definition(context: RequestContext) -> None:
    """Check that the definition allows the path, which is an internal one after the first pass of a message.

    Source: gateway/api_definition.go:1990, gateway/mw_version_check.go:88 @v5.13.1.

    Raises:
        Rejected: a list of the definition forbids the path, or the path is for messages alone.
        DropConnection: the name of a primitive is no expression, at which a gateway panics.
    """
    rules = context.api.path_rules
    fitting = [rule for rule in rules.paths if _matches(context, rule) and rule.method == context.method]
    for rule in fitting:
        if rule.effect != "internal":
            continue
        is_primitive = rule.path.startswith(tuple(PRIMITIVE_PATHS.values()))
        if is_primitive and context.message is None:
            raise Rejected("Not Found", 404)
        if not is_primitive and not context.is_looped:
            raise Rejected(FORBIDDEN, 403)
    effect = next((rule.effect for rule in fitting if rule.effect != "internal"), "")
    if effect == "blocked":
        raise Rejected(FORBIDDEN, 403)
    if context.is_looped:
        _check_allowed(context, has_entry=any(rule.effect == "allowed" for rule in fitting))
    context.is_ignored = context.is_ignored or effect == "ignored"


def _check_allowed(context: RequestContext, *, has_entry: bool) -> None:
    """Check that an internal path is in the list of its kind, if only those in the list may be used."""
    path = context.url.path
    kinds = {kind for kind, prefix in PRIMITIVE_PATHS.items() if path.startswith(prefix)}
    if path.startswith(METHOD_PATH):
        kinds = {""}
    if not has_entry and kinds & context.api.path_rules.allowed_kinds:
        raise Rejected(NO_OPERATION if "" in kinds else NO_RESOURCE, 403)


def check_methods(context: RequestContext) -> None:
    """Check that the session may use the method (gateway/mw_jsonrpc_access_control.go:37 @v5.13.1).

    Raises:
        Rejected: the right to the proxy has lists of methods that deny it.
    """
    message = context.message
    if message is not None and is_denied(context, rules_of_methods(_right(context)), message.method):
        raise Rejected(f"method '{message.method}' is not available", 403)


def check_primitives(context: RequestContext) -> None:
    """Check that the session may use the primitive (gateway/mw_mcp_access_control.go:37 @v5.13.1).

    Raises:
        Rejected: the right to the proxy has lists of this kind of primitive that deny it.
    """
    message = context.message
    if message is None or not message.kind:
        return
    if is_denied(context, rules_of_primitives(_right(context), message.kind), message.name):
        raise Rejected(f"{message.kind} '{message.name}' is not available", 403)


def _right(context: RequestContext) -> Document:
    """The right of the session to the proxy; empty if it has none."""
    rights = (context.session or {}).get("access_rights") or {}
    right: Document = rights.get(context.api.id) or {}
    return right


def _matches(context: RequestContext, rule: PathRule) -> bool:
    """True if the path, or its part below the listen path, matches a rule (gateway/model_urlspec.go:190).

    Raises:
        DropConnection: the path of the rule is no expression.
    """
    options = context.gateway.config
    expression = path_expression(
        rule.path,
        begins=options.http_server_options__enable_path_prefix_matching,
        ends=options.http_server_options__enable_path_suffix_matching,
    )
    path = context.url.path
    try:
        return any(
            context.gateway.match_cache.search(expression, text)
            for text in (context.api.stripped(path), path)
        )
    except BadExpression:
        raise DropConnection from None
