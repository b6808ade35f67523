"""Liveness and readiness probes, and the health of APIs (gateway/api.go:2969 @v5.12.0)."""

from __future__ import annotations

from typing import Any

from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.health import checked_parts
from mockserver.gateway.mascot import DRAWING
from mockserver.gateway.replies import error
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import never


@handles("getHello", waits=never)
def get_hello(call: Call) -> Reply:
    """Answer the liveness probe; always 200 (gateway/health_check.go:175 @v5.12.0)."""
    return _greeting(call, json_reply(call.rewritten(_health(call, "Tyk GW"))))


@handles("getReady", waits=never)
def get_ready(call: Call) -> Reply:
    """Answer the readiness probe; 503 before the first load (gateway/health_check.go:233 @v5.12.0)."""
    if not call.state.ready:
        return error("A successful API reload did not happen", 503)
    return _greeting(call, json_reply(_health(call, "Tyk GW Ready", is_ready=True)))


def _greeting(call: Call, reply: Reply) -> Reply:
    """The first reply to a probe has the headers of a drawing too (gateway/mascot.go:12 @v5.12.0)."""
    gateway = call.state
    if gateway.config.hide_generator_header or not gateway.greets():
        return reply
    drawing = ((f"X-Mascot-{number:03}", line) for number, line in enumerate(DRAWING))
    return Reply(reply.body, reply.status, (*reply.headers, *drawing))


def _health(call: Call, description: str, *, is_ready: bool = False) -> dict[str, Any]:
    gateway = call.state
    health: dict[str, Any] = {
        "status": "pass",
        "version": str(gateway.version),
        "description": description,
    }
    details = checked_parts(gateway)
    if not details:
        return health
    if not is_ready and any(part["status"] == "fail" for part in details.values()):
        health["status"] = "warn"
    return {**health, "details": details}


@handles("getApiHealth", waits=never)
def get_api_health(call: Call) -> Reply:
    """Tell the rates of an API, if the gateway has health checks (gateway/api.go:2969 @v5.12.0)."""
    if not call.state.config.health_check__enable_health_checks:
        return error("Health checks are not enabled for this node", 400)
    api_id = call.parameter("api_id")
    if not api_id:
        return error("missing api_id parameter", 400)
    if api_id not in call.state.apis.loaded.by_id:
        return error("API ID not found", 404)
    return json_reply(call.state.health.rates(api_id))
