"""Clients of OAuth 2.0 APIs."""

from __future__ import annotations

import secrets

from mockserver.dashboard.apis import Api
from mockserver.dashboard.documents import parse, text_of
from mockserver.dashboard.handlers.registration import Call, api_of, handles
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok, refusal
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "oauth"
_UNKNOWN = refusal("Could not retrieve app detail.", 404)


@handles("listOAuthClients", SECTION)
def list_oauth_clients(call: Call) -> Reply:
    """List the clients of an API (SW 4250)."""
    api = _api(call)
    clients = [client for client in call.state.oauth_clients.all() if client["api_id"] == api.api_id]
    return json_reply({"apps": [_shown(client) for client in clients]})


@handles("addOAuthClient", SECTION)
def add_oauth_client(call: Call) -> Reply:
    """Create a client; the policy that it names must exist (SW 4250; DEMO OAuth Clients > Create)."""
    api = _api(call)
    sent = parse(call.body, Refusal("Request body malformed.", 403))
    policy_id = text_of(sent, "policy_id")
    if policy_id:
        try:
            call.state.policies.get(call.user, policy_id)
        except Refusal:
            raise Refusal("Could not retrieve policy details.", 500) from None
    client_id = text_of(sent, "client_id") or secrets.token_hex(16)
    client = {
        "client_id": client_id,
        "secret": text_of(sent, "secret") or secrets.token_urlsafe(32),
        "redirect_uri": text_of(sent, "redirect_uri"),
        "policy_id": policy_id,
        "description": text_of(sent, "description"),
        "client_name": text_of(sent, "client_name"),
        "meta_data": sent.get("meta_data"),
        "api_id": api.api_id,
    }
    call.state.oauth_clients.add(client_id, client)
    return json_reply(_shown(client))


@handles("getOAuthClient", SECTION)
def get_oauth_client(call: Call) -> Reply:
    """Read one client (SW 4426)."""
    return json_reply(_shown(_found(call)))


@handles("deleteOAuthClient", SECTION)
def delete_oauth_client(call: Call) -> Reply:
    """Remove a client (SW 4426)."""
    call.state.oauth_clients.remove(_found(call)["client_id"])
    return ok("OAuth client deleted successfully.")


def _api(call: Call) -> Api:
    return api_of(call, Refusal("API reference not found.", 400))


def _found(call: Call) -> Document:
    api = _api(call)
    client: Document | None = call.state.oauth_clients.get(call.params["clientId"])
    if client is None or client["api_id"] != api.api_id:
        raise _UNKNOWN
    return client


def _shown(client: Document) -> Document:
    """A client in an answer, which does not name its API."""
    return {name: value for name, value in client.items() if name != "api_id"}
