"""Sample policies: a full one, and access rights, limits and endpoints of all kinds."""

from __future__ import annotations

from typing import Any

# Ids of APIs in rights: no API of a gateway has them, for it would have a say in which keys are taken.
ORDERS, BILLS = "tyk-contract-orders", "tyk-contract-bills"
SMOOTHING = {"enabled": True, "threshold": 1, "trigger": 1, "step": 1, "delay": 1}
OFF = {**SMOOTHING, "enabled": False}
FULL = {
    "api_id": ORDERS, "api_name": "Orders", "versions": ["Default", "v2"],
    "allowed_urls": [{"url": "/a", "methods": ["GET"]}, {"url": "/b"}],
    "restricted_types": [{"name": "Q", "fields": ["x"]}], "allowed_types": [{"name": "M", "fields": []}],
    "limit": {
        "rate": 10, "per": 8, "throttle_interval": 1, "throttle_retry_limit": 2, "max_query_depth": 3,
        "quota_max": 100, "quota_renews": 5, "quota_remaining": 7, "quota_renewal_rate": 60, "smoothing": SMOOTHING,
    },
    "field_access_rights": [{"type_name": "Q", "field_name": "x", "limits": {"max_query_depth": 2}}, {}],
    "disable_introspection": True, "allowance_scope": "s",
    "endpoints": [{"path": "/a", "methods": [{"name": "GET", "limit": {"rate": 1, "per": 1}}, {"name": "POST"}]}],
}  # fmt: skip
REPEATED = {
    "api_id": "Orders", "versions": ["v2", "Default", "v2", ""],
    "allowed_urls": [{"url": "/b", "methods": ["PUT", "get", "PUT"]}, {"url": "/A", "methods": ["GET"]}, {"url": "/b", "methods": ["PUT"]}],
    "restricted_types": [{"name": "R", "fields": ["y", "x", "y"]}, {"name": "Q"}, {"name": "R"}],
    "allowed_types": [{"name": "R", "fields": ["y", "x", "y"]}, {"name": "Q"}, {"name": "R"}],
    "field_access_rights": [{"type_name": "Q", "field_name": "x"}, {"type_name": "A"}, {"type_name": "Q", "field_name": "x"}],
}  # fmt: skip
LIMITS = [
    {}, {"rate": 1}, {"per": 1}, {"quota_max": -1}, {"quota_renews": 5}, {"quota_remaining": 5}, {"quota_renewal_rate": 5},
    {"throttle_interval": 0.5}, {"throttle_retry_limit": 1}, {"max_query_depth": 1},
    {"smoothing": SMOOTHING}, {"rate": 1, "smoothing": OFF}, {"rate": 1, "smoothing": SMOOTHING},
]  # fmt: skip
ENDPOINTS = [
    [], [{}], [{"path": "/a", "methods": []}], [{"path": "/a", "methods": [{}]}],
    [{"methods": [{"name": "GET", "limit": {"rate": 0, "per": 1, "smoothing": OFF}}]}],
    [{"path": "/b", "methods": [{"name": "POST", "limit": {"rate": 2, "per": 3, "smoothing": SMOOTHING}}]}, {"path": "/a"}],
    [{"path": "/a", "methods": [{"name": "GET"}]}, {"path": "/a", "methods": [{"name": "PUT"}, {"name": "PUT"}]}, {"path": "/a"}],
]  # fmt: skip


