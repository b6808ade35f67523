"""The routes under /_mock/ that only a gateway adds: seed, state, why."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from mockserver.gateway import explanation
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.seeding import seed
from mockserver.gateway.unread_policies import unread
from mockserver.golang import json_writer
from mockserver.http.messages import JSON
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.json_bodies import json_body


def add_routes(control: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the routes that control the gateway of a dispatcher."""
    gateway: Gateway = dispatcher.service.state

    @control.post("/seed")
    def seed_policies() -> Response:
        return jsonify(status="ok", ids=seed(gateway, json_body()["policies"]))

    @control.get("/state")
    def state() -> Response:
        output = gateway.codec.type.output
        return _go_json(
            {
                "gateway": str(gateway.version),
                "uptime": gateway.clock.uptime(),
                "written": {name: output(policy) for name, policy in gateway.store.written().items()},
                "loaded": [output(loaded.policy) for loaded in gateway.store.loaded.listed],
                "apis": {api.id: api.listen_path for api in gateway.apis.loaded.by_id.values()},
                "findings": [finding.as_dict() for finding in gateway.findings()],
                "faults": dispatcher.mock.faults.as_list(),
            }
        )

    @control.post("/why")
    def why() -> Response:
        session = _session(gateway, json_body())
        result = explanation.explain(
            session, gateway.store, gateway.session_codec, gateway.behaviours, unread(gateway.store)
        )
        name = request.args.get("format", "json")
        if name not in explanation.FORMATS:
            raise ValueError(f"there is no format {name!r}; give one of {', '.join(explanation.FORMATS)}")
        kind = JSON if name == "json" else "text/plain"
        return Response(explanation.FORMATS[name](result), mimetype=kind)


def _session(gateway: Gateway, body: dict[str, Any]) -> Document:
    """The session in a body, or that of the key named in it."""
    if "key" not in body:
        return gateway.session_codec.decode(json.dumps(body["session"]).encode())
    entry = gateway.sessions.find(str(body.get("org_id", "")), str(body["key"]))
    if entry is None:
        raise ValueError(f"there is no key {body['key']!r}; give the complete id, or also its org_id")
    return entry[1]


def _go_json(value: Any) -> Response:
    return Response(json_writer.write(value) + "\n", mimetype=JSON)
