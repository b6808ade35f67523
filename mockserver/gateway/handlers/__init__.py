"""The handlers of the gateway API: a function for each operation, a module for each subject.

A handler parses the request, rejects it if it must, changes the state, and answers.
"""

from __future__ import annotations

from mockserver.gateway.handlers import (
    apis,
    caches,
    certificates,
    definition_schema,
    keys,
    mcp_proxies,
    oauth,
    open_apis,
    organisations,
    policies,
    probes,
    reloads,
)
from mockserver.gateway.handlers.registration import SERVICE

__all__ = [
    "SERVICE", "apis", "caches", "certificates", "definition_schema", "keys", "mcp_proxies", "oauth",
    "open_apis", "organisations", "policies", "probes", "reloads",
]  # fmt: skip
