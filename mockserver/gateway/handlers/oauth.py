"""OAuth 2.0 clients and their tokens in the gateway API (gateway/api.go:2270 @v5.12.0)."""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.api_definition import Api
from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.oauth_store import Client
from mockserver.gateway.replies import changed, error, ok
from mockserver.golang.urls import parameters, posted_form
from mockserver.http.messages import DropConnection, Reply
from mockserver.service.json_replies import json_reply

PAGE_SIZE = 100  # tokens on a page
NO_CLIENT = error("OAuth Client ID not found", 404)
NO_API = "API doesn't exist"
NO_POLICY = "Policy doesn't exist"
NO_OAUTH = error("API is not OAuth2", 400)
NOT_OF_POLICY = error("Policy access rights doesn't contain API this OAuth client belongs to", 400)
UNREADABLE = error("Unmarshalling failed", 500)
MALFORMED_FORM = error("cannot parse form. Form malformed", 400)


@handles("addOAuthClient")
def add_client(call: Call) -> Reply:
    """Create a client for the API that the body names, or else for every OAuth or JWT API of its policy."""
    body = _decoded(call)
    if body is None:
        return UNREADABLE
    client = {
        **body,
        "client_id": body["client_id"] or uuid.uuid4().hex,
        "secret": body["secret"] or _new_secret(),
        "api_id": "",
    }
    apis = call.state.apis.loaded.by_id
    if body["api_id"]:
        api = apis.get(body["api_id"])
        if api is None:
            return error(NO_API, 400)
        if not api.fields["use_oauth2"]:
            return NO_OAUTH
        call.state.oauth.keep(api.id, client)
        return json_reply(_output(call, client))
    policy = call.state.store.loaded.by_id.get(client["policy_id"])
    if policy is None:
        return error(NO_POLICY, 400)
    is_saved = False
    for api_id in policy.policy["access_rights"] or {}:
        if api_id not in apis:
            return error(NO_API, 400)
        if apis[api_id].fields["use_oauth2"] or apis[api_id].fields["enable_jwt"]:
            call.state.oauth.handle(apis[api_id])
            call.state.oauth.keep(api_id, client)
            is_saved = True
    return json_reply(_output(call, client)) if is_saved else NO_OAUTH


@handles("listApisOfOAuthClient")
def list_apis_of_client(call: Call) -> Reply:
    """List the OAuth APIs of an organisation, or of all, that have a client.

    Without orgID the path is that of a client of an API called apis.
    """
    client_id = call.params["appID"]
    if "orgID" not in dict(parameters(call.query)):
        params = {"apiID": "apis", "keyName": client_id}
        return get_client(Call(call.state, call.request, params))
    org_id, store = call.parameter("orgID"), call.state.oauth
    api_ids = [
        api.id
        for api in call.state.apis.loaded.by_id.values()
        if api.fields["use_oauth2"] and org_id in ("", api.org_id) and store.client(api.id, client_id)
    ]
    call.state.order.shuffle(api_ids)
    return json_reply(api_ids)


@handles("listOAuthClients")
def list_clients(call: Call) -> Reply:
    """List the clients of an API."""
    api = _api(call)
    if api is None:
        return json_reply(None, 404)
    clients = [_output(call, client) for client in call.state.oauth.clients(api.id)]
    return json_reply(clients if api.fields["use_oauth2"] else [])


@handles("getOAuthClient")
def get_client(call: Call) -> Reply:
    """Read a client."""
    if api := _api(call):
        call.state.oauth.handle(api)
    entry = _api_and_client(call)
    return NO_CLIENT if entry is None else json_reply(_output(call, entry[1]))


@handles("updateOAuthClient")
def update_client(call: Call) -> Reply:
    """Replace a client except for its id and secret; a change of its policy revokes its tokens."""
    body = _decoded(call)
    if body is None:
        return UNREADABLE
    api = _api(call)
    if api is None:
        return error(NO_API, 404)
    if body["policy_id"]:
        policy = call.state.store.lend(body["policy_id"], api.org_id)
        if policy is None:
            return error(NO_POLICY, 404)
        if api.id not in (policy["access_rights"] or {}):
            return NOT_OF_POLICY
    entry = _api_and_client(call)
    if entry is None:
        return NO_CLIENT
    previous = entry[1]
    client = {**body, "client_id": previous["client_id"], "secret": previous["secret"], "api_id": ""}
    call.state.oauth.keep(api.id, client)
    if previous["policy_id"] not in ("", client["policy_id"]):
        call.state.oauth.revoke_all(api, client["client_id"], with_refresh=False)  # gateway/api.go:3573
    return json_reply(_output(call, client))


@handles("rotateOAuthClient")
def rotate_client(call: Call) -> Reply:
    """Replace the secret of a client by a new one."""
    if _api(call) is None:
        return error(NO_API, 404)
    entry = _api_and_client(call)
    if entry is None:
        return NO_CLIENT
    client = {**entry[1], "secret": _new_secret()}
    call.state.oauth.keep(entry[0].id, client)
    return json_reply(_output(call, client))


@handles("deleteOAuthClient")
def delete_client(call: Call) -> Reply:
    """Remove a client; the answer is the same for an unknown one."""
    api = _api(call)
    if api is None or not call.state.oauth.handles(api):
        return NO_CLIENT
    call.state.oauth.remove(api.id, call.params["keyName"])
    return changed(call.params["keyName"], "deleted")


