"""One function for each operation: parse, refuse, change, answer. One module for each subject."""

from __future__ import annotations

from mockserver.gateway.handlers import apis, keys, oauth, organisations, policies, probes, reloads
from mockserver.gateway.handlers.registration import SERVICE

__all__ = ["SERVICE", "apis", "keys", "oauth", "organisations", "policies", "probes", "reloads"]
