"""The routes under /_mock/ that only a gateway adds: seed, state, why."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from mockserver.gateway import explanation
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.unread_policies import unread
from mockserver.golang import json_writer
from mockserver.http.messages import JSON
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.json_bodies import json_body
from mockserver.serving.seeds import KINDS, seed


def add_routes(control: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the routes that control the gateway of a dispatcher."""
    gateway: Gateway = dispatcher.service.state

    @control.post("/seed")
    def seed_state() -> Response:
        seeds = _seeds(json_body())
        ids, warnings = seed(dispatcher.service, **seeds)
        return jsonify(status="ok", ids=ids.pop("policies"), **ids, warnings=warnings)

    @control.get("/state")
    def state() -> Response:
        return _go_json(state_of(dispatcher))

    @control.post("/why")
    def why() -> Response:
        result = explained(gateway, _session(gateway, json_body()))
        name = request.args.get("format", "json")
        if name not in explanation.FORMATS:
            raise ValueError(f"there is no format {name!r}; give one of {', '.join(explanation.FORMATS)}")
        kind = JSON if name == "json" else "text/plain"
        return Response(explanation.FORMATS[name](result), mimetype=kind)


def state_of(dispatcher: Dispatcher) -> dict[str, Any]:
    """The state of the gateway of a dispatcher."""
    gateway: Gateway = dispatcher.service.state
    output = gateway.codec.type.output
    return {
        "gateway": str(gateway.version),
        "uptime": gateway.clock.uptime(),
        "written": {name: output(policy) for name, policy in gateway.store.written().items()},
        "loaded": [output(loaded.policy) for loaded in gateway.store.loaded.listed],
        "apis": {api.id: api.listen_path for api in gateway.apis.loaded.by_id.values()},
        "findings": [finding.as_dict() for finding in gateway.findings()],
        "faults": dispatcher.mock.faults.as_list(),
    }


def explained(gateway: Gateway, session: Document) -> explanation.Explanation:
    """A session after its policies were applied, as this gateway applies them."""
    store = gateway.store
    return explanation.explain(session, store, gateway.session_codec, gateway.behaviours, unread(store))


def _seeds(body: dict[str, Any]) -> dict[str, Any]:
    """The seeds in a body, of all kinds.

    Raises:
        ValueError: there are none, or some are not in an array or an object, as their kind is.
    """
    if not body:
        others = ", ".join(list(KINDS)[1:])
        raise ValueError(f"the body lacks 'policies'; give them, or some of {others}")
    for name, value in body.items():
        kind = KINDS[name]
        items = value.values() if type(value) is dict else value
        if type(value) is not kind or not all(type(item) is dict for item in items):
            words = "an array of objects" if kind is list else "an object of objects, by id"
            raise ValueError(f"{name} must be {words}")
    return {name: body.get(name, kind()) for name, kind in KINDS.items()}


def _session(gateway: Gateway, body: dict[str, Any]) -> Document:
    """The session in a body, or that of the key named in it.

    Raises:
        ValueError: the body has both, or there is no such key.
    """
    if {"key", "session"} <= body.keys():
        raise ValueError("the body has a key and a session; give one of them")
    if "key" not in body:
        return gateway.session_codec.decode(json.dumps(body["session"]).encode())
    entry = gateway.sessions.find(str(body.get("org_id", "")), str(body["key"]))
    if entry is None:
        raise ValueError(f"there is no key {body['key']!r}; give the complete id, or also its org_id")
    return entry[1]


def _go_json(value: Any) -> Response:
    return Response(json_writer.write(value) + "\n", mimetype=JSON)
