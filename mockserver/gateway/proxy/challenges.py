"""The metadata that tell a client where to get credentials for an API, and the challenge that names them.

Of MCP proxies without `resource` and `authorizationServers`, whose metadata are those of their upstream, only
the challenge is made.
Source: RFC 9728; gateway/mw_protected_resource.go:46 and :161 @v5.13.1, gateway/model_apispec.go:171
@v5.14.0; recordings mcp/credentials and mcp/metadata.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable
from typing import Any, TypeVar

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import Answered, Rejected, RequestContext
from mockserver.service.json_replies import json_reply

_PATH = ".well-known/oauth-protected-resource"
_MEMBERS = {
    "resource": "resource",
    "authorizationServers": "authorization_servers",
    "scopesSupported": "scopes_supported",
}  # of the definition, and of the document
Result = TypeVar("Result")


def tell_metadata(context: RequestContext) -> None:
    """Answer a request for the metadata of an API, which needs no credential.

    Raises:
        Answered: the request is one.
    """
    settings = _settings(context)
    is_own = not context.api.is_mcp or settings.get("resource") or settings.get("authorizationServers")
    if is_own and context.method == "GET" and context.url.path == _metadata_path(context):
        members = {own: settings.get(name) for name, own in _MEMBERS.items()}
        document = {own: value for own, value in members.items() if value or own == "resource"}
        raise Answered(json_reply(document))


def challenging(check: Callable[[RequestContext], Result]) -> Callable[[RequestContext], Result]:
    """A check of a credential whose rejections have the challenge, if the API has such metadata."""

    @functools.wraps(check)
    def challenging_check(context: RequestContext) -> Result:
        try:
            return check(context)
        except Rejected:
            is_told = "mcp-challenges-name-metadata" in context.gateway.behaviours
            if is_told and (path := _metadata_path(context)):
                url = f"{context.header('X-Forwarded-Proto') or 'http'}://{context.header('Host')}{path}"
                challenge = f'Bearer realm="tyk", resource_metadata="{url}"'
                context.response_headers.append(("Www-Authenticate", challenge))
            raise

    return challenging_check


def _settings(context: RequestContext) -> Document:
    """The settings of the metadata; an MCP proxy has metadata unless they are disabled."""
    definition = context.api.open_api
    settings: Any = ((definition and definition.authentication) or {}).get("protectedResourceMetadata")
    return settings if isinstance(settings, dict) else {"enabled": context.api.is_mcp}


def _metadata_path(context: RequestContext) -> str:
    """The path of the metadata; "" if the API has none."""
    settings = _settings(context)
    if settings.get("enabled") is not True:
        return ""
    return posixpath.normpath(f"{context.api.listen_path}/{settings.get('wellKnownPath') or _PATH}")
