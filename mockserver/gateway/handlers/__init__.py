"""One function for each operation: parse, refuse, change, answer. One module for each subject."""

from __future__ import annotations

from mockserver.gateway.handlers import apis, keys, oauth, organisations, policies, probes, reloads
from mockserver.service.registry import HANDLERS, check

__all__ = ["HANDLERS", "apis", "check", "keys", "oauth", "organisations", "policies", "probes", "reloads"]
