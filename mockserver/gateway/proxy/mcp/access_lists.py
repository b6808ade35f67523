"""Lists of allowed and blocked methods and primitives, in access rights and in the definition of a proxy.

A list has expressions, each of which must match the whole name.
Source: internal/mcp/list_filter.go:135 @v5.13.1; recordings mcp/primitives, mcp/methods and mcp/expressions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mockserver.gateway.mcp_rights import KINDS
from mockserver.gateway.oas.path_rules import PathRules
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import MOST_MATCHES, Rejected, RequestContext
from mockserver.golang.regexps import BadExpression, quoted

TOO_MUCH = f"this mock tries no more than {MOST_MATCHES:,} pairs of an expression and a name for a request"
Lists = Mapping[str, Any]  # "allowed" and "blocked", each a list of expressions or None


def is_denied(context: RequestContext, lists: Lists, name: str) -> bool:
    """True if a name is blocked, or is not among the allowed ones, if there are any."""
    return bool(denied(context, lists, [name]))


def denied(context: RequestContext, lists: Lists, names: Collection[str]) -> set[str]:
    """The names that are blocked, or are not among the allowed ones, if there are any.

    Each expression is held against all names before the next one, for few stay compiled.
    """
    blocked = _matching(context, lists.get("blocked") or (), names)
    allowed = lists.get("allowed") or ()
    rest = [name for name in names if name not in blocked] if allowed else []
    return blocked | (set(rest) - _matching(context, allowed, rest))


def _matching(context: RequestContext, expressions: Iterable[str], names: Collection[str]) -> set[str]:
    """The names that an expression matches."""
    left, found = dict.fromkeys(names), set[str]()
    for expression in expressions:
        fitting = {name for name in left if _matches(context, expression, name)}
        found |= fitting
        left = {name: None for name in left if name not in fitting} if fitting else left
    return found


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
    """True if an expression matches the whole name.

    Raises:
        Rejected: so many were tried for one request already, as an upstream with a huge list makes it.
    """
    context.matches_left -= 1
    if context.matches_left < 0:
        raise Rejected(TOO_MUCH, 500)
    try:
        return context.gateway.match_cache.search(f"^(?:{expression})$", name)
    except BadExpression:
        return expression == name
