"""Requests to the upstream of an API; an echo replaces a target that the mock may not connect to."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
from dataclasses import replace
from functools import partial

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.proxy.answer_headers import changed_answer
from mockserver.gateway.proxy.header_transforms import tells_addresses
from mockserver.gateway.proxy.mcp import metadata_paths
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.upstream_requests import UpstreamRequest, rewritten
from mockserver.golang import absolute_urls, urls
from mockserver.golang.absolute_urls import AbsoluteUrl
from mockserver.golang.content_sniffing import content_type
from mockserver.http.answer_heads import BODILESS, canonical, values
from mockserver.http.hop_by_hop import HOP_BY_HOP, end_to_end
from mockserver.http.messages import DropConnection, Reply
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.received_body import Bounds, Crowded, Together
from mockserver.http.transport import (
    Overdue,
    Received,
    UnknownHost,
    exchange,
)

LOG = logging.getLogger("tyk-contract")
MOST_TOGETHER = 512 << 20  # bytes of all answers of upstreams that are being received
BOUNDS = Bounds(seconds=30, longest=64 << 20, together=Together(MOST_TOGETHER))
MOST_HOPS = 20  # through the mock itself; a gateway would pass the request on for ever
NOT_REACHED = partial(Rejected, "There was a problem proxying the request", 500)
BROKE_OFF = partial(Rejected, "There was a problem with reading Body of the Request.", 500)
UNKNOWN_HOST = partial(Rejected, "Upstream host lookup failed", 500)
TIMED_OUT = partial(Rejected, "Upstream service reached hard timeout.", 504)
LOOPS = (
    f"this mock got the request {MOST_HOPS} times from itself: the target_url of an API leads to its own"
    " listen path; correct it"
)
NOT_SWITCHED = "this mock passes no connection on that is to have another protocol"
IS_FULL = f"this mock receives answers of {MOST_TOGETHER >> 20} MiB at once; send fewer requests at once"
IS_BUSY = "this mock already waits for as many upstreams as it can; send fewer requests at once"
_REPLACED_HEADERS = ("host", "content-length")


def forward(context: RequestContext, path: str = "") -> Reply:
    """Send the request to the API's target if that is local or allowed, else answer with an echo of it.

    With `path` the request is for that, not for its own path and query.

    Raises:
        Rejected: the request broke off within its body (gateway/reverse_proxy.go:1102 @v5.12.0), the target
            does not answer, or the request came from the mock itself too often.
        DropConnection: the gateway closes the connection without an answer.
    """
    if not context.is_whole:
        raise BROKE_OFF("it ended before its announced length")
    own = _target(context)
    target = (context.rewriting and context.rewriting.target) or own
    request = _upstream_request(context, own)
    request = context.upstream_request = replace(request, target=path) if path else request
    if is_allowed(context.gateway, target):
        return _upstream_reply(context, target, request)
    echo = json.dumps({"method": request.method, "path": request.target})
    return Reply(echo.encode(), headers=tuple(changed_answer(context, (), request.path)))


def in_place(context: RequestContext, reply: Reply) -> Reply:
    """A reply of the gateway in place of the upstream's, with headers that are changed as those are."""
    url = rewritten(context.url, context.rewriting)
    path = _target_path(context, _target(context), url.path)
    return replace(reply, headers=tuple(changed_answer(context, reply.headers, path)))


def _target(context: RequestContext) -> AbsoluteUrl:
    """The target of the request's version, or else that of its API.

    Source: gateway/multi_target_proxy_handler.go:18 @v5.12.0.
    """
    url = str(context.version_settings.get("override_target", ""))
    if not context.api.fields["version_data"]["not_versioned"] and url:
        with contextlib.suppress(absolute_urls.BadUrl):
            return absolute_urls.parse(url)
    return context.api.target


def _upstream_request(context: RequestContext, target: AbsoluteUrl) -> UpstreamRequest:
    """The request that the gateway sends to the target (gateway/reverse_proxy.go:241 @v5.12.0)."""
    url = rewritten(context.url, context.rewriting)
    path, raw = _target_path(context, target, url.path), url.raw and _target_path(context, target, url.raw)
    query = "&".join(part for part in (target.query, url.query.removeprefix("?")) if part)
    method = context.upstream_method or context.method
    escaped_path = urls.escaped(path, "" if raw == path else raw)
    headers = dict(
        _end_to_end([header for header in context.headers.items() if header[0] not in _REPLACED_HEADERS])
    )
    repeated = {name: values for name, values in context.repeated.items() if name in headers}
    if protocol := _protocol(context):
        headers |= {"connection": "Upgrade", "upgrade": protocol}
    if tells_addresses(context, path, method):
        earlier = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
        earlier += repeated.pop("x-forwarded-for", ())
        headers["x-forwarded-for"] = ", ".join([*earlier, context.client])
    host = context.headers.get("host") if context.api.fields["proxy"]["preserve_host_header"] else None
    if not headers.setdefault("user-agent", f"Tyk/{context.gateway.version}"):
        del headers["user-agent"]
    path_and_query = escaped_path + (f"?{query}" if query or url.query == "?" else "")
    return UpstreamRequest(method, path_and_query, headers, context.body, host, path, repeated)


def _protocol(context: RequestContext) -> str:
    """The other protocol that a request asks for, if the gateway passes that on; "" if none.

    Source: internal/httputil/streaming.go:25 and gateway/reverse_proxy.go:1910 @v5.12.0.
    """
    if not context.gateway.config.http_server_options__enable_websockets:
        return ""
    is_upgrade = context.header("Connection").strip().lower() == "upgrade"
    return context.header("Upgrade").strip().lower() if is_upgrade else ""


