"""Limits of the sizes of bodies (gateway/mw_request_size_limit.go:47 @v5.12.0; recording sizes/limits)."""

from __future__ import annotations

from mockserver.gateway.proxy import access, path_lists
from mockserver.gateway.proxy.request_context import Rejected, RequestContext

_BODILESS = ("GET", "DELETE", "TRACE", "OPTIONS", "HEAD")


def check_message_size(context: RequestContext) -> None:
    """Check the size of a message to an MCP proxy, which is done before the message is read."""
    access.choose_version(context)
    check_size(context)


def check_size(context: RequestContext) -> None:
    """Check the size of a body against the limit of the version, and then against that of the path.

    Raises:
        Rejected: the body is larger, or the request does not announce its length.
    """
    versions = (context.api.fields["version_data"]["versions"] or {}).values()
    if context.method in _BODILESS or not any(map(_has_limits, versions)):
        return
    limit = context.version_settings.get("global_size_limit", 0)
    if limit > 0:
        _check(context, limit)
    if entry := path_lists.transformation(context, "size_limits", context.url.path):
        _check(context, entry["size_limit"])


def _has_limits(version: dict[str, object]) -> bool:
    limit = version["global_size_limit"]
    assert isinstance(limit, int)
    of_all = not version["global_size_limit_disabled"] and limit > 0
    return of_all or any(path_lists.entries_of(version, "size_limits"))


def _check(context: RequestContext, limit: int) -> None:
    text = context.header("Content-Length")
    if not text:
        raise Rejected("Content length is required for this request", 411)
    if max(int(text), len(context.body)) > limit:
        raise Rejected("Request is too large", 400)
