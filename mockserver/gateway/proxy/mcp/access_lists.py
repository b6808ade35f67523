"""Lists of allowed and blocked methods and primitives, in access rights and in the definition of a proxy.

A list has expressions, each of which must match the whole name.
Source: internal/mcp/list_filter.go:135 @v5.13.1; recordings mcp/primitives, mcp/methods and mcp/expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.gateway.mcp_rights import KINDS
from mockserver.gateway.oas.path_rules import PathRules
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.golang.regexps import BadExpression, quoted

Lists = Mapping[str, Any]  # "allowed" and "blocked", each a list of expressions or None


def is_denied(context: RequestContext, lists: Lists, name: str) -> bool:
    """True if a name is blocked, or is not among the allowed ones, if there are any."""
    if any(_matches(context, expression, name) for expression in lists.get("blocked") or ()):
        return True
    allowed = lists.get("allowed") or ()
    return bool(allowed) and not any(_matches(context, expression, name) for expression in allowed)


def rules_of_methods(right: Document) -> Lists:
    """The lists of methods in an access right; empty if it has none."""
    lists: Lists = right.get("json_rpc_methods_access_rights") or {}
    return lists


def rules_of_primitives(right: Document, kind: str) -> Lists:
    """The lists of a kind of primitive in an access right; empty if it has none."""
    lists: Lists = (right.get("mcp_access_rights") or {}).get(KINDS[kind]) or {}
    return lists


def rules_of_definition(rules: PathRules, kind: str) -> Lists:
    """The lists of a kind of primitive, or of methods for "", that the definition of a proxy has.

    In the name of a primitive `*` stands for any text (gateway/mcp_discovery_rules.go:110 @v5.14.0).
    """
    return {
        list_name: list(_expressions(rules.names(kind, member), has_wildcards=bool(kind)))
        for list_name, member in (("allowed", "allow"), ("blocked", "block"))
    }


def _expressions(names: Iterable[str], *, has_wildcards: bool) -> Iterable[str]:
    for name in names:
        yield ".*".join(map(quoted, name.split("*"))) if has_wildcards else quoted(name)


def _matches(context: RequestContext, expression: str, name: str) -> bool:
    try:
        return context.gateway.match_cache.search(f"^(?:{expression})$", name)
    except BadExpression:
        return expression == name
