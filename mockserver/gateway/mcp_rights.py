"""Members of access rights that MCP proxies alone have, and those that they do not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import LISTS, NAMED_LIMITS, has_value
from mockserver.golang import json_reader

KINDS = {"tool": "tools", "resource": "resources", "prompt": "prompts"}  # of primitives, and members of lists
_OTHER_MEMBERS = (
    "allowed_urls", "endpoints", "restricted_types", "allowed_types", "disable_introspection",
    "field_access_rights",
)  # fmt: skip
Right = Mapping[str, Any]


def problem_of_members(api: Api, right: Right) -> str:
    """Why a gateway refuses a right with members for MCP proxies; "" if it takes it.

    Source: gateway/policy.go:84 @v5.13.1; recording mcps/policies.
    """
    if not _has_any(right, (*NAMED_LIMITS, *LISTS)):
        return ""
    if not api.is_mcp:
        return f'MCP fields can only be configured on MCP Proxies, API "{api.id}" is not an MCP Proxy'
    for primitive in right["mcp_primitives"] or ():
        if primitive["type"] not in KINDS:
            kind = json_reader.quote(primitive["type"])
            return f"invalid MCP primitive type {kind}: must be one of {', '.join(KINDS)}"
    return ""


def problem_of_other_members(api: Api, right: Right) -> str:
    """Why a gateway refuses a right with members that MCP proxies do not have; "" if it takes it."""
    if not api.is_mcp or not _has_any(right, _OTHER_MEMBERS):
        return ""
    message = "HTTP/REST and GraphQL fields cannot be configured on MCP Proxies"
    return f'{message}, API "{api.id}" is an MCP Proxy'


def _has_any(right: Right, members: Iterable[str]) -> bool:
    return any(has_value(right.get(member)) for member in members)
