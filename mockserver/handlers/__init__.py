"""One function for each operation: parse, refuse, change, answer. One module for each subject."""

from __future__ import annotations

from mockserver.handlers import keys, policies, probes, reloads
from mockserver.handlers.registry import HANDLERS

__all__ = ["HANDLERS", "keys", "policies", "probes", "reloads"]
