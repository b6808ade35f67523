"""GET /dataplanes, which MDCB serves on a port of its own; the mock serves it on that of the Dashboard.

Source of the form: swagger/mdcb-swagger.yml of tyk-docs, and NodeData in GW apidef/rpc.go. What the names of
the lists are is not documented: here they are the ids of organisations.
"""

from __future__ import annotations

import hmac
from typing import Any

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.nodes.nodes import OVER_MDCB, Node
from mockserver.http.messages import Reply, Request
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import Call, HandlerFunction

PATH = "/dataplanes"
REFUSED = {"error": "Attempted administrative access with invalid or missing key!"}


def beside(request: Request) -> HandlerFunction | None:
    """The handler of a request to MDCB; None for one to the Dashboard."""
    return list_dataplanes if request.method == "GET" and request.url.path == PATH else None


def list_dataplanes(call: Call[Dashboard]) -> Reply:
    """List the data planes, or with `node_id` one of them, for those who have the admin secret."""
    dashboard = call.state
    secret = call.request.header("x-tyk-authorization").encode("latin-1")
    wanted = dashboard.config.admin_secret.encode()
    if not (wanted and hmac.compare_digest(secret, wanted)):
        return json_reply(REFUSED, 401)
    planes: dict[str, list[dict[str, Any]]] = {}
    for node in dashboard.nodes.all():
        if node.protocol == OVER_MDCB and call.parameter("node_id") in ("", node.id):
            planes.setdefault(node.organisation, []).append(_described(node))
    return json_reply(planes)


def _described(node: Node) -> dict[str, Any]:
    """A data plane, with those members of the vendor's form that the mock knows."""
    stats: dict[str, Any] = {}
    if node.loaded is not None:
        loaded = [{"policy_id": policy_id} for policy_id in sorted(node.loaded)]
        stats = {"policies_count": len(loaded), "loaded_policies": loaded}
    return {
        "node_id": node.id,
        "group_id": node.group,
        "node_version": node.version,
        "tags": list(node.tags),
        "stats": stats,
        "host_details": {"Hostname": node.hostname},
    }
