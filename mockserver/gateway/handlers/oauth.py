"""OAuth 2.0 clients and their tokens, as the gateway's own API knows them (gateway/api.go:2270 @v5.12.0)."""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.oauth_store import Client
from mockserver.gateway.replies import changed, error, json_reply, ok
from mockserver.golang.structs import Malformed, Struct, read_as
from mockserver.golang.urls import form_fields, parameters
from mockserver.http.messages import Reply

PAGE = 100  # tokens
NO_CLIENT = error("OAuth Client ID not found", 404)
NO_API = "API doesn't exist"
NO_POLICY = "Policy doesn't exist"
NO_OAUTH = error("API is not OAuth2", 400)
NOT_OF_POLICY = error("Policy access rights doesn't contain API this OAuth client belongs to", 400)
UNREADABLE = error("Unmarshalling failed", 500)


@handles("addOAuthClient")
def add_client(call: Call) -> Reply:
    """Make a client for the API that is named, or for every OAuth API of its policy."""
    sent = _decoded(call)
    if sent is None:
        return UNREADABLE
    client = {
        **sent,
        "client_id": sent["client_id"] or uuid.uuid4().hex,
        "secret": sent["secret"] or _new_secret(),
        "api_id": "",
    }
    loaded = call.state.apis.loaded.by_id
    if sent["api_id"]:
        api = loaded.get(sent["api_id"])
        if api is None:
            return error(NO_API, 400)
        if not api.fields["use_oauth2"]:
            return NO_OAUTH
        call.state.oauth.keep(api.id, client)
        return json_reply(_shown(call, client))
    policy = call.state.store.loaded.by_id.get(client["policy_id"])
    if policy is None:
        return error(NO_POLICY, 400)
    kept = False
    for name in policy.policy["access_rights"] or {}:
        if name not in loaded:
            return error(NO_API, 400)
        if loaded[name].fields["use_oauth2"] or loaded[name].fields["enable_jwt"]:
            call.state.oauth.keep(name, client)
            kept = True
    return json_reply(_shown(call, client)) if kept else NO_OAUTH


@handles("listOAuthClients")
def list_clients(call: Call) -> Reply:
    """All clients of an API."""
    api = _api(call)
    if api is None:
        return json_reply(None, 404)
    clients = [_shown(call, client) for client in call.state.oauth.clients(api.id)]
    return json_reply(clients if api.fields["use_oauth2"] else [])


@handles("getOAuthClient")
def get_client(call: Call) -> Reply:
    """One client."""
    found = _found(call)
    return NO_CLIENT if found is None else json_reply(_shown(call, found[1]))


@handles("updateOAuthClient")
def update_client(call: Call) -> Reply:
    """Change all of a client but its id and secret; with another policy its tokens are revoked."""
    sent = _decoded(call)
    if sent is None:
        return UNREADABLE
    api = _api(call)
    if api is None:
        return error(NO_API, 404)
    if sent["policy_id"]:
        policy = call.state.store.lend(sent["policy_id"], api.org_id)
        if policy is None:
            return error(NO_POLICY, 404)
        if api.id not in (policy["access_rights"] or {}):
            return NOT_OF_POLICY
    found = _found(call)
    if found is None:
        return NO_CLIENT
    before = found[1]
    client = {**sent, "client_id": before["client_id"], "secret": before["secret"], "api_id": ""}
    call.state.oauth.keep(api.id, client)
    if before["policy_id"] not in ("", client["policy_id"]):
        call.state.oauth.revoke_all(api, client["client_id"])
    return json_reply(_shown(call, client))


@handles("rotateOAuthClient")
def rotate_client(call: Call) -> Reply:
    """Give a client a new secret."""
    if _api(call) is None:
        return error(NO_API, 404)
    found = _found(call)
    if found is None:
        return NO_CLIENT
    client = {**found[1], "secret": _new_secret()}
    call.state.oauth.keep(found[0].id, client)
    return json_reply(_shown(call, client))


@handles("deleteOAuthClient")
def delete_client(call: Call) -> Reply:
    """Remove a client, whether it is there or not."""
    api = _api(call)
    if api is None:
        return NO_CLIENT
    call.state.oauth.remove(api.id, call.params["keyName"])
    return changed(call.params["keyName"], "deleted")


