"""Rate limits of methods and primitives, as limits of the internal paths that messages pass.

A gateway adds them to the session, so that they are stored with it whenever it is stored, and are added again
to the session that was stored. Source: gateway/mcp_synthesis.go @v5.13.1; recording mcp/own-rights.
"""

from __future__ import annotations

from mockserver.gateway.oas.path_rules import METHOD_PATH, PRIMITIVE_PATHS
from mockserver.gateway.policy_merging import Document, interval_of


def add_endpoints(session: Document) -> None:
    """Add to each right of a session the endpoints of its limits for methods and primitives."""
    rights: dict[str, Document] = session["access_rights"] or {}
    for api, right in rights.items():
        if endpoints := _endpoints(right):
            rights[api] = {**right, "endpoints": [*(right["endpoints"] or []), *endpoints]}


def _endpoints(right: Document) -> list[Document]:
    limits = [(METHOD_PATH, limit) for limit in right.get("json_rpc_methods") or ()]
    limits += [(PRIMITIVE_PATHS.get(limit["type"], ""), limit) for limit in right.get("mcp_primitives") or ()]
    return [
        {"path": prefix + entry["name"], "methods": [{"name": "POST", "limit": entry["limit"]}]}
        for prefix, entry in limits
        if prefix and interval_of(entry["limit"])
    ]
