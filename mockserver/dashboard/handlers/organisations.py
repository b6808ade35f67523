"""Organisations, which the admin API manages."""

from __future__ import annotations

from mockserver.dashboard.documents import parse
from mockserver.dashboard.handlers.registration import Call, handles, page_of
from mockserver.dashboard.replies import ok, refusal
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

_MALFORMED = refusal("Request body malformed", 403)
_UNKNOWN = refusal("Could not retrieve org detail", 404)


@handles("listOrganisations")
def list_organisations(call: Call) -> Reply:
    """List all organisations, page by page (ASW; DEMO)."""
    organisations, pages = page_of(call, call.state.organisations.all())
    return json_reply({"organisations": organisations, "pages": pages})


@handles("addOrganisation")
def add_organisation(call: Call) -> Reply:
    """Create an organisation; Meta is the id (ASW; BOOT tyk/organisation.go)."""
    sent = parse(call.body, _MALFORMED)
    sent.pop("id", None)  # only an import keeps it
    return ok("Org created", call.state.organisations.store(sent))


@handles("importOrganisation")
def import_organisation(call: Call) -> Reply:
    """Create an organisation with the id that is sent (DEMO scripts/common.sh:457)."""
    return ok("Org imported", call.state.organisations.store(parse(call.body, _MALFORMED)))


@handles("getOrganisation")
def get_organisation(call: Call) -> Reply:
    """Read one organisation (ASW)."""
    organisation = call.state.organisations.get(call.params["orgId"])
    if organisation is None:
        raise _UNKNOWN
    return json_reply(organisation)


@handles("updateOrganisation")
def update_organisation(call: Call) -> Reply:
    """Replace an organisation (ASW)."""
    sent = parse(call.body, _MALFORMED)
    if call.state.organisations.get(call.params["orgId"]) is None:
        raise _UNKNOWN
    call.state.organisations.store(sent, call.params["orgId"])
    return ok("Org updated")


@handles("deleteOrganisation")
def delete_organisation(call: Call) -> Reply:
    """Remove an organisation (ASW)."""
    if not call.state.organisations.delete(call.params["orgId"]):
        raise _UNKNOWN
    return ok("Org deleted")


@handles("reloadGateways")
def reload_gateways(call: Call) -> Reply:
    """Ask all gateways to reload (ASW 1114)."""
    call.state.changes.ask_for_reload()
    return json_reply({"status": "ok"})
