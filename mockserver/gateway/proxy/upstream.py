"""What stands behind an API: its target where that may be asked, or an echo of what reached it."""

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

SECONDS = 30  # for a target to answer
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
    """Ask the API's target if it is on this machine or allowed; else say what would have reached it.

    Raises:
        Refusal: the target does not answer.
    """
    target = urlsplit(str(context.api.fields["proxy"]["target_url"]))
    request = context.upstream_request = _upstream_request(context, target)
    if _is_allowed(context.gateway, target):
        return _upstream_reply(target, request)
    echo = json.dumps({"method": request.method, "path": request.target})
    return Reply(echo.encode())


def _upstream_request(context: RequestContext, target: SplitResult) -> UpstreamRequest:
    """The request as the gateway hands it on (gateway/reverse_proxy.go:241 @v5.12.0)."""
    path, raw = (
        _target_path(context.api, target, each) if each else ""
        for each in (context.url.path, context.url.raw)
    )
    request_query = context.url.query.removeprefix("?")
    query = "&".join(part for part in (target.query, request_query) if part)
    address = urls.escaped(path, "" if raw == path else raw)
    headers = dict(
        _end_to_end([each for each in context.headers.items() if each[0] not in _REPLACED_HEADERS])
    )
    headers["x-forwarded-for"] = ", ".join(
        each for each in (headers.get("x-forwarded-for"), context.client) if each
    )
    host = context.headers.get("host") if context.api.fields["proxy"]["preserve_host_header"] else None
    headers.setdefault("user-agent", f"Tyk/{context.gateway.version}")
    path_and_query = address + (f"?{query}" if query else "")
    return UpstreamRequest(context.method, path_and_query, headers, context.body, host)


def _target_path(api: Api, target: SplitResult, path: str) -> str:
    """A path of an API behind that of its target."""
    proxy = api.fields["proxy"]
    rest = api.stripped(path) if proxy["strip_listen_path"] else path
    return _joined(
        unquote(target.path, errors="surrogateescape"), rest, slash_stays=proxy["disable_strip_slash"]
    )


def _joined(first: str, second: str, *, slash_stays: bool) -> str:
    """Two paths with one slash between them (gateway/reverse_proxy.go:430 @v5.12.0)."""
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
    if "Content-Length" not in names:  # then its head goes out before the body is seen (:1488)
        reply_headers.append(("Transfer-Encoding", "chunked"))
    elif body and not {"Content-Type", "Content-Encoding"} & names:
        reply_headers.append(("Content-Type", content_type(body)))
    return Reply(body, status, tuple(reply_headers))


def _end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers without those for the next server alone, which Connection names too.

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
    """Whether the gateway asks for a packed body, which it unpacks (net/http/transport.go of Go 1.24)."""
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
        raise http.client.HTTPException("the body is not packed as it says") from error


def _canonical(name: str) -> str:
    """A header's name as Go writes it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def fetched_key(context: RequestContext, url: str, key_id: Any) -> Any:
    """The key of that id in a JWKS; None where it may not be asked for, or is not there."""
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