@handles("deleteUnnamedOAuthClient")
def delete_unnamed_client(call: Call) -> Reply:
    """Answer as for a client with an empty id, which no API has (gateway/api.go:2839 @v5.12.0)."""
    return delete_client(Call(call.state, call.request, {**call.params, "keyName": ""}))


@handles("listOAuthTokens")
def list_tokens(call: Call) -> Reply:
    """List the unexpired tokens of a client; with `page` a page of 100 tokens.

    Raises:
        DropConnection: the API has no OAuth, at which the gateway panics (gateway/api.go:2832 @v5.14.0).
    """
    api = _api(call)
    if api is None:
        return NO_CLIENT
    if not call.state.oauth.handles(api):
        raise DropConnection
    storage_name = call.state.sessions.storage_name
    tokens = call.state.oauth.tokens(api.id, call.params["keyName"])
    entries = [{"code": storage_name(token.text), "expires": token.ends_at} for token in tokens]
    page = call.parameter("page")
    return json_reply(_page(entries, page) if page else entries)


def _page(entries: list[dict[str, Any]], page: str) -> dict[str, Any]:
    """A page of tokens. Entry n of any page has the expiry of entry n of page 1, as on a gateway.

    Source: gateway/oauth_manager.go:772 @v5.12.0.
    """
    number = max(1, int(page)) if re.fullmatch(r"[+-]?[0-9]{1,18}", page) else 1
    listed = entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    pagination = {"page_num": number, "page_total": -(-len(entries) // PAGE_SIZE), "page_size": PAGE_SIZE}
    tokens = [{**token, "expires": first["expires"]} for token, first in zip(listed, entries, strict=False)]
    return {"Pagination": pagination, "Tokens": tokens}


@handles("revokeOAuthToken")
def revoke_token(call: Call) -> Reply:
    """Revoke a token at every API that has the client."""
    form = _form(call)
    if form is None:
        return MALFORMED_FORM
    if missing := _missing_field(form, "token", "client_id"):
        return error(f"{missing} is required", 400)
    apis = _apis_of_client(call, form)
    if not apis:
        return error("oauth client doesn't exist", 400)
    for api in apis:
        call.state.oauth.revoke_hinted(api, form["token"], form.get("token_type_hint", ""))
    return ok("token revoked successfully")


@handles("revokeAllOAuthTokens")
def revoke_all_tokens(call: Call) -> Reply:
    """Revoke all tokens of a client; a wrong secret revokes none and gets the same answer."""
    form = _form(call)
    if form is None:
        return MALFORMED_FORM
    if missing := _missing_field(form, "client_id", "client_secret"):
        return error(f"{missing} is required", 401)
    apis = _apis_of_client(call, form)
    if not apis:
        return error("oauth client doesn't exist", 404)
    for api in apis:
        client = call.state.oauth.client(api.id, form["client_id"])
        if client is not None and client["secret"] == form["client_secret"]:
            call.state.oauth.revoke_all(api, form["client_id"])
    return ok("tokens revoked successfully")


@handles("deleteOAuthRefreshToken")
def delete_refresh_token(call: Call) -> Reply:
    """Delete a refresh token; the answer is the same for an unknown one."""
    api_id = call.parameter("api_id")
    if not api_id:
        return error("Missing parameter api_id", 400)
    api = call.state.apis.loaded.by_id.get(api_id)
    if api is None:
        return error("API for this refresh token not found", 404)
    if not call.state.oauth.handles(api):
        return error("OAuth is not enabled on this API", 400)
    call.state.oauth.grants.remove(api.id, "refresh", call.params["keyName"])
    return changed(call.params["keyName"], "deleted")


@handles("purgeOAuthTokens")
def purge_tokens(call: Call) -> Reply:
    """Purge expired tokens, which are not listed even before."""
    if "scope" not in dict(parameters(call.query)):
        return error("scope parameter is required", 422)
    if call.parameter("scope") != "lapsed":
        return error("unknown scope", 400)
    return ok("lapsed tokens purged")


def _form(call: Call) -> dict[str, str] | None:
    """The fields of the form of a request; None if it is malformed."""
    return posted_form(call.request.method, call.request.header("content-type"), call.query, call.body)


def _missing_field(form: dict[str, str], *names: str) -> str:
    """The first of the fields that is absent or empty; "" if all have values."""
    return next((name for name in names if not form.get(name)), "")


def _apis_of_client(call: Call, form: dict[str, str]) -> list[Api]:
    """The OAuth APIs that have the client, of the organisation if the form names one."""
    client_id, org_id = form["client_id"], form.get("org_id", "")
    apis = call.state.apis.loaded.by_id.values()
    oauth_apis = [api for api in apis if api.fields["use_oauth2"] and org_id in ("", api.org_id)]
    return [api for api in oauth_apis if call.state.oauth.client(api.id, client_id)]


def _api(call: Call) -> Api | None:
    return call.state.apis.loaded.by_id.get(call.params["apiID"])


def _api_and_client(call: Call) -> tuple[Api, Client] | None:
    api = _api(call)
    client = call.state.oauth.client(api.id, call.params["keyName"]) if api else None
    return (api, client) if api and client else None


def _decoded(call: Call) -> dict[str, Any] | None:
    try:
        return _client_codec(call).decode(call.body)
    except Malformed:
        return None


def _output(call: Call, client: Client) -> Any:
    return _client_codec(call).type.output(client)


def _client_codec(call: Call) -> Codec:
    return Codec.of(call.state.contract, "OAuthClient")


def _new_secret() -> str:
    return base64.b64encode(str(uuid.uuid4()).encode()).decode()
