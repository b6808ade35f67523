"""MCP proxies: APIs in OpenAPI form with paths and files of their own (gateway/mcp_api.go @v5.13.1)."""

from __future__ import annotations

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_store import MCP
from mockserver.gateway.handlers import api_writes, open_api_writes
from mockserver.gateway.handlers.api_writes import INVALID_ID, NOT_FOUND
from mockserver.gateway.handlers.open_api_writes import NO_PROXY
from mockserver.gateway.handlers.open_apis import listed
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_text


@handles("listMcpProxies")
def list_mcp_proxies(call: Call) -> Reply:
    """List the loaded MCP proxies in random order."""
    return json_text(listed(call, is_mcp=True))


@handles("getMcpProxy")
def get_mcp_proxy(call: Call) -> Reply:
    """Read a loaded MCP proxy."""
    api = _loaded(call)
    if isinstance(api, Reply):
        return api
    return api_writes.with_base(call, json_text(call.state.apis.open_text(api)), api)


@handles("addMcpProxy", waits=on_files)
@open_api_writes.refusing
def add_mcp_proxy(call: Call) -> Reply:
    """Write an MCP proxy, replacing any API with its id; one without an id gets a new one."""
    definition = open_api_writes.sent(call, has_extension=True, is_mcp=True)
    return open_api_writes.add(call, definition, is_mcp=True)


@handles("updateMcpProxy", waits=on_files)
@open_api_writes.refusing
def update_mcp_proxy(call: Call) -> Reply:
    """Replace the definition of a loaded MCP proxy."""
    definition = open_api_writes.sent(call, has_extension=True, is_mcp=True)
    return open_api_writes.update(call, definition, is_mcp=True)


@handles("deleteMcpProxy", waits=on_files)
def delete_mcp_proxy(call: Call) -> Reply:
    """Remove both files of a loaded MCP proxy, which stays loaded until the next reload."""
    api = _loaded(call)
    return api if isinstance(api, Reply) else api_writes.delete(call, MCP)


def _loaded(call: Call) -> Api | Reply:
    """The MCP proxy with the id in the path, or the refusal of that id."""
    api_id = call.params["apiID"]
    if not api_writes.is_valid_id(call, api_id):
        return INVALID_ID
    api = call.state.apis.loaded.by_id.get(api_id)
    if api is None:
        return NOT_FOUND
    return api if api.is_mcp else NO_PROXY
