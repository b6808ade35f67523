"""OAuth 2.0: requests for an authorization code, and their approval by the owner of the API.

Source: lonelycode/osin authorize.go:122; gateway/oauth_manager.go:140 @v5.12.0.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

from mockserver.gateway.oauth_grants import Grant
from mockserver.gateway.oauth_store import Client
from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.gateway.proxy.token_requests import (
    OAuthRefused,
    Source,
    describe,
    issue,
    known_client,
    request_form,
)
from mockserver.gateway.replies import error
from mockserver.http.messages import Reply

CODE_SECONDS = 250  # lifetime of a code (lonelycode/osin config.go:65)
NOT_SUPPORTED = error("Method not supported", 405)
_KINDS = ("code", "token")


def login_redirect(context: RequestContext) -> Reply:
    """Send the user of a client to the login page of the API (gateway/oauth_manager.go:162)."""
    if context.method not in ("GET", "POST"):
        return NOT_SUPPORTED
    try:
        _client_and_uri(context, request_form(context))
    except OAuthRefused as refusal:
        return error(describe(refusal.name), _refusal_status(context))
    target = str(context.api.fields["oauth_meta"]["auth_login_redirect"])
    if context.method == "GET":
        target += "?" + context.url.query.removeprefix("?")
    return Reply(b"", 307, (("Location", target),))


def approve(context: RequestContext) -> Reply:
    """Give a client the code or token that the owner of the API approves, with the session in key_rules."""
    if context.method != "POST":
        return NOT_SUPPORTED
    form = request_form(context)
    try:
        client, uri = _client_and_uri(context, form)
        answer = _approved(context, form, client, uri)
    except OAuthRefused as refusal:
        return _refusal(context, form, refusal.name)
    if state := form.get("state"):
        answer["state"] = state
    answer["redirect_to"] = _redirect(uri, answer, in_fragment=form["response_type"] == "token")
    return _output(answer, 200)


def _client_and_uri(context: RequestContext, form: dict[str, str]) -> tuple[Client, str]:
    """The client that asks, and where its user is redirected to.

    Raises:
        OAuthRefused: the API does not allow the kind of request, or client and address do not fit.
    """
    allowed = context.api.fields["oauth_meta"]["allowed_authorize_types"] or []
    if form.get("response_type") not in allowed or form.get("response_type") not in _KINDS:
        raise OAuthRefused("unsupported_response_type")
    client = known_client(context, form.get("client_id", ""))
    if not client["redirect_uri"]:
        raise OAuthRefused("unauthorized_client")
    uri = unquote_plus(form.get("redirect_uri", "")) or client["redirect_uri"]
    if not _fits(client["redirect_uri"], uri):
        raise OAuthRefused("invalid_request")
    return client, uri


def _fits(base: str, uri: str) -> bool:
    """True if an address has the scheme and host of the client's own, and a path below its path."""
    own, sent = urlsplit(base), urlsplit(uri)
    is_same = (own.scheme, own.netloc) == (sent.scheme, sent.netloc) and sent.path.startswith(own.path)
    return is_same and not own.fragment and not sent.fragment


def _approved(context: RequestContext, form: dict[str, str], client: Client, uri: str) -> dict[str, Any]:
    session, scope = form.get("key_rules", ""), form.get("scope", "")
    if form["response_type"] == "token":
        return issue(context, client, Source(scope, session))
    code = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    ends_at = context.gateway.now() + CODE_SECONDS
    grant = Grant(client["client_id"], scope, session, uri, "", ends_at)
    context.gateway.oauth.grants.keep(context.api.id, "code", code, grant)
    return {"code": code}


def _refusal(context: RequestContext, form: dict[str, str], name: str) -> Reply:
    answer = {"error": name, "error_description": describe(name)}
    if name != "unsupported_response_type" and form.get("state"):
        answer["state"] = form["state"]
    if name == "invalid_request":
        client = known_client(context, form["client_id"])
        answer["redirect_to"] = _redirect(client["redirect_uri"], answer, in_fragment=False)
    return _output(answer, _refusal_status(context))


def _refusal_status(context: RequestContext) -> int:
    return context.gateway.config.oauth_error_status_code or 403


def _redirect(uri: str, members: dict[str, Any], *, in_fragment: bool) -> str:
    """An address with the members of an answer as its query or its fragment, sorted."""
    parts = urlsplit(uri)
    query = {**dict(reversed(parse_qsl(parts.query, keep_blank_values=True))), **members}
    encoded = urlencode(sorted(query.items()))
    if in_fragment:
        return urlunsplit(parts._replace(query="", fragment=unquote_plus(encoded)))
    return urlunsplit(parts._replace(query=encoded))


def _output(answer: dict[str, Any], status: int) -> Reply:
    text = json.dumps(dict(sorted(answer.items())), separators=(",", ":"), ensure_ascii=False)
    content_type = "text/plain; charset=utf-8"  # found out from the body, for the gateway names none
    return Reply(f"{text}\n".encode("utf-8", "surrogatepass"), status, (("Content-Type", content_type),))
