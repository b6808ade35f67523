"""Checks of rights, which policies and sessions share, and of what names a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.gateway import mcp_rights
from mockserver.gateway.lint.findings import Document
from mockserver.gateway.lint.inventory import Inventory
from mockserver.gateway.lint.names import did_you_mean
from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.policy_merging import NAMED_LIMITS, interval_of
from mockserver.golang import regexps


def check_right(document: Document, key: str, right: dict[str, Any], inventory: Inventory) -> None:
    """A right whose key is not its api_id, that no API has, or that lets no request pass."""
    path = ("access_rights", key)
    if right["api_id"] and right["api_id"] != key:
        document.report(
            "right-key", (*path, "api_id"), f"the key is {key!r}, and the api_id {right['api_id']!r}", key=key
        )
    if inventory.apis and key not in inventory.api_ids:
        hint = did_you_mean(key, inventory.api_ids, "add the definition, or remove the right")
        document.report("unknown-api", path, f"no API has the id {key!r}", hint=hint)
    if api := inventory.api(key):
        _check_versions(document, path, right["versions"] or [], api.fields["version_data"])
        checks = (mcp_rights.problem_of_members, mcp_rights.problem_of_other_members)
        for check in checks if "mcp_primitives" in right else ():  # gateways before 5.13 check neither
            if problem := check(api, right):
                document.report("misplaced-right", path, problem, reason=problem)
    _check_limits_of_primitives(document, path, right)
    _check_names_of_primitives(document, path, right)
    for index, allowed in enumerate(right["allowed_urls"] or ()):
        if problem := _problem_of(allowed):
            document.report("unmatched-url", (*path, "allowed_urls", str(index)), problem)


def _check_versions(
    document: Document, path: tuple[str, ...], names: Sequence[str], data: dict[str, Any]
) -> None:
    """A right to a versioned API that names none of its versions."""
    versions = data["versions"] or {}
    if data["not_versioned"] or not versions or not versions.keys().isdisjoint(names):
        return
    known = ", ".join(map(repr, versions))
    hint = did_you_mean(names[0], versions, f"name one of {known}") if names else f"name one of {known}"
    shown = " and ".join(map(repr, names)) or "no version"
    document.report(
        "unknown-version", (*path, "versions"), f"the right names {shown}, and the API has {known}", hint=hint
    )


def _check_limits_of_primitives(document: Document, path: tuple[str, ...], right: dict[str, Any]) -> None:
    """Limits of methods and primitives without a rate."""
    for member in NAMED_LIMITS:
        for index, entry in enumerate(right.get(member) or ()):
            if not interval_of(entry["limit"]):
                message = f"the limit of {entry['name']!r} has no rate"
                document.report("limit-without-rate", (*path, member, str(index)), message)


def _check_names_of_primitives(document: Document, path: tuple[str, ...], right: dict[str, Any]) -> None:
    """Names of methods and primitives in lists that are no expressions."""
    primitives = (right.get("mcp_access_rights") or {}).items()
    places = [((*path, "mcp_access_rights", kind), members) for kind, members in primitives]
    methods = "json_rpc_methods_access_rights"
    for place, members in (*places, ((*path, methods), right.get(methods) or {})):
        for list_name, names in members.items():
            for index, name in enumerate(names or ()):
                try:
                    regexps.compiled(f"^(?:{name})$")
                except regexps.BadExpression as error:
                    message = f"{name!r} is no regular expression: {error}"
                    document.report("name-is-no-expression", (*place, list_name, str(index)), message)


def _problem_of(allowed: dict[str, Any]) -> str:
    """What of an entry of allowed_urls no request can match; "" for nothing."""
    if not allowed["methods"]:
        return "the entry has no methods"
    lower = [method for method in allowed["methods"] if method != method.upper()]
    if lower:
        return f"the method {' and '.join(map(repr, lower))} is not in upper case"
    try:
        regexps.compiled(path_expression(allowed["url"], begins=False, ends=False))
    except regexps.BadExpression as error:
        return f"{allowed['url']!r} is no regular expression: {error}"
    return ""


def report_unknown_policies(
    document: Document,
    path: Sequence[str],
    names: Sequence[str],
    inventory: Inventory,
    rule: str = "unknown-policy",
    reason: str = "",
) -> None:
    """Report policies that are named and not among the files; the remedy is that of the first."""
    hint = did_you_mean(names[0], inventory.owners, "add the policy, or correct its name")
    message = f"no policy has the id {' or '.join(map(repr, names))}"
    document.report(rule, path, message, hint=hint, reason=reason)
