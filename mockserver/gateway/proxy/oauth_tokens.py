"""OAuth 2.0: the token endpoints of an API, and requests that carry an access token."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.policy_sessions import from_policy
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up
from mockserver.gateway.replies import error, ok
from mockserver.gateway.session_store import lifetime
from mockserver.golang import json_reader
from mockserver.golang.base64_texts import decode
from mockserver.golang.json_reader import JSONSyntaxError, Number, Object
from mockserver.golang.urls import FORM_TYPE, MAX_FORM, form_fields, posted_form
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

TOKEN_SECONDS = 3600  # lifetime of a token unless oauth_token_expire sets another
SUPPORTED_GRANTS = ("client_credentials",)
MALFORMED_FORM = error("error parsing form. Form malformed", 400)
_SECURITY_HEADERS = (  # gateway/api.go:241 @v5.12.0
    ("X-Content-Type-Options", "nosniff"), ("X-Xss-Protection", "1; mode=block"), ("X-Frame-Options", "DENY"),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("Cache-Control", "no-cache, no-store, must-revalidate"), ("Pragma", "no-cache"), ("Expires", "0"),
)  # fmt: skip
_ERROR_DESCRIPTIONS = {  # wording of RFC 6749 section 5.2
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "unauthorized_client": "The client is not authorized to request a token using this method.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from "
    "fulfilling the request.",
}


def check_access_token(context: RequestContext) -> None:
    """Check that the request carries a token of an existing client (gateway/mw_oauth2_key_exists.go:70).

    Raises:
        Rejected: the token is missing, malformed or unknown, or its client was removed.
    """
    scheme, separator, rest = context.credential("oauth").partition(" ")
    if not separator:
        raise Rejected("Authorization field missing", 400)
    if scheme.lower() != "bearer":
        raise Rejected("Bearer token malformed", 400)
    key = look_up(context, rest.partition(" ")[0])
    if not key.is_valid or key.session is None:
        raise Rejected("Key not authorised", 403)
    if not context.gateway.oauth.is_client(context.api.id, key.session["oauth_client_id"]):
        raise Rejected("Key not authorised. OAuth client access was revoked", 403)
    if context.api.fields["base_identity_provided_by"] in ("", "oauth_key"):
        context.session, context.token, context.alias = key.session, key.name, key.alias


def endpoint_reply(context: RequestContext) -> Reply | None:
    """The reply of the API's OAuth endpoints; None if the path is not one of them.

    Source: gateway/server.go:918 @v5.12.0.

    Raises:
        Rejected: the endpoint is of the authorization code flow, which the mock does not implement.
    """
    path = context.api.path_after_prefix(context.url.path)
    if path.removesuffix("/") == "/oauth/token":
        reply = (
            _issue_token(context) if context.method in ("GET", "POST") else error("Method not supported", 405)
        )
        return Reply(reply.body, reply.status, (*reply.headers, *_SECURITY_HEADERS))
    if path == "/oauth/revoke":
        return _revoke(context)
    if path == "/oauth/revoke_all":
        return _revoke_all(context)
    if path.removesuffix("/") in ("/oauth/authorize", "/tyk/oauth/authorize-client"):
        raise Rejected("this mock does not know the authorization code flow", 501)
    return None


def _issue_token(context: RequestContext) -> Reply:
    """Issue an access token for client credentials."""
    if context.method != "POST":
        return _oauth_error(context, "invalid_request")
    form = _form(context)
    grant = form.get("grant_type", "")
    if grant not in (context.api.fields["oauth_meta"]["allowed_access_types"] or []):
        return _oauth_error(context, "unsupported_grant_type")
    if grant not in SUPPORTED_GRANTS:
        return error(f"this mock knows no other grant than {', '.join(SUPPORTED_GRANTS)}", 501)
    credential = _basic_credentials(context.header("Authorization"))
    if credential is None:
        return _oauth_error(context, "invalid_request")
    client_id, secret = credential
    client = context.gateway.oauth.client(context.api.id, client_id)
    if client is None:
        return _oauth_error(context, "server_error")
    if not _is_secret(client, secret) or not client["redirect_uri"]:
        return _oauth_error(context, "unauthorized_client")
    policy = context.gateway.store.loaded.by_id.get(client["policy_id"])
    if policy is None:
        return _oauth_error(context, "server_error")
    session = from_policy(context.gateway, policy.lend(), client["policy_id"], policy.org_id)
    expires_in = context.gateway.config.oauth_token_expire or TOKEN_SECONDS
    access_token = context.gateway.sessions.name_of(session["org_id"], "")
    _save_token(context, access_token, session, client["client_id"], client["meta_data"], expires_in)
    response = {"access_token": access_token, "expires_in": expires_in, "token_type": "bearer"}
    scope = form.get("scope")
    return json_reply(dict(sorted({**response, **({"scope": scope} if scope else {})}.items())))


def _save_token(
    context: RequestContext,
    access_token: str,
    session: Document,
    client_id: str,
    metadata: object,
    expires_in: int,
) -> None:
    """Save a token and its session (gateway/oauth_manager.go:940 @v5.12.0)."""
    gateway = context.gateway
    gateway.oauth.issue(context.api.id, client_id, access_token, expires_in)
    session |= {"oauth_client_id": client_id, "expires": int(gateway.now()) + expires_in}
    if isinstance(metadata, dict):
        session["meta_data"] = {**metadata, **(session["meta_data"] or {})}
    apis = [gateway.apis.loaded.by_id.get(name) for name in session["access_rights"]]
    lifetimes = [lifetime(session, api, gateway.config, gateway.now()) for api in apis if api]
    gateway.sessions.save(access_token, session, seconds=max(lifetimes, default=0))


def _revoke(context: RequestContext) -> Reply:
    form = _posted_form(context)
    if form is None:
        return MALFORMED_FORM
    token = form.get("token", "")
    if not token:
        return error("token is required", 400)
    context.gateway.oauth.revoke(context.api, token)
    return ok("token revoked successfully")


def _revoke_all(context: RequestContext) -> Reply:
    form = _posted_form(context)
    if form is None:
        return MALFORMED_FORM
    for name in ("client_id", "client_secret"):
        if not form.get(name):
            return error(f"{name} is required", 401)
    client = context.gateway.oauth.client(context.api.id, form["client_id"])
    if client is None:
        return error("error getting oauth client", 404)
    if not _is_secret(client, form["client_secret"]):
        return error("client secret is wrong", 401)
    context.gateway.oauth.revoke_all(context.api, form["client_id"])
    return ok("tokens revoked successfully")


def _posted_form(context: RequestContext) -> dict[str, str] | None:
    """The fields of the form of a request; None if it is malformed."""
    return posted_form(context.method, context.header("Content-Type"), context.url.query, context.body)


def _is_secret(client: Document, sent: str) -> bool:
    """True if a text is the secret of a client; compared in constant time."""
    return hmac.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (client["secret"], sent)))


def _form(context: RequestContext) -> dict[str, str]:
    """The fields of the form or JSON body and of the query; fields of the body win."""
    query = dict(reversed(parse_qsl(context.url.query.removeprefix("?"), keep_blank_values=True)))
    content_type = context.header("Content-Type")
    if content_type.partition(";")[0].strip() == FORM_TYPE:
        return {**query, **form_fields(context.body)}
    if content_type == "application/json" and len(context.body) <= MAX_FORM:
        try:
            members, rest = json_reader.read(context.body)
        except JSONSyntaxError:
            return query
        if isinstance(members, Object) and not rest.strip() and all(_is_text(value) for _, value in members):
            return {**query, **dict(members)}
    return query


def _is_text(node: object) -> bool:
    return isinstance(node, str) and not isinstance(node, Number)


def _basic_credentials(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme != "Basic":
        return None
    try:
        client_id, separator, secret = decode(encoded).decode("utf-8", "replace").partition(":")
    except ValueError:
        return None
    return (client_id, secret) if separator else None


def _oauth_error(context: RequestContext, name: str) -> Reply:
    status = context.gateway.config.oauth_error_status_code or 403
    return json_reply({"error": name, "error_description": _ERROR_DESCRIPTIONS[name]}, status)
