"""API definitions in the classic form: reads return the loaded ones, writes change files.

Source: gateway/api.go:1174 @v5.12.0.
"""

from __future__ import annotations

import uuid

from mockserver.contract.codecs import Malformed
from mockserver.gateway import api_versions
from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_versions import BadVersion, NewVersion
from mockserver.gateway.handlers import api_writes
from mockserver.gateway.handlers.api_writes import DASHBOARD, INVALID_ID, MALFORMED, NOT_FOUND, OTHER_ID
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.gateway.replies import error
from mockserver.golang import json_writer
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply, json_text

OTHER_FORM = error(
    "this API endpoint only supports Tyk Classic APIs; please use the appropriate Tyk OAS API endpoint", 400
)


@handles("listApis")
def list_apis(call: Call) -> Reply:
    """List the loaded definitions in random order; those of MCP proxies on request alone."""
    has_proxies = "mcp" in {kind.strip() for kind in call.parameter("include_types").split(",")}
    apis = call.state.apis.loaded.by_id.values()
    texts = [api.text for api in apis if has_proxies or not api.is_mcp]
    call.state.order.shuffle(texts)
    return json_text(json_writer.array(texts))


@handles("getApi")
def get_api(call: Call) -> Reply:
    """Read a loaded definition."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    return NOT_FOUND if api is None else api_writes.with_base(call, json_text(api.text), api)


@handles("addApi", waits=on_files)
@handles("addApiAtPath", waits=on_files)
def add_api(call: Call) -> Reply:
    """Write a definition, replacing any with its id; a definition without an id gets a new one."""
    if call.state.config.use_db_app_configs:
        return DASHBOARD
    try:
        version = NewVersion.read(call.parameter, call.state.apis.loaded)
        api = Api.decode(call.state.apis.codec, call.body)
    except BadVersion as reason:
        return error(str(reason), reason.status)
    except Malformed:
        return MALFORMED
    if rejection := api_writes.invalid(api):
        return rejection
    if not api.id:
        api = api.with_id(uuid.uuid4().hex)
    return api_writes.add(call, api.in_classic_form(), version)


@handles("updateApi", waits=on_files)
def update_api(call: Call) -> Reply:
    """Replace the definition of a loaded API."""
    api_id = call.params["apiID"]
    if call.state.config.use_db_app_configs:
        return DASHBOARD
    if not api_writes.is_valid_id(call, api_id):
        return INVALID_ID
    loaded = call.state.apis.loaded.by_id.get(api_id)
    if loaded is None:
        return NOT_FOUND
    if loaded.open_api is not None:
        return OTHER_FORM
    try:
        api = Api.decode(call.state.apis.codec, call.body)
    except Malformed:
        return MALFORMED
    if api.id != api_id:
        return OTHER_ID
    return api_writes.invalid(api) or api_writes.write(call, api.in_classic_form(), "modified")


@handles("deleteApi", waits=on_files)
def delete_api(call: Call) -> Reply:
    """Remove the files of a loaded API, which stays loaded until the next reload."""
    return api_writes.delete(call)


@handles("listVersions")
@handles("listVersionsOfOpenApi")
def list_versions(call: Call) -> Reply:
    """List an API and the APIs that are versions of it."""
    loaded = call.state.apis.loaded
    api = loaded.by_id.get(call.params["apiID"])
    if api is None:
        return NOT_FOUND
    versions = api_versions.listed(
        loaded,
        api,
        text=call.parameter("searchText"),
        access=call.parameter("accessType"),
        self_is_default="self-is-the-default-version" in call.state.behaviours,
    )
    return json_reply({"status": "success", "apis": versions})