def _target_path(context: RequestContext, target: AbsoluteUrl, path: str) -> str:
    """The path at the target: the target's own path, then that of the request.

    In some versions the metadata of the upstream of an MCP proxy are at its root.
    """
    api = context.api
    proxy = api.fields["proxy"]
    rest = api.stripped(path) if proxy["strip_listen_path"] else path
    if context.rewriting is not None and context.rewriting.target is not None:
        return rest
    tells_metadata = "protected-resources-are-described" in context.gateway.behaviours
    is_at_root = tells_metadata and api.is_mcp and metadata_paths.is_at_root(rest)
    return _joined("" if is_at_root else target.path, rest, slash_stays=proxy["disable_strip_slash"])


def _joined(first: str, second: str, *, slash_stays: bool) -> str:
    """Two paths joined by one slash (gateway/reverse_proxy.go:430 @v5.12.0)."""
    if slash_stays and second in ("", "/"):
        return first or "/"
    first, second = first.rstrip("/"), second.lstrip("/")
    return f"{first}/{second}" if second or not first else first


def is_allowed(gateway: Gateway, target: AbsoluteUrl) -> bool:
    """True if the mock may connect to the host of a URL: it is this machine, or named by `--upstream`."""
    if target.scheme not in ("http", "https", "ws", "wss") or not target.host:
        return False
    if target.host in gateway.upstreams or target.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(target.host).is_loopback
    except ValueError:
        return False


def send(gateway: Gateway, target: AbsoluteUrl, outgoing: Outgoing, bounds: Bounds) -> Received:
    """Send a request to the host of a URL.

    Raises:
        Rejected: too many exchanges are in progress.
        TransportError: there is no answer.
    """
    if not gateway.waiting.acquire(blocking=False):
        LOG.warning("%s: %s", target.authority, IS_BUSY)
        raise Rejected(IS_BUSY, 503)
    try:
        from mockserver.http.tls import context_of  # here, for few upstreams need it

        tls = context_of() if target.scheme in ("https", "wss") else None
        return exchange(target.host, target.port, outgoing, bounds, tls)
    finally:
        gateway.waiting.release()


def _upstream_reply(context: RequestContext, target: AbsoluteUrl, request: UpstreamRequest) -> Reply:
    hops = request.headers.get("x-forwarded-for", "").split(", ")[-MOST_HOPS:]
    if hops == [context.client] * MOST_HOPS:
        LOG.warning("API %s: %s", context.api.id, LOOPS)
        raise Rejected(LOOPS, 508)
    headers = tuple(
        (canonical(name), value)
        for name, first in request.headers.items()
        for value in (first, *request.repeated.get(name, ()))
    )
    outgoing = Outgoing(
        request.method, request.target, request.host or target.authority, headers, request.body
    )
    try:
        received = send(context.gateway, target, outgoing, BOUNDS)
    except Overdue as error:
        raise TIMED_OUT(str(error)) from error
    except Crowded as error:
        LOG.warning("API %s: %s", context.api.id, IS_FULL)
        raise Rejected(IS_FULL, 503) from error
    except UnknownHost as error:
        raise UNKNOWN_HOST(str(error)) from error
    except TransportError as error:
        raise NOT_REACHED(str(error)) from error
    if received.head.status == 101 and "upgrade" in request.headers:
        raise Rejected(NOT_SWITCHED, 501)
    head = received.head
    head = replace(head, headers=tuple(changed_answer(context, head.headers, request.path)))
    return reply_of(replace(received, head=head), is_head=request.method == "HEAD")


def reply_of(received: Received, *, is_head: bool = False) -> Reply:
    """The reply to the client, framed anew from the body that was received.

    Raises:
        DropConnection: the status is none that net/http writes; it panics instead (server.go of Go 1.26).
    """
    head, body = received.head, received.body
    if head.status < 100:
        raise DropConnection
    named = {part.strip() for value in values(head.headers, "Connection")[:1] for part in value.split(",")}
    dropped = HOP_BY_HOP | {name.lower() for name in named} | (set() if is_head else {"content-length"})
    if head.status == 304:
        dropped |= {"content-type"}
    headers = [
        (name, value) for name, value in head.headers if name.lower() not in dropped and " " not in name
    ]
    if head.status == 101:  # the gateway writes no head for it, so that net/http writes 200
        return Reply(body, 200, (*headers, *_guessed_type(headers, body)))
    if is_head or head.status in BODILESS:
        return Reply(body, head.status, tuple(headers))
    if not received.is_measured:  # the gateway sends the head before it reads the body (:1488)
        return Reply(body, head.status, (*headers, ("Transfer-Encoding", "chunked")))
    length = ("Content-Length", str(len(body)))
    return Reply(body, head.status, (*headers, length, *_guessed_type(headers, body)))


def _guessed_type(headers: list[tuple[str, str]], body: bytes) -> list[tuple[str, str]]:
    if not body or {"Content-Type", "Content-Encoding"} & {name for name, _ in headers}:
        return []
    return [("Content-Type", content_type(body))]


def _end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of a request that the gateway passes on, with TE for trailers, and those without a value.

    Source: gateway/reverse_proxy.go:1138 @v5.12.0.
    """
    passed = {("te", "trailers"), *((name, "") for name in HOP_BY_HOP - {"trailer", "transfer-encoding"})}
    return [*end_to_end(headers), *((name, value) for name, value in headers if (name, value) in passed)]