def full_policy(number: int) -> dict[str, Any]:
    """A policy with every member except its id; two of different parity and number share no value.

    A gateway drops the members that its version does not know.
    """
    odd, text = bool(number % 2), f"n{number}"
    smoothing = {
        "enabled": True,
        "threshold": number,
        "trigger": number + 0.5,
        "step": number + 1,
        "delay": number + 2,
    }
    rate = {"rate": number + 0.25, "per": number + 3, "smoothing": smoothing}
    rules = {"allowed": [f"{text}b", f"{text}a"], "blocked": [f"{text}d", f"{text}c"]}
    right = {
        "api_id": f"{text}-id", "api_name": f"{text}-name", "versions": [f"{text}y", f"{text}x"],
        "allowed_urls": [{"url": f"/{text}", "methods": [f"{text}P", f"{text}G"]}, {"url": f"/{text}/2"}],
        "restricted_types": [{"name": f"{text}Q", "fields": [f"{text}f", f"{text}e"]}, {"name": f"{text}R"}],
        "allowed_types": [{"name": f"{text}M", "fields": [f"{text}h", f"{text}g"]}, {"name": f"{text}N"}],
        "limit": {
            **rate, "throttle_interval": number + 4, "throttle_retry_limit": number + 5, "max_query_depth": number + 6,
            "quota_max": number + 7, "quota_renews": number + 8, "quota_remaining": number + 9, "quota_renewal_rate": number + 10,
        },
        "field_access_rights": [
            {"type_name": f"{text}t", "field_name": f"{text}k", "limits": {"max_query_depth": number + 11}},
            {"type_name": f"{text}u"},
        ],
        "disable_introspection": odd, "allowance_scope": f"{text}-scope",
        "endpoints": [
            {"path": f"/{text}/e", "methods": [{"name": f"{text}P", "limit": rate}, {"name": f"{text}G"}]}, {"path": f"/{text}/d"},
        ],
        "json_rpc_methods": [{"name": f"{text}call", "limit": rate}, {"name": f"{text}ask"}],
        "json_rpc_methods_access_rights": rules,
        "mcp_primitives": [{"type": f"{text}tool", "name": f"{text}search", "limit": rate}, {"type": f"{text}prompt"}],
        "mcp_access_rights": {"tools": rules, "resources": rules, "prompts": rules},
    }  # fmt: skip
    return {
        "name": text, "org_id": f"{text}-org", "rate": number + 0.75, "per": number + 12, "quota_max": number + 13,
        "quota_renewal_rate": number + 14, "throttle_interval": number + 15.5, "throttle_retry_limit": number + 16,
        "max_query_depth": number + 17, "access_rights": {f"{text}b": right, f"{text}a": {"api_id": text}},
        "hmac_enabled": odd, "enable_http_signature_validation": odd, "active": odd, "is_inactive": odd,
        "tags": [f"{text}t", f"{text}s"], "key_expires_in": number + 18, "post_expiry_action": f"{text}-action",
        "post_expiry_grace_period": number + 19, "last_updated": f"{text}-date", "meta_data": {f"{text}l": [number, {"x": None}], f"{text}k": text},
        "partitions": dict.fromkeys(["quota", "rate_limit", "complexity", "acl", "per_api"], odd),
        "graphql_access_rights": {f"{text}g": {}, f"{text}f": {}}, "smoothing": {**smoothing, "enabled": odd},
    }  # fmt: skip


def reduced_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy of the same id that has fewer members than this full one at every level."""
    right, name = next(iter(policy["access_rights"])), next(iter(policy["meta_data"]))
    return {
        "id": policy["id"],
        "access_rights": {right: {"api_id": "x"}},
        "meta_data": {name: {}},
        "partitions": {},
    }


MCP = [  # MCP proxies' rights, since 5.13
    {"json_rpc_methods": [{"name": "tools/call", "limit": {"rate": 1, "per": 2}}, {"name": "ping"}, {}]},
    {"json_rpc_methods_access_rights": {"allowed": ["a"], "blocked": ["b", "c"]}},
    {"json_rpc_methods_access_rights": {"allowed": [], "blocked": None}},
    {"mcp_primitives": [{"type": "tool", "name": "search", "limit": {"rate": 3, "per": 4, "smoothing": SMOOTHING}}, {}]},
    {"mcp_primitives": [], "json_rpc_methods": []},
    {"mcp_access_rights": {"tools": {"allowed": ["x"]}, "resources": {"blocked": ["y"]}, "prompts": {"allowed": ["z"]}}},
    {"mcp_access_rights": {"tools": {"allowed": []}, "resources": {}, "prompts": {"blocked": ["y"]}}},
    {"mcp_access_rights": {}},
]  # fmt: skip
