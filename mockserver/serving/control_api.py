"""The mock's own API under /_mock/: reset, journal, faults, clock, and routes that a service adds.

What requests may have, and what is answered, is in spec/mock/openapi.yaml.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request

from mockserver.service.large_json import Busy
from mockserver.service.pages.pages import ASSETS_PREFIX
from mockserver.serving import dashboard_control, gateway_control, portal_control
from mockserver.serving.control_access import RESPONSE_HEADERS, ControlAccess, Sender
from mockserver.serving.control_spec import ControlSpec
from mockserver.serving.dispatcher import Dispatcher, is_control_path
from mockserver.serving.journal_query import JournalQuery, unjudged
from mockserver.serving.json_bodies import json_body, release_turn
from mockserver.storage.backend import BackendUnavailable

SERVICE_ROUTES = {  # by service
    "gateway": (gateway_control.add_routes,),
    "dashboard": (dashboard_control.add_routes, portal_control.add_routes),
}
DROPPED = "X-Journal-Dropped"  # the header with the number of entries that the journal no longer has
UNJUDGED = "X-Journal-Unjudged"  # the header with the number of the oldest entries that were not judged
CSP = "Content-Security-Policy"  # a page has one of its own, which allows the assets
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)")


def control_blueprint(dispatcher: Dispatcher, access: ControlAccess) -> Blueprint:  # noqa: C901  a list of routes
    """The routes that control a mock, for those whom the rule of access admits."""
    mock, service = dispatcher.mock, dispatcher.service
    spec = ControlSpec(service.name)
    control = Blueprint("control", __name__, url_prefix="/_mock")

    @control.before_app_request  # for paths without a route too
    def guard() -> tuple[Response, int] | None:
        if _is_control() and (reason := access.refusal(_sender())):
            return jsonify(status="error", message=reason), 403
        return None

    @control.after_app_request
    def protect(response: Response) -> Response:
        if _is_control():
            of_page = {name: response.headers[name] for name in (CSP,) if name in response.headers}
            response.headers.update({**RESPONSE_HEADERS, **of_page})
        return response

    control.before_request(spec.check)
    control.teardown_request(release_turn)

    @control.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(spec.document)

    @control.post("/reset")
    def reset() -> Response:
        return jsonify(status="ok", left=mock.reset())

    @control.get("/journal")
    def journal() -> Response:
        query = JournalQuery.of(request.args, service.journal_operations)
        entries = query.select(mock.journal)
        first = unjudged(entries)
        response = jsonify([entry.as_dict(judged=number >= first) for number, entry in enumerate(entries)])
        response.headers[DROPPED] = str(mock.journal.dropped)
        response.headers[UNJUDGED] = str(first)
        return response

    @control.delete("/journal")
    def clear_journal() -> Response:
        mock.journal.clear()
        return jsonify(status="ok")

    @control.get("/faults")
    def faults() -> Response:
        return jsonify(mock.faults.as_list())

    @control.post("/faults")
    def add_fault() -> Response:
        effect = mock.faults.add(json_body(), service.fault_targets, service.scenarios)
        return jsonify(status="ok", **({"effect": effect} if effect else {}))

    @control.delete("/faults")
    def clear_faults() -> Response:
        mock.faults.clear()
        return jsonify(status="ok")

    @control.post("/clock")
    def clock() -> Response:
        changes = json_body()
        if not changes:
            raise ValueError("the body asks for nothing; give advance, freeze, or both")
        mock.clock.change(**changes)  # the names of the members are checked
        return jsonify(status="ok", now=mock.clock.now(), frozen=mock.clock.is_frozen)

    for add_routes in SERVICE_ROUTES.get(service.name, ()):
        add_routes(control, dispatcher)
    control.register_error_handler(ValueError, _bad_request)
    control.register_error_handler(BackendUnavailable, _without_backend)
    control.register_error_handler(KeyError, _missing)
    control.register_error_handler(RecursionError, _too_deep)
    control.register_error_handler(Busy, _busy)
    return control


def _is_control() -> bool:
    """True but for the assets of pages, which tell and change nothing, and have headers of their own."""
    return is_control_path(request.path) and not request.path.startswith(ASSETS_PREFIX)


def _sender() -> Sender:
    """The sender of the current request, as the request describes it."""
    environ, headers = request.environ, request.headers
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    absolute = _ABSOLUTE.match(target)
    host = environ.get("HTTP_HOST")  # Flask's own `host` would take the server's name for a missing header
    return Sender(
        address=request.remote_addr or "",
        authorities=(*((host,) if host is not None else ()), *(absolute.groups() if absolute else ())),
        pages=(headers.get("Origin", ""), headers.get("Referer", "")),
        site=headers.get("Sec-Fetch-Site", ""),
        forwarded=(headers.get("X-Forwarded-For", ""), headers.get("Forwarded", "")),
    )


def _too_deep(error: RecursionError) -> tuple[Response, int]:
    return jsonify(status="error", message="the body is nested too deep"), 400


def _bad_request(error: ValueError) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 400


def _without_backend(error: BackendUnavailable) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 500


def _busy(error: Busy) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), 503


def _missing(error: KeyError) -> tuple[Response, int]:
    return jsonify(status="error", message=f"the body lacks {error.args[0]!r}"), 400
