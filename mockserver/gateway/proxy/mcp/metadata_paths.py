"""The paths at which clients look for the metadata of resources and of authorization servers."""

from __future__ import annotations

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
_ROOTS = (RESOURCE, SERVER, "/.well-known/openid-configuration")


def is_at_root(path: str) -> bool:
    """True if an upstream has what is at this path at its root, and not below its own path.

    Source: internal/mcp/discovery.go:24 @v5.13.1; recording mcp/upstream-metadata.
    """
    path = path if path.startswith("/") else f"/{path}"
    return any(path == root or path.startswith(f"{root}/") for root in _ROOTS)
