"""APIs that serve the versions of another API (gateway/mw_version_check.go:54 @v5.12.0)."""

from __future__ import annotations

import re
from dataclasses import replace

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_versions import SELF
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.access import requested_version
from mockserver.gateway.proxy.request_context import Rejected, RequestContext


def choose_api(context: RequestContext) -> None:
    """Hand the request to the API that serves the version that it names, if its API has such versions.

    Raises:
        Rejected: the request names no version, or one that is not there.
    """
    definition = context.api.fields["definition"]
    if not definition["enabled"]:
        return
    name = requested_version(context) or definition["default"]
    if _is_own(definition, name):
        return
    if not name:
        raise Rejected("Version information not found", 403)
    api = _api_of(context, name)
    if api is None:
        if not definition["fallback_to_default"]:
            raise Rejected("This API version does not seem to exist", 404)
        if _is_own(definition, definition["default"]):
            return
        api = _api_of(context, definition["default"])
        if api is None:
            raise Rejected("Internal Server Error", 500)
    if context.api.fields["proxy"]["strip_listen_path"]:
        path, raw = context.api.stripped(context.url.path), context.api.stripped(context.url.raw)
        context.url = replace(context.url, path=path, raw=raw)
    context.api = api


def _is_own(definition: Document, name: str) -> bool:
    """True if a version is the API itself."""
    return name in (SELF, definition["name"])


def _api_of(context: RequestContext, name: str) -> Api | None:
    """The loaded API that serves a version, by its id or name; None if there is none."""
    wanted = (context.api.fields["definition"]["versions"] or {}).get(name, "")
    return found_api(context.gateway, wanted)


def found_api(gateway: Gateway, wanted: str) -> Api | None:
    """The loaded API with an id, a database id or a name; None if there is none (:811)."""
    apis = gateway.apis.loaded.by_id
    names = ((api, (api.fields["id"], _looping_name(api).lower())) for api in apis.values())
    named = (api for api, own in names if wanted and wanted.lower() in own)
    return apis.get(wanted) or next(named, None)


def _looping_name(api: Api) -> str:
    """The name of an API with a hyphen for each other sign (gateway/api_loader.go:801 @v5.12.0)."""
    name = str(api.fields["name"])
    end = name.find("#")
    return re.sub("[^a-zA-Z0-9]+", "-", name[: max(0, end - 1)] if end >= 0 else name)
