"""Reloads of this gateway and of its group."""

from __future__ import annotations

from dataclasses import replace

from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.replies import ok
from mockserver.gateway.source import ReloadHangs
from mockserver.golang import urls
from mockserver.http.messages import Reply
from mockserver.service.registry import always

NEVER = 1e6  # seconds; longer than any client waits


@handles("reload", waits=always)
def reload(call: Call) -> Reply:
    """Queue a reload, and wait for it only if `block` is exactly "true" (gateway/api.go:2083 @v5.12.0)."""
    try:
        return _reloaded(call)
    except ReloadHangs:
        return replace(ok(), delay=NEVER)


def _reloaded(call: Call) -> Reply:
    if urls.first_value(call.query, "block") == "true":
        call.state.reload()
    else:
        call.state.queue_reload()
    return ok()


@handles("reloadGroup")
def reload_group(call: Call) -> Reply:
    """Signal a reload to the group, this gateway included; `block` is ignored."""
    if not call.state.config.suppress_redis_signal_reload:
        call.state.reload_group()
    return ok()
