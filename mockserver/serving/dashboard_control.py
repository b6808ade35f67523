"""The routes under /_mock/ that only a Dashboard adds: nodes, planes, propagation, changes."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.nodes.admission import LONGEST
from mockserver.dashboard.nodes.deployment import Report
from mockserver.dashboard.nodes.nodes import OVER_MDCB, PolicyName
from mockserver.http.messages import JSON
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.json_bodies import json_body
from mockserver.serving.pages.rendering import rendered

HTML = "text/html"
SHOWN = 500  # rows of the page; those that are not right stand first


def add_routes(control: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the routes that show the deployment of the Dashboard of a dispatcher."""
    dashboard: Dashboard = dispatcher.service.state
    deployment = dashboard.deployment

    @control.get("/nodes")
    def nodes() -> Response:
        return jsonify(deployment.nodes())

    @control.get("/planes")
    def planes() -> Response:
        return jsonify(deployment.nodes(OVER_MDCB))

    @control.get("/propagation")
    def propagation() -> Response:
        report = deployment.report(with_documents="documents" in request.args)
        if request.accept_mimetypes.best_match([JSON, HTML], default=JSON) == HTML:
            return _page(report)
        return Response(
            json.dumps(report.as_dict()) + "\n", mimetype=JSON
        )  # jsonify takes five times as long

    @control.post("/confirmations")
    def confirm() -> Response:
        body = json_body()
        node, policies = body["node"], body["policies"]
        if not isinstance(node, str) or len(node) > LONGEST or not isinstance(policies, list):
            raise ValueError(
                f"node must be a string of at most {LONGEST} characters, and policies an array of objects"
            )
        digests = {_name_in(policy): str(policy.get("digest")) for policy in policies}
        return jsonify(status="ok", noted=deployment.confirm(node, digests))

    @control.get("/changes")
    def changes() -> Response:
        histories = dashboard.history.all(request.args.get("policy", ""), request.args.get("org_id", ""))
        return jsonify([history.as_dict() for history in histories])


def _name_in(policy: Any) -> PolicyName:
    if not isinstance(policy, dict):
        raise ValueError(f"a policy must be an object with org_id, id and digest, not {policy!r}")
    return str(policy.get("org_id")), str(policy.get("id"))


def _page(report: Report) -> Response:
    placements = sorted(report.placements, key=lambda placement: placement.is_right)
    return rendered("dashboard", "propagation.html", report=report, placements=placements[:SHOWN])
