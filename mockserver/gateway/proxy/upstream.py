"""Requests to the upstream of an API; an echo replaces a target that the mock may not connect to."""

from __future__ import annotations

import gzip
import http.client
import ipaddress
import json
import socket
import zlib
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.jwks_cache import Unreadable
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, UpstreamRequest
from mockserver.golang import urls
from mockserver.golang.content_sniffing import content_type
from mockserver.http.messages import Reply

SECONDS = 30  # timeout for each read from a target
NOT_REACHED = Rejected("There was a problem proxying the request", 500)
UNKNOWN_HOST = Rejected("Upstream host lookup failed", 500)
TIMED_OUT = Rejected("Upstream service reached hard timeout.", 504)
_HOP_BY_HOP = frozenset(
    ("connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
     "trailer", "transfer-encoding", "upgrade")
)  # fmt: skip
_REPLACED_HEADERS = ("host", "content-length")
_COMPRESSION_HEADERS = ("content-encoding", "content-length")


def forward(context: RequestContext) -> Reply:
    """Send the request to the API's target if that is local or allowed, else answer with an echo of it.

    Raises:
        Rejected: the target does not answer.
    """
    target = urlsplit(str(context.api.fields["proxy"]["target_url"]))
    request = context.upstream_request = _upstream_request(context, target)
    if _is_allowed(context.gateway, target):
        return _upstream_reply(target, request)
    echo = json.dumps({"method": request.method, "path": request.target})
    return Reply(echo.encode())


def _upstream_request(context: RequestContext, target: SplitResult) -> UpstreamRequest:
    """The request that the gateway sends to the target (gateway/reverse_proxy.go:241 @v5.12.0)."""
    path, raw = (
        _target_path(context.api, target, path) if path else ""
        for path in (context.url.path, context.url.raw)
    )
    request_query = context.url.query.removeprefix("?")
    query = "&".join(part for part in (target.query, request_query) if part)
    escaped_path = urls.escaped(path, "" if raw == path else raw)
    headers = dict(
        _end_to_end([header for header in context.headers.items() if header[0] not in _REPLACED_HEADERS])
    )
    headers["x-forwarded-for"] = ", ".join(
        address for address in (headers.get("x-forwarded-for"), context.client) if address
    )
    host = context.headers.get("host") if context.api.fields["proxy"]["preserve_host_header"] else None
    headers.setdefault("user-agent", f"Tyk/{context.gateway.version}")
    path_and_query = escaped_path + (f"?{query}" if query else "")
    return UpstreamRequest(context.method, path_and_query, headers, context.body, host)


def _target_path(api: Api, target: SplitResult, path: str) -> str:
    """The path at the target: the target's own path, then that of the request."""
    proxy = api.fields["proxy"]
    rest = api.stripped(path) if proxy["strip_listen_path"] else path
    return _joined(
        unquote(target.path, errors="surrogateescape"), rest, slash_stays=proxy["disable_strip_slash"]
    )


def _joined(first: str, second: str, *, slash_stays: bool) -> str:
    """Two paths joined by one slash (gateway/reverse_proxy.go:430 @v5.12.0)."""
    if slash_stays and second in ("", "/"):
        return first or "/"
    first, second = first.rstrip("/"), second.lstrip("/")
    return f"{first}/{second}" if second or not first else first


def _is_allowed(gateway: Gateway, target: SplitResult) -> bool:
    if target.scheme not in ("http", "https") or not target.hostname:
        return False
    if target.hostname in gateway.upstreams or target.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(target.hostname).is_loopback
    except ValueError:
        return False


def _upstream_reply(target: SplitResult, request: UpstreamRequest) -> Reply:
    try:
        status, headers, body = _exchange(target, request)
    except TimeoutError as error:
        raise TIMED_OUT from error
    except socket.gaierror as error:
        raise UNKNOWN_HOST from error
    except (OSError, http.client.HTTPException) as error:
        raise NOT_REACHED from error
    reply_headers = [(_canonical(name), value) for name, value in _end_to_end(headers)]
    names = {name for name, _ in reply_headers}
    if "Content-Length" not in names:  # the gateway sends the head before it reads the body (:1488)
        reply_headers.append(("Transfer-Encoding", "chunked"))
    elif body and not {"Content-Type", "Content-Encoding"} & names:
        reply_headers.append(("Content-Type", content_type(body)))
    return Reply(body, status, tuple(reply_headers))


def _end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers without hop-by-hop ones, among them those that Connection names.

    Source: gateway/reverse_proxy.go:1138 @v5.12.0.
    """
    named = [
        part.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for part in value.split(",")
    ]
    dropped = _HOP_BY_HOP | {*named}
    return [
        (name, value)
        for name, value in headers
        if name.lower() not in dropped or (name.lower(), value) == ("te", "trailers")
    ]


def _asks_for_gzip(request: UpstreamRequest) -> bool:
    """True if Go's client asks for gzip and decompresses the body (net/http/transport.go of Go 1.24)."""
    return request.method != "HEAD" and not {"accept-encoding", "range"} & request.headers.keys()


def _exchange(target: SplitResult, request: UpstreamRequest) -> tuple[int, list[tuple[str, str]], bytes]:
    connection_type = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = connection_type(str(target.hostname), target.port, timeout=SECONDS)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", request.host or target.netloc.rpartition("@")[2])
        for name, value in request.headers.items():
            connection.putheader(_canonical(name), value)
        if _asks_for_gzip(request):
            connection.putheader("Accept-Encoding", "gzip")
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        headers, body = response.getheaders(), response.read()
        if _asks_for_gzip(request) and str(response.getheader("Content-Encoding")).lower() == "gzip":
            headers = [header for header in headers if header[0].lower() not in _COMPRESSION_HEADERS]
            body = _decompressed(body)
        return response.status, headers, body
    finally:
        connection.close()


def _decompressed(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (EOFError, zlib.error) as error:
        raise http.client.HTTPException("the body is not valid gzip") from error


def _canonical(name: str) -> str:
    """The name of a header in Go's canonical form."""
    return "-".join(part.capitalize() for part in name.split("-"))


def fetched_key(context: RequestContext, url: str, key_id: Any) -> Any:
    """The key with the id in the JWKS at the URL; None if the JWKS is unreadable, not allowed or lacks it."""
    import jwt

    api, cache = context.api, context.gateway.jwks_cache
    target = urlsplit(url)
    if not isinstance(key_id, str) or not _is_allowed(context.gateway, target):
        return None
    path = urls.Url(target.path or "/", f"?{target.query}" if target.query else "")
    request = UpstreamRequest("GET", str(path), {}, b"")
    try:
        key_set = cache.get(api.id, url)
        if key_set is None:
            _, _, body = _exchange(target, request)
            key_set = json.loads(body) or {}
            cache.keep(api.id, api.fields["jwt_source"], url, key_set)
        return jwt.PyJWKSet.from_dict(key_set)[key_id].key
    except (OSError, ValueError, KeyError, Unreadable, http.client.HTTPException, jwt.PyJWTError):
        return None
