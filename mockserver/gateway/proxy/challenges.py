"""The metadata that tell a client where to get credentials for an API, and the challenge that names them.

Source: RFC 9728; gateway/mw_protected_resource.go:46 and :161 @v5.13.1; recordings mcp/credentials,
mcp/metadata and mcp/upstream-metadata.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable
from typing import TypeVar

from mockserver.gateway.proxy.mcp import authorization_servers, metadata_paths
from mockserver.gateway.proxy.mcp.authorization_servers import NoMetadata
from mockserver.gateway.proxy.request_context import Answered, Rejected, RequestContext
from mockserver.service.json_replies import json_reply

Result = TypeVar("Result")


def tell_metadata(context: RequestContext) -> None:
    """Answer a request for the metadata of an API, which needs no credential.

    Raises:
        Answered: the request is one.
    """
    if context.method != "GET" or context.url.path != _metadata_path(context):
        return
    try:
        document = authorization_servers.document(
            context.gateway, context.api, context.header("Host"), _scheme(context)
        )
    except NoMetadata:
        return  # the request goes on to the upstream
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
                url = f"{_scheme(context)}://{context.header('Host')}{path}"
                challenge = f'Bearer realm="tyk", resource_metadata="{url}"'
                context.response_headers.append(("Www-Authenticate", challenge))
            raise

    return challenging_check


def counting(check: Callable[[RequestContext], None]) -> Callable[[RequestContext], None]:
    """A check of tokens whose rejections health checks count, but not those of claims.

    Source: gateway/mw_jwt.go:1085 @v5.12.0.
    """

    @functools.wraps(check)
    def counting_check(context: RequestContext) -> None:
        try:
            check(context)
        except Rejected as rejection:
            if rejection.status not in (401, 501):
                rejection.event = "KeyFailure"
            raise

    return counting_check


def _scheme(context: RequestContext) -> str:
    return context.header("X-Forwarded-Proto") or "http"


def _metadata_path(context: RequestContext) -> str:
    """The path of the metadata; "" if the API has none."""
    settings = context.api.resource_metadata
    if not settings or "protected-resources-are-described" not in context.gateway.behaviours:
        return ""
    own_path = settings.get("wellKnownPath") or metadata_paths.RESOURCE
    return "/" + posixpath.normpath(f"{context.api.listen_path}/{own_path}").lstrip("/")
