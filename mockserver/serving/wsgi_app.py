"""The Flask application of the mock, for any WSGI server.

Each view converts the WSGI environment to a Request and calls the dispatcher; Flask decides nothing.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from mockserver.console.credentials import STORE
from mockserver.console.suggestions import suggestion
from mockserver.contract.spec_files import version_of
from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.service import gateway_service
from mockserver.golang import urls
from mockserver.http.failures import describe, error_reply, log_failure
from mockserver.http.limits import Limits
from mockserver.http.messages import DropConnection, FaultyReply, Reply, Request, RequestHead
from mockserver.service.json_replies import json_reply
from mockserver.service.mock import Mock
from mockserver.serving.asset_routes import assets_blueprint
from mockserver.serving.control_access import ControlAccess
from mockserver.serving.control_api import control_blueprint
from mockserver.serving.dispatcher import Dispatcher, is_control_path
from mockserver.serving.pages.blueprint import pages_blueprint
from mockserver.serving.pages.rendering import response_of

SHOWN = 100  # characters of a path in a message
NOT_CARRIED = {  # the reasons why WSGI servers differ from a gateway, by behaviour id
    "secret-first-header-counts": "WSGI joins the values of a repeated header",
    "secret-is-trimmed": "Flask's server keeps the blanks around a value",
    "unclean-path-redirects": "Flask's server drops the first of two slashes",
    "unknown-method-is-405": "gunicorn itself refuses methods in lower-case letters",
    "no-server-header": "the servers send a Server header",
    "answers-are-dated": "gunicorn's own refusals have no date",
    "connections-are-kept": "Flask's server closes connections, and gunicorn closes some",
    "upstreams-answer": "the servers add headers to those of an upstream",
}
SEVERAL_PROCESSES = (
    "several worker processes would not share their state; start one process with threads "
    "(gunicorn --workers 1 --threads 8), or have them share a Redis with store= or TYK_CONTRACT_STORE"
)

_PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
BAD_REQUEST = Reply(b"400 Bad Request", 400, _PLAIN)
TOO_LARGE = Reply(b"413 Request Entity Too Large", 413, _PLAIN)
CANNOT_DROP = (
    "a WSGI server does not let the mock drop, slow down or cut a connection; use tyk-contract serve for that"
)


def create_app(
    *,
    gateway: str | None = None,
    secret: str | None = None,
    config: Mapping[str, Any] | None = None,
    conf: Path | str | None = None,
    store: str | None = None,
    remote_control: bool = False,
) -> Flask:
    """A mock gateway as a Flask application, for `flask --app mockserver:create_app run` or any WSGI server.

    Args:
        gateway: the version, such as "5.12" or "5.12.0"; by default, that in spec/gateway.
        secret: the required value of X-Tyk-Authorization.
        config: keys of tyk.conf, nested or dotted.
        conf: the path of a tyk.conf; the environment variables TYK_GW_* override it.
        store: the URL of a Redis that several mocks share, redis://HOST:PORT/DB; by default, that in the
            variable TYK_CONTRACT_STORE.
        remote_control: let other machines use /_mock/ too.

    Raises:
        SpecError: the version is unknown.
        ConfigError: a key of `config` is unknown, a value has a wrong type, or the file cannot be read.
        ValueError: `store` is not the URL of a Redis.
        BackendUnavailable: the Redis does not answer.
    """
    settings, _ = Config.load(Path(conf) if conf else None, os.environ)
    settings = settings.with_keys(config or {})
    if secret is not None:
        settings = settings.having("secret", secret)
    backend = None
    store = os.environ.get(STORE.variable) or None if store is None else store
    if store is not None:
        from mockserver.storage.redis_backend import RedisBackend

        backend = RedisBackend(store)
    mock = Mock(backend)
    service = gateway_service(Gateway(version_of(gateway), settings, mock))
    mock.services.append(service)
    mock.join_group()
    return application(
        Dispatcher(mock, service), ControlAccess([settings.listen_address], remote=remote_control)
    )


def application(dispatcher: Dispatcher, access: ControlAccess) -> Flask:
    """The Flask application of a dispatcher: one rule for each operation, and the mock's own API."""
    app = Flask("tyk-contract", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = Limits().body

    def answer(**_: str) -> Response:
        return _answer(dispatcher)

    for endpoint in dispatcher.endpoints:
        app.add_url_rule(
            _rule(endpoint.path), endpoint.operation.id, answer,
            methods=[endpoint.method], provide_automatic_options=False,
        )  # fmt: skip
    app.register_blueprint(assets_blueprint())
    app.register_blueprint(control_blueprint(dispatcher, access))
    app.register_blueprint(pages_blueprint(dispatcher))
    refusals = {404: dispatcher.service.not_found, 405: dispatcher.service.not_allowed}
    for status, refuse in refusals.items():
        app.register_error_handler(status, partial(_answer_unrouted, dispatcher, refuse))
    app.register_error_handler(413, lambda _: response_of(TOO_LARGE))
    app.register_error_handler(Exception, _failed)
    return app


def call(app: Flask, request: Request) -> Reply:
    """The reply of the application to a request that another server received."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "RAW_URI": request.head.target,
        "PATH_INFO": request.url.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.url.query.removeprefix("?"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client,
        "CONTENT_TYPE": request.header("content-type"),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.head.headers:
        if "_" not in name:  # else WSGI would confuse it with the header with hyphens
            variable = "HTTP_" + name.upper().replace("-", "_")
            environ[variable] = f"{environ[variable]},{value}" if variable in environ else value
    response = Response.from_app(app, environ, buffered=True)
    return Reply(response.get_data(), response.status_code, tuple(response.headers.items()))


def _rule(path: str) -> str:
    """The Flask rule of a path template; parameters are renamed, for Flask does not allow all names."""
    parts = path.split("/")
    return "/".join(f"<p{i}>" if part.startswith("{") else part for i, part in enumerate(parts))


def _answer_unrouted(dispatcher: Dispatcher, refuse: Callable[[Request], Reply], _: Exception) -> Response:
    """Answer a path without a Flask rule: the dispatcher knows more paths, except under /_mock/."""
    if not is_control_path(request.path):
        return _answer(dispatcher)
    return response_of(_reply(_nothing_there if refuse is dispatcher.service.not_found else refuse))


def _nothing_there(request: Request) -> Reply:
    """The answer to a path under /_mock/ that is nothing, with the nearest one."""
    paths = sorted({rule.rule for rule in current_app.url_map.iter_rules() if is_control_path(rule.rule)})
    path = request.url.path[:SHOWN]
    hint = f"{suggestion(path, paths)}; /_mock/openapi.json lists its paths"
    return json_reply({"status": "error", "message": f"the mock has nothing at {path!r}{hint}"}, 404)


def _answer(dispatcher: Dispatcher) -> Response:
    environ = request.environ
    if environ.get("wsgi.multiprocess") and not dispatcher.mock.backend.is_shared:
        reply = dispatcher.service.error(SEVERAL_PROCESSES, 500)
    else:
        try:
            reply = _reply(dispatcher.answer)
        except DropConnection as drop:
            reply = replace(dispatcher.service.error(CANNOT_DROP, 500), delay=drop.delay)
        if isinstance(reply, FaultyReply):
            reply = replace(dispatcher.service.error(CANNOT_DROP, 500), delay=reply.delay)
    dispatcher.mock.closing.wait(reply.delay)
    return response_of(reply)


def _reply(answer: Callable[[Request], Reply]) -> Reply:
    """The reply to the current request; a refusal if it is none that a gateway reads, or too long."""
    try:
        received = _request(request.environ)
    except urls.BadTarget:
        return BAD_REQUEST
    except RequestEntityTooLarge:
        return TOO_LARGE
    return answer(received)


def _failed(error: Exception) -> Response | HTTPException:
    """The answer to a request for which a view failed; an HTTP status that Flask raises is its own answer."""
    if isinstance(error, HTTPException):
        return error
    log_failure(request.method, error)
    return response_of(error_reply(describe(error)))


def _request(environ: Mapping[str, Any]) -> Request:
    """The current request.

    Raises:
        BadTarget: its target is not one that Go reads.
        RequestEntityTooLarge: its body is too long.
    """
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or _target_of(environ)
    method = environ["REQUEST_METHOD"]
    body = request.get_data()
    if request.content_length is None and len(body) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge  # Flask cuts a body without a length, and does not say so
    headers = tuple(request.headers.items())
    major, _, minor = environ.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2].partition(".")
    version = int(major or 1), int(minor or 0)
    head = RequestHead(method, target, version, headers, len(body), urls.parse(target, method))
    return Request(head, body, environ.get("REMOTE_ADDR", ""))


def _target_of(environ: Mapping[str, Any]) -> str:
    """The target of a request, rebuilt for servers that do not pass it as sent."""
    query = environ.get("QUERY_STRING", "")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/$&+,:;=@-_.~")
    return path + (f"?{query}" if query else "")
