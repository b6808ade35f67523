"""The authorization server of the upstream of an MCP proxy, which the gateway shows as its own.

A proxy without own metadata has those of its upstream, in which resource and authorization server are the
gateway's. Clients find them at the root of the gateway too, and there the pages of that authorization server,
at which the resource is the upstream again.
Source: RFC 9728, RFC 8414, RFC 8707; gateway/mw_protected_resource.go:149, gateway/mcp_oauth_proxy.go:88 and
gateway/api_loader.go:962 @v5.14.0; recordings mcp/upstream-metadata and mcp/authorization-servers.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from mockserver.gateway import replies
from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_store import LoadedApis
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import fetching
from mockserver.gateway.proxy.mcp import metadata_paths
from mockserver.gateway.proxy.request_context import Rejected
from mockserver.gateway.proxy.upstream import reply_of, send
from mockserver.golang import absolute_urls, json_reader, urls
from mockserver.golang.absolute_urls import AbsoluteUrl, BadUrl
from mockserver.golang.json_reader import JSONSyntaxError
from mockserver.golang.json_size import has_too_many_values
from mockserver.golang.scalars import ANY, Problems
from mockserver.http.messages import Reply, Request
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.service.journal_parts import ProxiedReply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import Call

_PREFIX = "/__tyk-as/"  # of the pages of the authorization server
_SECONDS = 300  # until the metadata of an upstream are fetched again
_HEADERS = (("Accept", "application/json"), ("Mcp-Protocol-Version", "2024-11-05"))
_MEMBERS = (
    ("resource", "resource"), ("authorizationServers", "authorization_servers"),
    ("scopesSupported", "scopes_supported"),
)  # fmt: skip  # of the definition, and of the document
Page = Callable[[Gateway, Api, Request], Reply]


class NoMetadata(Exception):
    """The upstream has no metadata that can be read; the message is what the client is told."""


def document(gateway: Gateway, api: Api, request_host: str, scheme: str) -> Document:
    """The metadata of an API: those in its definition, or those of its upstream.

    Raises:
        NoMetadata: the upstream has none.
    """
    settings = api.resource_metadata
    if not api.mirrors_metadata:
        members = {own: settings.get(name) for name, own in _MEMBERS}
        return {own: value for own, value in members.items() if value or own == "resource"}
    listen_path = api.listen_path if api.listen_path.endswith("/") else f"{api.listen_path}/"
    own = {
        "resource": f"{scheme}://{request_host}{listen_path}",
        "authorization_servers": [_base(api, request_host)],
    }
    return dict(sorted((_of_upstream(gateway, api) | own).items()))


def page_at(loaded: LoadedApis, path: str) -> tuple[Api, str, Page] | None:
    """The MCP proxy with a page at a path outside its listen path, the method and the page; None if none."""
    if not path.startswith((metadata_paths.RESOURCE, metadata_paths.SERVER, _PREFIX)):
        return None
    for api in loaded.routed:
        pages = _pages(api) if api.is_mcp and api.resource_metadata else {}
        if path in pages:
            return api, *pages[path]
    return None


def answer(page: Page, api: Api, call: Call[Gateway]) -> Reply:
    """The answer of a page, for the journal too."""
    reply = page(call.state, api, call.request)
    return ProxiedReply(reply.body, reply.status, reply.headers, api.id)


def _pages(api: Api) -> dict[str, tuple[str, Page]]:
    path = api.listen_path.rstrip("/")
    pages: dict[str, tuple[str, Page]] = {}
    if path:
        pages |= dict.fromkeys(
            (f"{metadata_paths.RESOURCE}{path}", f"{metadata_paths.RESOURCE}{path}/"), ("GET", _metadata)
        )
    if path and api.mirrors_metadata:
        pages |= {
            f"{metadata_paths.SERVER}{_PREFIX}{api.id}": ("GET", _server_metadata),
            f"{_PREFIX}{api.id}/authorize": ("GET", _authorize),
            f"{_PREFIX}{api.id}/token": ("POST", _token),
        }
    return pages


def _told(page: Page) -> Page:
    """A page that tells a client if there are no metadata of the upstream."""

    def told(gateway: Gateway, api: Api, request: Request) -> Reply:
        try:
            return page(gateway, api, request)
        except NoMetadata as reason:
            return _failure(str(reason))

    return told


@_told
def _metadata(gateway: Gateway, api: Api, request: Request) -> Reply:
    scheme = request.header("x-forwarded-proto") or "http"
    try:
        return json_reply(document(gateway, api, request.header("host"), scheme))
    except NoMetadata:
        raise NoMetadata("upstream PRM unavailable") from None


@_told
def _server_metadata(gateway: Gateway, api: Api, request: Request) -> Reply:
    base = _base(api, request.header("host"))
    own = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
    return json_reply(dict(sorted((_of_server(gateway, api) | own).items())))


@_told
def _authorize(gateway: Gateway, api: Api, request: Request) -> Reply:
    """Redirect a client to the page of the upstream's server, with its own parameters."""
    url = _endpoint(gateway, api, "authorization_endpoint")
    try:
        target = absolute_urls.parse(url)
    except BadUrl:
        return _failure("invalid upstream authorization_endpoint")
    parameters = _grouped(request.url.query)
    if "resource" in parameters:
        parameters["resource"] = [_resource(api)]
    parameters = _grouped(target.query) | parameters
    query = urlencode([(name, value) for name in sorted(parameters) for value in parameters[name]])
    host = f"{target.scheme}://{target.authority}" if target.authority else ""
    location = host + urls.escaped(target.path) + (f"?{query}" if query else "")
    escaped = html.escape(location).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    body = f'<a href="{escaped}">Found</a>.\n\n'
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Location", location))
    return Reply(body.encode(), 302, headers)


