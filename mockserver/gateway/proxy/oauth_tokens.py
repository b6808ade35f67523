"""OAuth 2.0: the token endpoints of an API, and requests that carry an access token."""

from __future__ import annotations

import hmac

from mockserver.gateway.proxy import authorization_requests, cors
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up
from mockserver.gateway.proxy.token_requests import is_secret, issue_token
from mockserver.gateway.replies import FORBIDDEN, error, ok
from mockserver.golang.urls import posted_form
from mockserver.http.messages import Reply

MALFORMED_FORM = error("error parsing form. Form malformed", 400)
_SECURITY_HEADERS = (  # gateway/api.go:241 @v5.12.0
    ("X-Content-Type-Options", "nosniff"), ("X-Xss-Protection", "1; mode=block"), ("X-Frame-Options", "DENY"),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("Cache-Control", "no-cache, no-store, must-revalidate"), ("Pragma", "no-cache"), ("Expires", "0"),
)  # fmt: skip


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
        raise Rejected("Key not authorised", 403, key.problem, event="KeyFailure")
    if not context.gateway.oauth.is_client(context.api.id, key.session["oauth_client_id"]):
        raise Rejected("Key not authorised. OAuth client access was revoked", 403)
    context.take(key, "oauth_key")


def endpoint_reply(context: RequestContext) -> Reply | None:
    """The reply of the API's OAuth endpoints; None if the path is not one of them.

    Source: gateway/server.go:918 @v5.12.0.
    """
    path = context.api.path_after_prefix(context.url.path)
    if path.removesuffix("/") == "/tyk/oauth/authorize-client":
        secret = context.gateway.config.secret.encode("utf-8", "surrogateescape")
        is_owner = hmac.compare_digest(context.header("X-Tyk-Authorization").encode("latin-1"), secret)
        return authorization_requests.approve(context) if is_owner else FORBIDDEN
    endpoint = _ENDPOINTS.get(path)
    return None if endpoint is None else cors.wrapped(context, endpoint)


def _issue(context: RequestContext) -> Reply:
    if context.method in ("GET", "POST"):
        reply = issue_token(context)
    else:
        reply = error("Method not supported", 405)
    return Reply(reply.body, reply.status, (*reply.headers, *_SECURITY_HEADERS))


def _revoke(context: RequestContext) -> Reply:
    form = _posted_form(context)
    if form is None:
        return MALFORMED_FORM
    token = form.get("token", "")
    if not token:
        return error("token is required", 400)
    context.gateway.oauth.revoke_hinted(context.api, token, form.get("token_type_hint", ""))
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
    if not is_secret(client, form["client_secret"]):
        return error("client secret is wrong", 401)
    context.gateway.oauth.revoke_all(context.api, form["client_id"])
    return ok("tokens revoked successfully")


def _posted_form(context: RequestContext) -> dict[str, str] | None:
    """The fields of the form of a request; None if it is malformed."""
    return posted_form(context.method, context.header("Content-Type"), context.url.query, context.body)


_ENDPOINTS = {
    "/oauth/token": _issue,
    "/oauth/token/": _issue,
    "/oauth/revoke": _revoke,
    "/oauth/revoke_all": _revoke_all,
    "/oauth/authorize": authorization_requests.login_redirect,
    "/oauth/authorize/": authorization_requests.login_redirect,
}
