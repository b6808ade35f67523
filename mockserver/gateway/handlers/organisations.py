"""Sessions of organisations; no policies are applied to them (gateway/api.go:1922 @v5.12.0)."""

from __future__ import annotations

from mockserver.contract.codecs import Malformed
from mockserver.gateway.api_definition import Api
from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.key_writes import seconds
from mockserver.gateway.replies import changed, error
from mockserver.golang.scalars import wrapped
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply, json_text

NOT_FOUND = error("Org not found", 404)


@handles("listOrganisationKeys")
def list_organisations(call: Call) -> Reply:
    """List the organisations that have a session; any API must be loaded."""
    if _api(call, "") is None:
        return error("ORG not found", 404)
    return json_reply({"keys": call.state.organisations.names(call.parameter("filter"))})


@handles("getOrganisationKey")
def get_organisation(call: Call) -> Reply:
    """Read a session; any API must be loaded."""
    org_id = call.params["orgID"]
    entry = call.state.organisations.find(org_id, org_id)
    if _api(call, org_id) is None or entry is None:
        return NOT_FOUND
    return json_text(call.state.session_codec.encode(entry[1]))


@handles("addOrganisationKey")
def add_organisation(call: Call) -> Reply:
    """Write a session, replacing any with its id."""
    return _write(call, "added")


@handles("updateOrganisationKey")
def update_organisation(call: Call) -> Reply:
    """Write a session, also if there was none."""
    return _write(call, "modified")


@handles("deleteOrganisationKey")
def delete_organisation(call: Call) -> Reply:
    """Delete a session; any API must be loaded."""
    org_id = call.params["orgID"]
    if _api(call, org_id) is None:
        return NOT_FOUND
    if not call.state.organisations.remove(org_id, org_id):
        return error("Failed to remove the key", 400)
    return changed(org_id, "deleted")


def _write(call: Call, action: str) -> Reply:
    org_id = call.params["orgID"]
    try:
        session = call.state.session_codec.decode(call.body)
    except Malformed:
        return error("Request malformed", 400)
    if call.state.config.suppress_default_org_store and _api(call, org_id) is None:
        return error("No such organisation found in Active API list", 404)
    if call.parameter("reset_quota") == "1":
        session["quota_renews"] = wrapped(int(call.state.now()) + session["quota_renewal_rate"])
        call.state.quotas.forget(("", org_id))
    session["last_updated"] = seconds(call.state)
    call.state.organisations.save(org_id, session)
    return changed(org_id, action)


def _api(call: Call, org_id: str) -> Api | None:
    return call.state.apis.loaded.of_organisation(org_id)
