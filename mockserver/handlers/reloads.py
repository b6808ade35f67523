"""Reloads: of this gateway, and of its group."""

from __future__ import annotations

from mockserver import gourl
from mockserver.handlers.registry import handles
from mockserver.replies import Call, Reply, ok


@handles("reload")
def reload(call: Call) -> Reply:
    """Queue a reload; only the literal block=true waits for it (gateway/api.go:2083 @v5.12.0)."""
    if gourl.first_value(call.query, "block") == "true":
        call.gateway.reload()
    else:
        call.gateway.queue_reload()
    return ok()


@handles("reloadGroup")
def reload_group(call: Call) -> Reply:
    """Signal the group, this gateway included; `block` is not looked at."""
    if not call.gateway.config.suppress_redis_signal_reload:
        call.gateway.reload_group()
    return ok()
