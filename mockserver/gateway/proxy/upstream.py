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
TOO_LATE = Rejected("Upstream service reached hard timeout.", 504)
_OF_ONE_HOP = frozenset(
    ("connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
     "trailer", "transfer-encoding", "upgrade")
)  # fmt: skip
_MADE_ANEW = ("host", "content-length")
_OF_PACKED = ("content-encoding", "content-length")


def forward(context: RequestContext) -> Reply:
    """Ask the API's target if it is on this machine or allowed; else say what would have reached it.

    Raises:
        Refusal: the target does not answer.
    """
    target = urlsplit(str(context.api.fields["proxy"]["target_url"]))
    sent = context.upstream_request = _forwarded(context, target)
    if _may_be_asked(context.gateway, target):
        return _asked(target, sent)
    echo = json.dumps({"method": sent.method, "path": sent.target})
    return Reply(echo.encode())


def _forwarded(context: RequestContext, target: SplitResult) -> UpstreamRequest:
    """The request as the gateway hands it on (gateway/reverse_proxy.go:241 @v5.12.0)."""
    path, raw = (
        _placed(context.api, target, each) if each else "" for each in (context.url.path, context.url.raw)
    )
    own = context.url.query.removeprefix("?")
    query = "&".join(part for part in (target.query, own) if part)
    address = urls.escaped(path, "" if raw == path else raw)
    headers = dict(_of_more_hops([each for each in context.headers.items() if each[0] not in _MADE_ANEW]))
    headers["x-forwarded-for"] = ", ".join(
        each for each in (headers.get("x-forwarded-for"), context.client) if each
    )
    host = context.headers.get("host") if context.api.fields["proxy"]["preserve_host_header"] else None
    headers.setdefault("user-agent", f"Tyk/{context.gateway.version}")
    target_sent = address + (f"?{query}" if query else "")
    return UpstreamRequest(context.method, target_sent, headers, context.body, host)


def _placed(api: Api, target: SplitResult, path: str) -> str:
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


def _may_be_asked(gateway: Gateway, target: SplitResult) -> bool:
    if target.scheme not in ("http", "https") or not target.hostname:
        return False
    if target.hostname in gateway.upstreams or target.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(target.hostname).is_loopback
    except ValueError:
        return False


def _asked(target: SplitResult, sent: UpstreamRequest) -> Reply:
    try:
        status, headers, body = _exchange(target, sent)
    except TimeoutError as error:
        raise TOO_LATE from error
    except socket.gaierror as error:
        raise UNKNOWN_HOST from error
    except (OSError, http.client.HTTPException) as error:
        raise NOT_REACHED from error
    kept = [(_canonical(name), value) for name, value in _of_more_hops(headers)]
    names = {name for name, _ in kept}
    if "Content-Length" not in names:  # then its head goes out before the body is seen (:1488)
        kept.append(("Transfer-Encoding", "chunked"))
    elif body and not {"Content-Type", "Content-Encoding"} & names:
        kept.append(("Content-Type", content_type(body)))
    return Reply(body, status, tuple(kept))


def _of_more_hops(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers without those for the next server alone, which Connection names too.

    Source: gateway/reverse_proxy.go:1138 @v5.12.0.
    """
    named = [part.strip().lower() for n, v in headers if n.lower() == "connection" for part in v.split(",")]
    dropped = _OF_ONE_HOP | {*named}
    return [(n, v) for n, v in headers if n.lower() not in dropped or (n.lower(), v) == ("te", "trailers")]


def _asks_for_gzip(sent: UpstreamRequest) -> bool:
    """Whether the gateway asks for a packed body, which it unpacks (net/http/transport.go of Go 1.24)."""
    return sent.method != "HEAD" and not {"accept-encoding", "range"} & sent.headers.keys()


def _exchange(target: SplitResult, sent: UpstreamRequest) -> tuple[int, list[tuple[str, str]], bytes]:
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(target.hostname), target.port, timeout=SECONDS)
    try:
        connection.putrequest(sent.method, sent.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", sent.host or target.netloc.rpartition("@")[2])
        for name, value in sent.headers.items():
            connection.putheader(_canonical(name), value)
        if _asks_for_gzip(sent):
            connection.putheader("Accept-Encoding", "gzip")
        if sent.body or sent.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(sent.body)))
        connection.endheaders(sent.body or None)
        answer = connection.getresponse()
        headers, body = answer.getheaders(), answer.read()
        if _asks_for_gzip(sent) and str(answer.getheader("Content-Encoding")).lower() == "gzip":
            headers = [each for each in headers if each[0].lower() not in _OF_PACKED]
            body = _unpacked(body)
        return answer.status, headers, body
    finally:
        connection.close()


def _unpacked(body: bytes) -> bytes:
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

    api, kept = context.api, context.gateway.jwks_cache
    target = urlsplit(url)
    if not isinstance(key_id, str) or not _may_be_asked(context.gateway, target):
        return None
    path = urls.Url(target.path or "/", f"?{target.query}" if target.query else "")
    asked = UpstreamRequest("GET", str(path), {}, b"")
    try:
        found = kept.get(api.id, url)
        if found is None:
            _, _, body = _exchange(target, asked)
            found = json.loads(body) or {}
            kept.keep(api.id, api.fields["jwt_source"], url, found)
        return jwt.PyJWKSet.from_dict(found)[key_id].key
    except (OSError, ValueError, KeyError, Unreadable, http.client.HTTPException, jwt.PyJWTError):
        return None
