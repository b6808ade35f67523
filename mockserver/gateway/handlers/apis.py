"""API definitions: reads return the loaded ones, writes change files (gateway/api.go:1174 @v5.12.0)."""

from __future__ import annotations

import uuid

from mockserver.contract.codecs import Malformed
from mockserver.gateway.api_definition import Api, is_path_component
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.gateway.replies import changed, error
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply, json_text
from mockserver.storage.backend import NoStorage, Refused

MALFORMED = error("Request malformed", 400)
NOT_FOUND = error("API not found", 404)
INVALID_ID = error("Invalid API ID", 400)
DELETE_FAILED = error("Delete failed", 500)
OTHER_ID = error(
    "Request APIID does not match that in Definition! For Update operations these must match.", 400
)
DASHBOARD = error("Due to enabled use_db_app_configs, please use the Dashboard API", 500)
_SWITCHES = {  # the member that enables each kind of credential
    "authToken": "use_standard_auth", "coprocess": "enable_coprocess_auth", "jwt": "enable_jwt",
    "hmac": "enable_signature_checking", "oauth": "use_oauth2", "oidc": "use_openid",
}  # fmt: skip


@handles("listApis")
def list_apis(call: Call) -> Reply:
    """List all loaded definitions in random order."""
    documents = [api.document for api in call.state.apis.loaded.by_id.values()]
    call.state.order.shuffle(documents)
    return json_reply(documents)


@handles("getApi")
def get_api(call: Call) -> Reply:
    """Read a loaded definition."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    return NOT_FOUND if api is None else json_text(api.text())


@handles("addApi", waits=on_files)
@handles("addApiAtPath", waits=on_files)
def add_api(call: Call) -> Reply:
    """Write a definition, replacing any with its id; a definition without an id gets a new one."""
    if call.state.config.use_db_app_configs:
        return DASHBOARD
    try:
        api = Api.decode(call.state.apis.codec, call.body)
    except Malformed:
        return MALFORMED
    if rejection := _invalid(api):
        return rejection
    if not api.id:
        api = api.with_id(uuid.uuid4().hex)
    return _write(call, api, "added")


@handles("updateApi", waits=on_files)
def update_api(call: Call) -> Reply:
    """Replace the definition of a loaded API."""
    api_id = call.params["apiID"]
    if call.state.config.use_db_app_configs:
        return DASHBOARD
    if not _is_valid_id(call, api_id):
        return INVALID_ID
    if api_id not in call.state.apis.loaded.by_id:
        return NOT_FOUND
    try:
        api = Api.decode(call.state.apis.codec, call.body)
    except Malformed:
        return MALFORMED
    if api.id != api_id:
        return OTHER_ID
    return _invalid(api) or _write(call, api, "modified")


@handles("deleteApi", waits=on_files)
def delete_api(call: Call) -> Reply:
    """Remove the file of a loaded API, which stays loaded until the next reload."""
    api_id = call.params["apiID"]
    if not _is_valid_id(call, api_id):
        return INVALID_ID
    if api_id not in call.state.apis.loaded.by_id:
        return NOT_FOUND
    try:
        call.state.apis.delete(api_id)
    except (NoStorage, Refused):
        return DELETE_FAILED
    return changed(api_id, "deleted")


def _is_valid_id(call: Call, api_id: str) -> bool:
    return "api-ids-are-file-names" not in call.state.behaviours or is_path_component(api_id)


def _write(call: Call, api: Api, action: str) -> Reply:
    if not _is_valid_id(call, api.id):
        return INVALID_ID
    try:
        call.state.apis.write(api)
    except (NoStorage, Refused):
        return error("file object creation failed, write error", 500)
    return changed(api.id, action)


def _invalid(api: Api) -> Reply | None:
    """The rejection of a definition that disables all sources of an enabled kind of credential.

    Source: apidef/validator.go:107 @v5.12.0.
    """
    for kind, source in sorted((api.fields["auth_configs"] or {}).items()):
        has_place = source["use_param"] or source["use_cookie"] or not source["disable_header"]
        if kind in _SWITCHES and api.fields[_SWITCHES[kind]] and not has_place:
            problem = f"all auth sources are disabled for {kind}"
            advice = "at least one of header/cookie/query must be enabled"
            return error(f"Validation of API Definition failed. Reason: {problem}, {advice}.", 400)
    return None
