"""The challenge that tells a client without a valid credential where to learn how to get one (RFC 9728, 5.1).

Source: gateway/mw_protected_resource.go:161 @v5.13.1, gateway/model_apispec.go:171 @v5.14.0; recording
mcp/credentials.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from mockserver.gateway.proxy.request_context import Rejected, RequestContext

_PATH = ".well-known/oauth-protected-resource"


def challenging(check: Callable[[RequestContext], None]) -> Callable[[RequestContext], None]:
    """A check of a credential whose rejections have the challenge, if the API has such metadata."""

    def challenging_check(context: RequestContext) -> None:
        try:
            check(context)
        except Rejected:
            is_told = "mcp-challenges-name-metadata" in context.gateway.behaviours
            if is_told and (path := _metadata_path(context)):
                url = f"{context.header('X-Forwarded-Proto') or 'http'}://{context.header('Host')}{path}"
                challenge = f'Bearer realm="tyk", resource_metadata="{url}"'
                context.response_headers.append(("Www-Authenticate", challenge))
            raise

    return challenging_check


def _metadata_path(context: RequestContext) -> str:
    """The path of the metadata; "" if the API has none. An MCP proxy has them unless they are disabled."""
    definition = context.api.open_api
    settings: Any = ((definition and definition.authentication) or {}).get("protectedResourceMetadata")
    if not isinstance(settings, dict):
        settings = {"enabled": context.api.is_mcp}
    if settings.get("enabled") is not True:
        return ""
    return posixpath.normpath(f"{context.api.listen_path}/{settings.get('wellKnownPath') or _PATH}")
