"""The handlers of the Dashboard's API: a function for each operation, a module for each subject."""

from __future__ import annotations

from mockserver.dashboard.handlers import (
    apis,
    assets,
    graphql,
    keys,
    nodes,
    oauth,
    organisations,
    playground,
    policies,
    probes,
    users,
)
from mockserver.dashboard.handlers.registration import SERVICE

__all__ = [
    "SERVICE",
    "apis",
    "assets",
    "graphql",
    "keys",
    "nodes",
    "oauth",
    "organisations",
    "playground",
    "policies",
    "probes",
    "users",
]
