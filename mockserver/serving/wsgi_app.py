"""The Flask application: one rule for each operation, behind the gateway's own routing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.routing import Rule

from mockserver.contract.openapi import Contract, Operation
from mockserver.gateway import replies
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.handlers import HANDLERS, check
from mockserver.http.messages import Reply
from mockserver.service.registry import Call
from mockserver.serving.control_api import control_blueprint
from mockserver.serving.dispatcher import BODY, OPERATION, REPLY, URL, Front, suffer
from mockserver.serving.example_replies import example_reply


class _GoRule(Rule):
    """A rule that does not take HEAD where only GET is known, for the gateway does not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.methods:
            self.methods.discard("HEAD")


class _GatewayFlask(Flask):
    url_rule_class = _GoRule


def create_app(gateway: Gateway, extra: Contract | None = None) -> Flask:
    """The mock as a WSGI application.

    `extra` is any other spec of the gateway: what ours does not know of it is answered from its
    examples and schemas.

    Raises:
        SpecError: an operation of our spec has no handler.
    """
    check(gateway.contract)
    app = _GatewayFlask("tyk-contract", static_folder=None)
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    for operation in gateway.contract.operations.values():
        _add(app, gateway, operation, HANDLERS[operation.id])
    if extra is not None:
        for operation in extra.beyond(gateway.contract):
            _add(app, gateway, operation, example_reply(extra, operation), extra)
    app.register_blueprint(control_blueprint(gateway))
    app.register_error_handler(404, lambda _: _answer(_not_found(gateway, request.environ)))
    app.register_error_handler(405, lambda _: _answer(_not_allowed(request.environ)))
    app.wsgi_app = Front(gateway, app.wsgi_app)  # type: ignore[method-assign]  # Flask's own idiom
    return app


def _add(
    app: Flask,
    gateway: Gateway,
    operation: Operation,
    handler: Callable[[Call], Reply],
    contract: Contract | None = None,
) -> None:
    path = _configured(gateway, operation.path)
    parts = path.split("/")
    names = [(i, part[1:-1]) for i, part in enumerate(parts) if part.startswith("{")]

    def view(**_: str) -> Response:
        environ = request.environ
        environ[OPERATION] = (operation, contract or gateway.contract)
        segments = environ[URL].path.split("/")  # Flask replaces bytes that are not UTF-8
        params = {name: segments[i] for i, name in names}
        call = Call(gateway, params, environ[URL].query, environ[BODY])
        return _answer(suffer(gateway, gateway.faults.take(operation.id)) or handler(call))

    # a spec may give a parameter any name, a rule may not; it is found by its place anyway
    rule = "/".join(f"<p{i}>" if part.startswith("{") else part for i, part in enumerate(parts))
    app.add_url_rule(rule, operation.label, view, methods=[operation.method], provide_automatic_options=False)


def _configured(gateway: Gateway, path: str) -> str:
    """The two probes stand where the configuration puts them."""
    config = gateway.config
    probes = {
        "/hello": config.health_check_endpoint_name,
        "/ready": config.readiness_check_endpoint_name,
    }
    return f"/{probes[path]}" if path in probes else path


def _answer(reply: Reply) -> Response:
    """The reply as Flask's response, and as it is where the front takes it."""
    request.environ[REPLY] = reply
    return Response(reply.body, reply.status, list(reply.headers))


def _not_found(gateway: Gateway, environ: WSGIEnvironment) -> Reply:
    """Outside /tyk/ the text depends on the version (recording routing/paths steps 13 and 14)."""
    under_tyk = environ[URL].path.startswith("/tyk/")
    if under_tyk or ("outer-404-is-go-page" in gateway.behaviours and not gateway.apis.ever_loaded):
        return replies.PAGE_NOT_FOUND
    return replies.NOT_FOUND


def _not_allowed(environ: WSGIEnvironment) -> Reply:
    under_tyk = environ[URL].path.startswith("/tyk/")
    return replies.METHOD_NOT_SUPPORTED if under_tyk else replies.METHOD_NOT_ALLOWED
