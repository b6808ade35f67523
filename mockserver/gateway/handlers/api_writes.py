"""Writes of API definitions that both forms share."""

from __future__ import annotations

from mockserver.gateway import api_versions
from mockserver.gateway.api_definition import Api, is_path_component
from mockserver.gateway.api_store import OPEN_API
from mockserver.gateway.api_versions import NewVersion
from mockserver.gateway.handlers import version_servers
from mockserver.gateway.handlers.registration import Call
from mockserver.gateway.replies import changed, error
from mockserver.http.messages import Reply
from mockserver.storage.backend import NoStorage, Refused

MALFORMED = error("Request malformed", 400)
NOT_FOUND = error("API not found", 404)
INVALID_ID = error("Invalid API ID", 400)
DELETE_FAILED = error("Delete failed", 500)
WRITE_FAILED = error("file object creation failed, write error", 500)
OTHER_ID = error(
    "Request APIID does not match that in Definition! For Update operations these must match.", 400
)
DASHBOARD = error("Due to enabled use_db_app_configs, please use the Dashboard API", 500)
BASE_HEADER = "X-Tyk-Base-Api-Id"
_SWITCHES = {  # the member that enables each kind of credential
    "authToken": "use_standard_auth", "coprocess": "enable_coprocess_auth", "jwt": "enable_jwt",
    "hmac": "enable_signature_checking", "oauth": "use_oauth2", "oidc": "use_openid",
}  # fmt: skip


def write(call: Call, api: Api, action: str) -> Reply:
    """Write a definition."""
    if not is_valid_id(call, api.id):
        return INVALID_ID
    try:
        call.state.apis.write(api)
    except (NoStorage, Refused):
        return WRITE_FAILED
    return changed(api.id, action)


def add(call: Call, api: Api, version: NewVersion) -> Reply:
    """Write a new definition, and the one that it is a version of."""
    reply = write(call, api, "added")
    base = call.state.apis.loaded.by_id.get(version.base_id)
    if reply.status == 200 and base is not None:
        extended = version.added_to(base, api.id)
        call.state.apis.put(extended, is_base=True)
        write(call, extended, "modified")
        if version.is_default:
            version_servers.follow_new_default(call, extended, base.fields["definition"]["default"])
    return reply


def delete(call: Call, form: str = OPEN_API) -> Reply:
    """Remove the files of a loaded API, which stays loaded until the next reload; see `ApiStore.delete`."""
    api_id, apis = call.params["apiID"], call.state.apis
    if not is_valid_id(call, api_id):
        return INVALID_ID
    api = apis.loaded.by_id.get(api_id)
    if api is None:
        return NOT_FOUND
    try:
        apis.delete(api, form)
    except (NoStorage, Refused):
        return DELETE_FAILED
    base = apis.loaded.by_id.get(apis.loaded.bases.get(api_id, ""))
    if base is not None:
        shortened = api_versions.without(base, api_id)
        if "versions-end-with-their-api" in call.state.behaviours:
            apis.put(shortened)
        write(call, shortened, "modified")
    return changed(api_id, "deleted")


def with_base(call: Call, reply: Reply, api: Api) -> Reply:
    """A reply that names the API whose versions an API is one of."""
    base_id = call.state.apis.loaded.bases.get(api.id)
    headers = reply.headers if base_id is None else (*reply.headers, (BASE_HEADER, base_id))
    return Reply(reply.body, reply.status, headers)


def is_valid_id(call: Call, api_id: str) -> bool:
    """True if the gateway takes an id of an API."""
    return "api-ids-are-file-names" not in call.state.behaviours or is_path_component(api_id)


def invalid(api: Api) -> Reply | None:
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
