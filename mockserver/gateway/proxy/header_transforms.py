"""Headers of requests that the definition of an API adds and removes.

Source: gateway/mw_modify_headers.go:32 @v5.12.0; recordings transforms/requests and transforms/values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.gateway.proxy import path_lists
from mockserver.gateway.proxy.context_variables import ContextVariables
from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.gateway.proxy.variables import replaced
from mockserver.golang import urls

_FORWARDED = "x-forwarded-for"


def collect_variables(context: RequestContext) -> None:
    """Keep the variables of a request, if its API has them."""
    if context.api.fields["enable_context_vars"]:
        context.variables = ContextVariables(
            context.method, context.url, context.headers, context.body, context.client
        )


def change_request(context: RequestContext) -> None:
    """Change the headers of a request: first as for all paths of the version, then as for its own.

    Raises:
        Rejected: a value would be too long.
    """
    version = context.version_settings
    if not version["global_headers_disabled"]:
        _change(context, version["global_headers_remove"], version["global_headers"])
    if entry := path_lists.transformation(context, "transform_headers", context.url.path):
        _change(context, entry["delete_headers"], entry["add_headers"])


def tells_addresses(context: RequestContext, path: str, method: str) -> bool:
    """True unless the definition removes X-Forwarded-For for a path and a method at the upstream.

    Its list for all paths counts even if that is disabled (gateway/reverse_proxy.go:1752 @v5.14.0).
    """
    version = context.version_settings
    entry = path_lists.transformation(context, "transform_headers", path, method) or {"delete_headers": ()}
    removed = (*(version.get("global_headers_remove") or ()), *(entry["delete_headers"] or ()))
    return _FORWARDED not in (name.lower() for name in removed)


def _change(context: RequestContext, removed: Any, added: Mapping[str, str] | None) -> None:
    for name in removed or ():
        context.drop_header(name)
    for name, text in (added or {}).items():
        context.set_header(name, header_value(context, text))


def header_value(context: RequestContext, text: str) -> str:
    """The value of a header, with variables replaced."""
    return as_header(replaced(context, text))


def as_header(text: str) -> str:
    """A text as the value of a header, one character for each byte."""
    return urls.as_bytes(text).decode("latin-1").strip(" \t")
