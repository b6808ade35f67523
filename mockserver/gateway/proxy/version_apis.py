"""Versions of an API that are APIs of their own: the base API passes a request on to one of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.proxy.access import requested_version
from mockserver.gateway.proxy.request_context import Rejected, RequestContext

SELF = "self"  # the name that every base API has as a version (apidef/api_definitions.go:71 @v5.12.0)


def version_context(context: RequestContext) -> RequestContext:
    """The context of the API that is the requested version; the given one if the base API itself answers.

    Source: gateway/mw_version_check.go:56 @v5.12.0.

    Raises:
        Rejected: the version is missing, or is no loaded API.
    """
    definition = context.api.fields["definition"]
    if not definition["enabled"]:
        return context
    name = requested_version(context) or definition["default"]
    if _is_base(definition, name):
        return context
    if not name:
        raise Rejected("Version information not found", 403)
    versions = definition["versions"] or {}
    api = _find(context, versions.get(name, ""))
    if api is None:
        if not definition["fallback_to_default"]:
            raise Rejected("This API version does not seem to exist", 404)
        if _is_base(definition, definition["default"]):
            return context
        api = _find(context, versions.get(definition["default"], ""))
    if api is None:
        raise Rejected("Internal Server Error", 500)
    url = context.url
    if context.api.fields["proxy"]["strip_listen_path"]:
        raw = context.api.stripped(url.raw) if url.raw else ""
        url = replace(url, path=context.api.stripped(url.path), raw=raw)
    return replace(context, api=api, url=url, response_headers=[], warnings=[])


def _is_base(definition: dict[str, Any], name: str) -> bool:
    return name in (SELF, definition["name"])


def _find(context: RequestContext, name: str) -> Api | None:
    """A loaded API by its id, or by its name with a hyphen for each sign (gateway/api_loader.go:805)."""
    if not name:
        return None
    apis = context.gateway.apis.loaded.by_id
    named = (api for api in apis.values() if _looping_name(api).lower() == name.lower())
    return apis.get(name) or next(named, None)


def _looping_name(api: Api) -> str:
    name = str(api.fields["name"])
    end = name.find("#")
    return re.sub("[^a-zA-Z0-9]+", "-", name[: max(0, end - 1)] if end >= 0 else name)