@handles("listOAuthTokens")
def list_tokens(call: Call) -> Reply:
    """The tokens of a client that have not ended; with `page` a hundred of them."""
    api = _api(call)
    if api is None:
        return NO_CLIENT
    storage_name = call.state.sessions.storage_name
    tokens = call.state.oauth.tokens(api.id, call.params["keyName"])
    listed = [{"code": storage_name(token.text), "expires": token.ends_at} for token in tokens]
    wanted = call.parameter("page")
    return json_reply(_page(listed, wanted) if wanted else listed)


def _page(listed: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """One page; each token on it has the end of one on the first (gateway/oauth_manager.go:772 @v5.12.0)."""
    number = max(1, int(wanted)) if re.fullmatch(r"[+-]?[0-9]{1,18}", wanted) else 1
    page = listed[(number - 1) * PAGE : number * PAGE]
    told = {"page_num": number, "page_total": -(-len(listed) // PAGE), "page_size": PAGE}
    tokens = [{**token, "expires": first["expires"]} for token, first in zip(page, listed, strict=False)]
    return {"Pagination": told, "Tokens": tokens}


@handles("revokeOAuthToken")
def revoke_token(call: Call) -> Reply:
    """Revoke a token wherever the client is known."""
    form = form_fields(call.body)
    for name in ("token", "client_id"):
        if not form.get(name):
            return error(f"{name} is required", 400)
    apis = _apis_of_client(call, form["client_id"], form.get("org_id", ""))
    if not apis:
        return error("oauth client doesn't exist", 400)
    for api in apis:
        call.state.oauth.revoke(api, form["token"])
    return ok("token revoked successfully")


@handles("revokeAllOAuthTokens")
def revoke_all_tokens(call: Call) -> Reply:
    """Revoke all tokens of a client; a wrong secret revokes none, and is not told."""
    form = form_fields(call.body)
    for name in ("client_id", "client_secret"):
        if not form.get(name):
            return error(f"{name} is required", 401)
    apis = _apis_of_client(call, form["client_id"], form.get("org_id", ""))
    if not apis:
        return error("oauth client doesn't exist", 404)
    for api in apis:
        client = call.state.oauth.client(api.id, form["client_id"])
        if client is not None and client["secret"] == form["client_secret"]:
            call.state.oauth.revoke_all(api, form["client_id"])
    return ok("tokens revoked successfully")


@handles("deleteOAuthRefreshToken")
def delete_refresh_token(call: Call) -> Reply:
    """Forget a refresh token; there are none, for credentials of a client give an access token alone."""
    name = call.parameter("api_id")
    if not name:
        return error("Missing parameter api_id", 400)
    api = call.state.apis.loaded.by_id.get(name)
    if api is None:
        return error("API for this refresh token not found", 404)
    if not api.fields["use_oauth2"]:
        return error("OAuth is not enabled on this API", 400)
    return changed(call.params["keyName"], "deleted")


@handles("purgeOAuthTokens")
def purge_tokens(call: Call) -> Reply:
    """Forget tokens that have ended; they are listed no more anyway."""
    if "scope" not in dict(parameters(call.query)):
        return error("scope parameter is required", 422)
    if call.parameter("scope") != "lapsed":
        return error("unknown scope", 400)
    return ok("lapsed tokens purged")


def _apis_of_client(call: Call, client_id: str, org_id: str) -> list[Api]:
    apis = call.state.apis.loaded.by_id.values()
    of_it = [api for api in apis if api.fields["use_oauth2"] and org_id in ("", api.org_id)]
    return [api for api in of_it if call.state.oauth.client(api.id, client_id)]


def _api(call: Call) -> Api | None:
    return call.state.apis.loaded.by_id.get(call.params["apiID"])


def _found(call: Call) -> tuple[Api, Client] | None:
    api = _api(call)
    client = call.state.oauth.client(api.id, call.params["keyName"]) if api else None
    return (api, client) if api and client else None


def _decoded(call: Call) -> dict[str, Any] | None:
    try:
        client: dict[str, Any] = read_as(_type(call), call.body)[0]
    except Malformed:
        return None
    return client


def _shown(call: Call, client: Client) -> Any:
    return _type(call).output(client)


def _type(call: Call) -> Struct:
    kind = call.state.contract.type_of("OAuthClient")
    assert isinstance(kind, Struct)
    return kind


def _new_secret() -> str:
    return base64.b64encode(str(uuid.uuid4()).encode()).decode()
