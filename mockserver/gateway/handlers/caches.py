"""Caches that a gateway empties on request (gateway/api.go:3005 and gateway/mw_jwt.go:1608 @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.replies import ok
from mockserver.http.messages import Reply
from mockserver.service.registry import never

EMPTIED = ok("cache invalidated")


@handles("emptyCache", waits=never)
def empty_cache(_: Call) -> Reply:
    """Empty the cache of an API's answers, whether there is such an API or not; the mock keeps no answers."""
    return EMPTIED


@handles("emptyKeySets", waits=never)
def empty_key_sets(call: Call) -> Reply:
    """Empty the cache of the key sets that were fetched for an API."""
    call.state.jwks_cache.forget(call.params["apiID"])
    return EMPTIED


@handles("emptyAllKeySets", waits=never)
def empty_all_key_sets(call: Call) -> Reply:
    """Empty the cache of the key sets of all APIs."""
    call.state.jwks_cache.clear()
    return EMPTIED