@_told
def _token(gateway: Gateway, api: Api, request: Request) -> Reply:
    """Send a request for a token to the upstream's server, and its answer back."""
    url = _endpoint(gateway, api, "token_endpoint")
    content_type = request.header("content-type")
    form = urls.posted_form("POST", content_type, request.url.query, request.body)
    if form is None:
        return replies.failure("cannot parse token request", 400)
    fields = _grouped(request.body.decode("latin-1")) if form else {}
    if "resource" in fields:
        fields["resource"] = [_resource(api)]
    body = urlencode([(name, value) for name in sorted(fields) for value in fields[name]]).encode()
    headers = [fetching.AGENT, ("Content-Type", urls.FORM_TYPE)]
    passed_on = ((name, request.header(name.lower())) for name in ("Accept", "Authorization"))
    headers += [(name, value) for name, value in passed_on if value]
    try:
        target = fetching.allowed(gateway, url)
        outgoing = Outgoing("POST", fetching.request_target(target), target.authority, tuple(headers), body)
        received = send(gateway, target, outgoing, fetching.BOUNDS)
    except (BadUrl, Rejected, TransportError):
        return _failure("upstream token endpoint unreachable")
    return reply_of(received)


def _endpoint(gateway: Gateway, api: Api, name: str) -> str:
    url = _of_server(gateway, api).get(name)
    if not isinstance(url, str) or not url:
        raise NoMetadata(f"upstream metadata missing {name}")
    return url


def _of_server(gateway: Gateway, api: Api) -> Document:
    """The metadata of the first authorization server that the upstream names.

    Raises:
        NoMetadata: there is none.
    """
    listed: Any = None
    with contextlib.suppress(NoMetadata):
        listed = _of_upstream(gateway, api).get("authorization_servers")
    named = listed if isinstance(listed, list) else []
    server = next((name for name in named if isinstance(name, str) and name), None)
    if server is None:
        raise NoMetadata("upstream authorization server unavailable")
    unavailable = NoMetadata("upstream AS metadata unavailable")
    try:
        target = absolute_urls.parse(server)
    except BadUrl:
        raise unavailable from None
    path = target.path.rstrip("/")
    for place in dict.fromkeys((f"{metadata_paths.SERVER}{path}", f"{path}{metadata_paths.SERVER}")):
        if (found := _fetched(gateway, target, place, whole=True)) is not None:
            return found
    raise unavailable


def _of_upstream(gateway: Gateway, api: Api) -> Document:
    target = api.target
    path = f"{metadata_paths.RESOURCE}{target.path.rstrip('/')}"
    key = f"{target.scheme}://{target.authority}{path}"
    found, until = gateway.resource_metadata.get(key, ({}, 0.0))
    if until < gateway.now():
        fetched = _fetched(gateway, target, path, whole=False)
        if fetched is None:
            raise NoMetadata
        found = fetched
        gateway.resource_metadata[key] = found, gateway.now() + _SECONDS
    return dict(found)


def _fetched(gateway: Gateway, target: AbsoluteUrl, path: str, *, whole: bool) -> Document | None:
    """The JSON object at a path of a host; with `whole` nothing may follow it. None if there is none."""
    try:
        url = f"{target.scheme}://{target.authority}{urls.escaped(path)}"
        received = fetching.fetched(gateway, url, headers=_HEADERS)
        if received.head.status // 100 != 2 or has_too_many_values(received.body):
            return None
        node, rest = json_reader.read(received.body)
    except (BadUrl, Rejected, TransportError, JSONSyntaxError):
        return None
    problems = Problems()
    value = ANY.decode(node, None, problems)
    is_object = isinstance(value, dict) and not problems.notes
    return value if is_object and not (whole and rest.strip(json_reader.WHITE_SPACE)) else None


def _base(api: Api, request_host: str) -> str:
    return f"http://{request_host}{_PREFIX}{api.id}"


def _resource(api: Api) -> str:
    return str(api.fields["proxy"]["target_url"])


def _grouped(query: str) -> dict[str, list[str]]:
    """The values of each parameter, in order."""
    values: dict[str, list[Any]] = {}
    for name, value in urls.parameters(query):
        values.setdefault(name, []).append(value)
    return values


_failure = partial(replies.failure, status=502)
