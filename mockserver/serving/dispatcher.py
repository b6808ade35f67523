"""What a real gateway does before a request reaches its routes, and the journal after."""

from __future__ import annotations

import hmac
import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

from mockserver.contract.openapi import Contract, Operation
from mockserver.gateway import replies
from mockserver.gateway.gateway import Gateway
from mockserver.golang import urls
from mockserver.http.messages import PHRASES, DropConnection, Reply
from mockserver.service.faults import ANY, Fault
from mockserver.service.journal import Entry, Exchange, redacted
from mockserver.storage.backend import StoreLost

CONTROL_PREFIX = "/_mock/"
OPERATION = "tyk_contract.operation"
URL = "tyk_contract.url"
BODY = "tyk_contract.body"
REPLY = "tyk_contract.reply"
VISIT = "tyk_contract.visit"


def suffer(gateway: Gateway, fault: Fault | None) -> Reply | None:
    """Wait, drop, or answer what the fault says; None lets the request go on.

    Raises:
        DropConnection: the fault asks for it.
    """
    if fault is None:
        return None
    gateway.closing.wait(fault.delay)
    if fault.drop:
        raise DropConnection
    return replies.error(fault.message, fault.status) if fault.status else None


class Front:
    """A WSGI application before another: Go's targets, clean paths, the secret.

    Source: gateway/server.go:742 and :806 @v5.12.0; gorilla/mux 1.8.1, ServeHTTP.
    """

    def __init__(self, gateway: Gateway, inner: Callable[..., Iterable[bytes]]) -> None:
        self._gateway = gateway
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._gateway.catch_up()
        target = environ.get("RAW_URI") or _target_of(environ)
        body = environ[BODY] = _body_of(environ)
        try:
            environ[URL] = urls.parse(target, environ["REQUEST_METHOD"])
        except urls.BadTarget:
            environ[URL] = urls.Url(target)
            reply = replies.BAD_REQUEST
        else:
            if environ[URL].path.startswith(CONTROL_PREFIX):
                return self._inner(_routed(environ), start_response)
            fault = self._gateway.faults.take(ANY)
            try:
                reply = (
                    suffer(self._gateway, fault)
                    or self._before_routes(environ)
                    or self._to_api(environ)
                    or self._route(environ)
                )
            except StoreLost as error:
                reply = replies.error(str(error), 500)
        self._record(environ, target, body, reply)
        status = f"{reply.status} {PHRASES.get(reply.status, '')}"
        start_response(status, [*reply.headers])
        return [reply.body]

    def _before_routes(self, environ: WSGIEnvironment) -> Reply | None:
        config, url = self._gateway.config, environ[URL]
        if 0 < config.http_server_options__max_request_body_size < len(environ[BODY]):
            return replies.TOO_LARGE
        if not config.http_server_options__skip_url_cleaning:
            clean = urls.cleaned(url)
            if clean is not url:
                return replies.redirect(str(clean))
        if not url.path.startswith("/tyk/"):
            return None
        sent = environ.get("HTTP_X_TYK_AUTHORIZATION", "")
        if not hmac.compare_digest(sent.encode("latin-1"), config.secret.encode()):
            return replies.FORBIDDEN
        stripped = urls.Url(url.path.removeprefix("/tyk").rstrip("/"), url.query, url.origin)
        clean = urls.cleaned(stripped)
        if clean is not stripped:
            return replies.redirect(str(clean))
        environ[URL] = urls.Url("/tyk" + stripped.path, url.query, url.origin)
        return None

    def _to_api(self, environ: WSGIEnvironment) -> Reply | None:
        """The answer of the API that the path reaches; None where it is the gateway's own."""
        gateway, url = self._gateway, environ[URL]
        config = gateway.config
        probes = (f"/{config.health_check_endpoint_name}", f"/{config.readiness_check_endpoint_name}")
        api = None if url.path.startswith("/tyk/") or url.path in probes else gateway.apis.loaded.at(url.path)
        if api is None:
            return None
        from mockserver.gateway import proxy

        headers = {name.lower(): value for name, value in _headers_of(environ)}
        client = environ["REMOTE_ADDR"]
        visit = proxy.Visit(gateway, api, environ["REQUEST_METHOD"], url, headers, environ[BODY], client)
        reply = proxy.answer(visit)
        environ[VISIT] = visit
        return reply

    def _route(self, environ: WSGIEnvironment) -> Reply:
        """Let Flask find the operation; its view leaves the reply in the environment."""
        inner = _routed(environ.copy())
        if not inner["REQUEST_METHOD"].isupper():
            inner["REQUEST_METHOD"] = "NONE"  # Flask would take "get" for GET
        chunks = self._inner(inner, lambda *_: None)
        if close := getattr(chunks, "close", None):
            close()
        environ[OPERATION] = inner.get(OPERATION, (None, None))
        reply: Reply = inner[REPLY]
        return reply

    def _record(self, environ: WSGIEnvironment, target: str, body: bytes, reply: Reply) -> None:
        reached: tuple[Operation | None, Contract | None] = environ.get(OPERATION, (None, None))
        method, path = environ["REQUEST_METHOD"], environ[URL].path
        content_type = dict(reply.headers).get("Content-Type", "")
        self._gateway.journal.add(
            Entry.of(
                Exchange(method, path, body, reply.status, content_type, reply.body),
                time=self._gateway.clock.now(),
                target=target,
                headers=redacted(_headers_of(environ)),
                reached=reached,
                secret=self._gateway.config.secret,
                **_told_of(environ.get(VISIT)),
            )
        )


def _told_of(visit: Any) -> dict[str, Any]:
    """What the journal keeps of a request to an API."""
    if visit is None:
        return {}
    sent, upstream = visit.forwarded, None
    if sent is not None:
        headers = dict(redacted([(name.title(), value) for name, value in sent.headers.items()]))
        body = sent.body.decode("utf-8", "replace")
        upstream = {"method": sent.method, "target": sent.target, "headers": headers, "body": body}
    return {"api": visit.api.id, "upstream": upstream}


def _routed(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The environment with the path that routes are to see."""
    url: urls.Url = environ[URL]
    environ["PATH_INFO"] = url.path.encode("utf-8", "surrogateescape").decode("latin-1")
    environ["QUERY_STRING"] = url.query.removeprefix("?")
    environ["wsgi.input"] = io.BytesIO(environ[BODY])
    return environ


def _target_of(environ: WSGIEnvironment) -> str:
    """The target for servers that do not hand it over as it was sent."""
    query = environ.get("QUERY_STRING", "")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/$&+,:;=@-_.~")
    return path + (f"?{query}" if query else "")


def _body_of(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    return bytes(stream.read(int(length))) if length.isdigit() else b""


def _headers_of(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    names = {key: key[5:].replace("_", "-").title() for key in environ if key.startswith("HTTP_")}
    names |= {key: key.replace("_", "-").title() for key in ("CONTENT_TYPE", "CONTENT_LENGTH")}
    return [(name, str(environ[key])) for key, name in names.items() if environ.get(key)]
