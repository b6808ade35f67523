"""The probe, which needs no key."""

from __future__ import annotations

from mockserver.dashboard.handlers.registration import Call, handles
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import never


@handles("getHello", waits=never)
def get_hello(_: Call) -> Reply:
    """Tell that the Dashboard is alive; the body is inferred."""
    return json_reply({"status": "ok"})
