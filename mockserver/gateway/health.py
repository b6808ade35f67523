"""The health of the parts of a gateway, as its last liveness check saw it."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.gateway.gateway import Gateway


def checked_parts(gateway: Gateway) -> dict[str, dict[str, str]]:
    """The state of each part by its name; empty before the first check, one interval after the start."""
    interval, uptime = gateway.config.liveness_seconds, gateway.clock.uptime()
    if uptime < interval:
        return {}
    checked_at = gateway.clock.now() - uptime % interval
    time = datetime.fromtimestamp(checked_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = {"redis": {"status": "pass", "componentType": "datastore", "time": time}}
    for name, component in (gateway.source.health() if gateway.source is not None else {}).items():
        status = "pass" if component.passes else "fail"
        output = {"output": component.output} if component.output else {}
        parts[name] = {"status": status, **output, "componentType": "system", "time": time}
    return dict(sorted(parts.items()))
