"""The mock's own API under /_mock/: reset, journal, faults, clock, and routes that a service adds."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from mockserver.serving import gateway_control
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.json_bodies import json_body
from mockserver.storage.backend import BackendUnavailable

SERVICE_ROUTES = {"gateway": gateway_control.add_routes}  # by service


def control_blueprint(dispatcher: Dispatcher, *, remote_control: bool = False) -> Blueprint:  # noqa: C901  a list of routes
    """The routes that control a mock; with `remote_control`, other machines may use them too."""
    mock, service = dispatcher.mock, dispatcher.service
    control = Blueprint("control", __name__, url_prefix="/_mock")

    @control.before_request
    def guard() -> tuple[Response, int] | None:
        if reason := _refusal(remote_control=remote_control):
            return jsonify(status="error", message=reason), 403
        return None

    @control.post("/reset")
    def reset() -> Response:
        mock.reset()
        return jsonify(status="ok")

    @control.get("/journal")
    def journal() -> Response:
        operation = request.args.get("operation")
        if operation and operation not in service.contract.operations:
            raise ValueError(f"there is no operation {operation!r}")
        entries = mock.journal.of(operation) if operation else mock.journal
        return jsonify([entry.as_dict() for entry in entries])

    @control.delete("/journal")
    def clear_journal() -> Response:
        mock.journal.clear()
        return jsonify(status="ok")

    @control.get("/faults")
    def faults() -> Response:
        return jsonify(mock.faults.as_list())

    @control.post("/faults")
    def add_fault() -> Response:
        mock.faults.add(json_body(), set(service.contract.operations))
        return jsonify(status="ok")

    @control.delete("/faults")
    def clear_faults() -> Response:
        mock.faults.clear()
        return jsonify(status="ok")

    @control.post("/clock")
    def clock() -> Response:
        mock.clock.advance(json_body()["advance"])
        return jsonify(status="ok", now=mock.clock.now())

    if service.name in SERVICE_ROUTES:
        SERVICE_ROUTES[service.name](control, dispatcher)
    control.register_error_handler(ValueError, _bad_request)
    control.register_error_handler(BackendUnavailable, _without_backend)
    control.register_error_handler(KeyError, _missing)
    control.register_error_handler(RecursionError, _too_deep)
    return control


def _refusal(*, remote_control: bool) -> str:
    """The reason to refuse a request; "" if it is from this machine, and not from a foreign web page."""
    address = request.remote_addr or ""
    if not remote_control and not ipaddress.ip_address(address or "0.0.0.0").is_loopback:
        return f"/_mock/ answers only this machine, not {address}; serve with --remote-control to change that"
    origin = request.headers.get("Origin", "")
    if origin and (urlsplit(origin).netloc != request.host or not _is_numeric(urlsplit(origin).hostname)):
        return f"/_mock/ does not answer web pages of other sites, such as {origin}"
    return ""


def _is_numeric(host: str | None) -> bool:
    """True for an IP address or "localhost". Any other name could be pointed here by DNS rebinding."""
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host or ""))
    except ValueError:
        return False


def _too_deep(error: RecursionError) -> tuple[Response, int]:
    return jsonify(status="error", message="the body is nested too deep"), 400


def _bad_request(error: ValueError) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 400


def _without_backend(error: BackendUnavailable) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 500


def _missing(error: KeyError) -> tuple[Response, int]:
    return jsonify(status="error", message=f"the body lacks {error.args[0]!r}"), 400
