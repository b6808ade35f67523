"""The mock's own API under /_mock/: reset, seed, state, journal, faults, clock, why."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from mockserver.gateway import explanation
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.seeding import seed
from mockserver.golang import json_writer
from mockserver.storage.backend import StoreLost


def control_blueprint(gateway: Gateway) -> Blueprint:  # noqa: C901  routes, one after the other
    """The routes of one gateway."""
    control = Blueprint("control", __name__, url_prefix="/_mock")

    @control.before_request
    def guard() -> tuple[Response, int] | None:
        if reason := _why_not(gateway):
            return jsonify(status="error", message=reason), 403
        if gateway.helpers:
            gateway.helpers.gather()
        return None

    @control.after_request
    def settle(response: Response) -> Response:
        if gateway.helpers:
            gateway.helpers.settle()
        return response

    @control.post("/reset")
    def reset() -> Response:
        gateway.reset()
        return jsonify(status="ok")

    @control.post("/seed")
    def put_policies() -> Response:
        return jsonify(status="ok", ids=seed(gateway, _body()["policies"]))

    @control.get("/state")
    def state() -> Response:
        listed = gateway.store.loaded.listed
        return _written(
            {
                "gateway": str(gateway.version),
                "uptime": gateway.clock.uptime(),
                "written": {n: output(p) for n, p in gateway.store.written().items()},
                "loaded": [output(loaded.policy) for loaded in listed],
                "apis": {api.id: api.listen_path for api in gateway.apis.loaded.by_id.values()},
                "faults": gateway.faults.as_list(),
            }
        )

    @control.get("/journal")
    def journal() -> Response:
        wanted = request.args.get("operation")
        if wanted and wanted not in gateway.contract.operations:
            raise ValueError(f"no operation is called {wanted!r}")
        entries = gateway.journal.of(wanted) if wanted else gateway.journal
        return jsonify([entry.as_dict() for entry in entries])

    @control.delete("/journal")
    def forget() -> Response:
        gateway.journal.clear()
        return jsonify(status="ok")

    @control.get("/faults")
    def faults() -> Response:
        return jsonify(gateway.faults.as_list())

    @control.post("/faults")
    def add_fault() -> Response:
        gateway.faults.add(_body(), set(gateway.contract.operations))
        return jsonify(status="ok")

    @control.delete("/faults")
    def clear_faults() -> Response:
        gateway.faults.clear()
        return jsonify(status="ok")

    @control.post("/why")
    def why() -> Response:
        session = _session(gateway, _body())
        result = explanation.explain(session, gateway.store, gateway.session_codec, gateway.behaviours)
        wanted = request.args.get("format", "json")
        if wanted not in explanation.FORMATS:
            raise ValueError(f"no format is called {wanted!r}; give {', '.join(explanation.FORMATS)}")
        kind = "application/json" if wanted == "json" else "text/plain"
        return Response(explanation.FORMATS[wanted](result), mimetype=kind)

    @control.post("/clock")
    def clock() -> Response:
        gateway.clock.advance(_body()["advance"])
        gateway.catch_up()
        return jsonify(status="ok", now=gateway.clock.now())

    output: Callable[[Any], Any] = gateway.codec.type.output
    control.register_error_handler(ValueError, _refused)
    control.register_error_handler(StoreLost, _without_store)
    control.register_error_handler(KeyError, _missing)
    control.register_error_handler(RecursionError, _too_deep)
    return control


def _why_not(gateway: Gateway) -> str:
    """Why a request may not steer the mock; "" where it may: one from this machine, and from no web page."""
    address = request.remote_addr or ""
    if not gateway.remote_control and not ipaddress.ip_address(address or "0.0.0.0").is_loopback:
        return (
            f"/_mock/ answers this machine alone, not {address}; serve with --remote-control to change that"
        )
    origin = request.headers.get("Origin", "")
    if origin and (urlsplit(origin).netloc != request.host or not _numeric(urlsplit(origin).hostname)):
        return f"/_mock/ answers no page of another site, as {origin} is"
    return ""


def _numeric(host: str | None) -> bool:
    """Whether a host is an address or localhost: no other name can be turned to this machine by its owner."""
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host or ""))
    except ValueError:
        return False


def _session(gateway: Gateway, body: dict[str, Any]) -> Document:
    """The session that a body holds, or that of the key that it names."""
    if "key" not in body:
        return gateway.session_codec.decode(json.dumps(body["session"]).encode())
    found = gateway.sessions.find(str(body.get("org_id", "")), str(body["key"]))
    if found is None:
        raise ValueError(f"there is no key {body['key']!r}; give the whole id, or its org_id too")
    return found[1]


def _body() -> Any:
    body = json.loads(request.get_data(), parse_constant=_no_number)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _too_deep(error: RecursionError) -> tuple[Response, int]:
    return jsonify(status="error", message="the body is nested too deep"), 400


def _refused(error: ValueError) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 400


def _without_store(error: StoreLost) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 500


def _missing(error: KeyError) -> tuple[Response, int]:
    return jsonify(status="error", message=f"the body lacks {error.args[0]!r}"), 400


def _written(value: Any) -> Response:
    return Response(json_writer.write(value) + "\n", mimetype="application/json")
