"""Writes of API definitions in OpenAPI form, of APIs and MCP proxies (gateway/api.go:1239 @v5.12.0)."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_versions import BadVersion, NewVersion
from mockserver.gateway.handlers import api_writes, version_servers
from mockserver.gateway.handlers.api_writes import INVALID_ID, NOT_FOUND, OTHER_ID
from mockserver.gateway.handlers.registration import Call
from mockserver.gateway.oas import loading, servers, validation
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.oas.loading import Refused
from mockserver.gateway.oas.object_checks import Panic
from mockserver.gateway.replies import error
from mockserver.http.messages import DropConnection, Reply

OTHER_FORM = error(
    "the supplied API definition is in OAS format, please use the Tyk classic format for this API", 400
)
NO_PROXY = error("API is not an MCP Proxy", 404)


def refusing(write: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """A write whose refusal is what it raises."""

    @functools.wraps(write)
    def answer(call: Call) -> Reply:
        try:
            return write(call)
        except Refused as reason:
            return error(str(reason), 400)

    return answer


def sent(call: Call, *, has_extension: bool | None = None, is_mcp: bool = False) -> OpenApi:
    """The definition in a request, with the gateway's part or without, as is required.

    Raises:
        Refused: the gateway does not take it.
        DropConnection: the gateway panics.
    """
    try:
        state = call.state
        node, references = loading.read(call.body)
        if has_extension is not None and validation.has_extension(node) != has_extension:
            needed = validation.MISSING_EXTENSION if has_extension else validation.NEEDLESS_EXTENSION
            raise Refused(needed)
        if not is_mcp and "open-api-bodies-may-be-yaml" not in state.behaviours:
            validation.release_line(str(references.document.get("openapi") or ""), state.behaviours)
            node = loading.first_value(call.body) if call.body.strip() else node
        definition: OpenApi = state.apis.open_codec.decode(node)
        validation.check(node, references, definition, state.behaviours, state.version, is_mcp=is_mcp)
    except (Panic, loading.OddExtension) as error:
        raise DropConnection from error
    except RecursionError as error:  # a gateway reads deeper documents
        raise Refused(loading.MALFORMED) from error
    return definition


def add(call: Call, definition: OpenApi, *, is_mcp: bool = False) -> Reply:
    """Write a new API, and the one that it is a version of."""
    apis = call.state.apis
    try:
        version = NewVersion.read(call.parameter, apis.loaded)
    except BadVersion as reason:
        return error(str(reason), reason.status)
    api = Api.of_open_api(apis.codec, definition, is_mcp=is_mcp)
    if rejection := api_writes.invalid(api):
        return rejection
    if not api.id:
        definition = definition.with_id(uuid.uuid4().hex)
    base = apis.loaded.by_id.get(version.base_id)
    base_fields = base.fields if base else None
    definition = servers.with_servers(
        definition, version_servers.address(call), base=base_fields, version=version.name
    )
    return api_writes.add(call, Api.of_open_api(apis.codec, definition, is_mcp=is_mcp), version)


def update(call: Call, definition: OpenApi, *, is_mcp: bool = False) -> Reply:
    """Replace the definition of a loaded API."""
    api_id, apis = call.params["apiID"], call.state.apis
    if not api_writes.is_valid_id(call, api_id):
        return INVALID_ID
    loaded = apis.loaded.by_id.get(api_id)
    if loaded is None:
        return NOT_FOUND
    if is_mcp and not loaded.is_mcp:
        return NO_PROXY
    if loaded.open_api is None:
        return OTHER_FORM
    api = Api.of_open_api(apis.codec, definition, is_mcp=is_mcp)
    if api.id != api_id:
        return OTHER_ID
    if rejection := api_writes.invalid(api):
        return rejection
    definition = servers.with_servers(definition, version_servers.address(call), before=loaded.open_api)
    api = Api.of_open_api(apis.codec, definition, is_mcp=is_mcp)
    version_servers.follow_change(call, api, loaded.fields)
    return api_writes.write(call, api, "modified")
