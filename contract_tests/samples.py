"""Policies to send: a whole one, and its access rights, limits and endpoints of all kinds."""

from __future__ import annotations

SMOOTHING = {"enabled": True, "threshold": 1, "trigger": 1, "step": 1, "delay": 1}
OFF = {**SMOOTHING, "enabled": False}
FULL = {
    "api_id": "orders", "api_name": "Orders", "versions": ["Default", "v2"],
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
LIMITS = [
    {}, {"rate": 1}, {"per": 1}, {"quota_max": -1}, {"quota_renews": 5}, {"quota_remaining": 5}, {"quota_renewal_rate": 5},
    {"throttle_interval": 0.5}, {"throttle_retry_limit": 1}, {"max_query_depth": 1},
    {"smoothing": SMOOTHING}, {"rate": 1, "smoothing": OFF}, {"rate": 1, "smoothing": SMOOTHING},
]  # fmt: skip
ENDPOINTS = [
    [], [{}], [{"path": "/a", "methods": []}], [{"path": "/a", "methods": [{}]}],
    [{"methods": [{"name": "GET", "limit": {"rate": 0, "per": 1, "smoothing": OFF}}]}],
    [{"path": "/b", "methods": [{"name": "POST", "limit": {"rate": 2, "per": 3, "smoothing": SMOOTHING}}]}, {"path": "/a"}],
]  # fmt: skip
WHOLE = {
    "name": "whole", "org_id": "acme", "rate": 1, "per": 2, "quota_max": 3, "quota_renewal_rate": 4,
    "throttle_interval": 5, "throttle_retry_limit": 6, "max_query_depth": 7, "access_rights": {"orders": FULL, "b": {}},
    "hmac_enabled": True, "enable_http_signature_validation": True, "active": True, "is_inactive": True,
    "tags": ["b", "a"], "key_expires_in": 8, "last_updated": "9", "meta_data": {"k": [1, {"x": None}]},
    "partitions": {"quota": True, "rate_limit": True, "complexity": True, "acl": True, "per_api": True},
    "graphql_access_rights": {"g": {}}, "smoothing": SMOOTHING,
}  # fmt: skip
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
