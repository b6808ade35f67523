"""OAuth 2.0: requests for access tokens, by client credentials, a password, a refresh token or a code."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from mockserver.contract.codecs import Malformed
from mockserver.gateway import passwords
from mockserver.gateway.oauth_grants import Grant
from mockserver.gateway.oauth_store import Client
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.basic_auth import FOREIGN_HASH
from mockserver.gateway.proxy.policy_sessions import from_policy
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.session_store import lifetime
from mockserver.golang import json_reader
from mockserver.golang.base64_texts import decode
from mockserver.golang.json_reader import JSONSyntaxError, Number, Object
from mockserver.golang.scalars import wrapped
from mockserver.golang.urls import FORM_TYPE, MAX_FORM, form_fields
from mockserver.http.messages import DropConnection, Reply
from mockserver.service.json_replies import json_reply

REFRESH_SECONDS = 1_209_600  # of a refresh token unless oauth_refresh_token_expire sets another
_ERROR_DESCRIPTIONS = {  # wording of RFC 6749 section 5.2
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "unauthorized_client": "The client is not authorized to request a token using this method.",
    "access_denied": "The resource owner or authorization server denied the request.",
    "unsupported_response_type": "The authorization server does not support obtaining a token using this "
    "method.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "invalid_grant": "The provided authorization grant (e.g., authorization code, resource owner "
    "credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in "
    "the authorization request, or was issued to another client.",
    "invalid_client": "Client authentication failed (e.g., unknown client, no client authentication "
    "included, or unsupported authentication method).",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from "
    "fulfilling the request.",
}


class OAuthRefused(Exception):
    """An OAuth request is refused; `name` is the error of RFC 6749."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Source:
    """What a token is issued for.

    Attributes:
        session: the text of the session that the token gets; "" for one from the client's policy.
        previous: the grant that the token uses up, by its kind and text.
        user: the id of the key whose password was sent, and its session.
    """

    scope: str
    session: str = ""
    has_refresh: bool = False
    redirect_uri: str = ""
    previous: tuple[Any, str, Grant] | None = None
    user: tuple[str, Document] | None = None


def issue_token(context: RequestContext) -> Reply:
    """Issue an access token (lonelycode/osin access.go:112, gateway/oauth_manager.go:393 @v5.12.0)."""
    try:
        return json_reply(_issued(context))
    except OAuthRefused as refusal:
        return oauth_error(context, refusal.name)


def _issued(context: RequestContext) -> dict[str, Any]:
    if context.method != "POST":
        raise OAuthRefused("invalid_request")
    form = request_form(context)
    grant = form.get("grant_type", "")
    if grant not in (context.api.fields["oauth_meta"]["allowed_access_types"] or []) or grant not in _GRANTS:
        raise OAuthRefused("unsupported_grant_type")
    credential = _basic_credentials(context.header("Authorization"))
    if credential is None:
        raise OAuthRefused("invalid_request")
    required, source_of = _GRANTS[grant]
    if not all(form.get(name) for name in required):
        raise OAuthRefused("invalid_grant")
    client = known_client(context, credential[0])
    if not is_secret(client, credential[1]) or not client["redirect_uri"]:
        raise OAuthRefused("unauthorized_client")
    return issue(context, client, source_of(context, form, client))


def issue(context: RequestContext, client: Client, source: Source) -> dict[str, Any]:
    """Issue and store a token for a client; return the members of the answer, sorted.

    Raises:
        OAuthRefused: there is neither a session nor a policy for it.
    """
    oauth, api_id, config = context.gateway.oauth, context.api.id, context.gateway.config
    session = _session_for(context, client, source.session)
    expires_in = oauth.token_seconds
    access_token = context.gateway.sessions.name_of(session["org_id"], "")
    _save_token(context, access_token, session, client, expires_in)
    answer: dict[str, Any] = {"access_token": access_token, "expires_in": expires_in, "token_type": "bearer"}
    if source.has_refresh:
        answer["refresh_token"] = base64.b64encode(str(uuid.uuid4()).encode()).decode()
        ends_at = context.gateway.now() + (config.oauth_refresh_token_expire or REFRESH_SECONDS)
        grant = Grant(
            client["client_id"], source.scope, source.session, source.redirect_uri, access_token, ends_at
        )
        oauth.grants.keep(api_id, "refresh", answer["refresh_token"], grant)
    if source.previous is not None:
        kind, text, used = source.previous
        oauth.grants.remove(api_id, kind, text)
        if used.access_token:
            oauth.revoke(context.api, used.access_token)
    if source.user is not None:
        _note_token(context, client, *source.user, access_token)
    return dict(sorted((answer | ({"scope": source.scope} if source.scope else {})).items()))


def _session_for(context: RequestContext, client: Client, text: str) -> Document:
    """The session of a new token: the given one, or else one from the client's policy."""
    gateway = context.gateway
    if text:
        try:
            return gateway.session_codec.decode(text.encode())
        except Malformed:
            pass
    policy = gateway.store.loaded.by_id.get(client["policy_id"])
    if policy is None:
        raise OAuthRefused("server_error")
    return from_policy(gateway, policy.lend(), client["policy_id"], policy.org_id)


def _save_token(
    context: RequestContext, access_token: str, session: Document, client: Client, expires_in: int
) -> None:
    """Save a token and its session (gateway/oauth_manager.go:940 @v5.12.0).

    Raises:
        DropConnection: the metadata of the client is no object, at which the gateway panics.
    """
    gateway, client_id, metadata = context.gateway, client["client_id"], client["meta_data"]
    gateway.oauth.issue(context.api.id, client_id, access_token, expires_in)
    session |= {"oauth_client_id": client_id, "expires": wrapped(int(gateway.now()) + expires_in)}
    if metadata is not None:
        if not isinstance(metadata, dict):
            raise DropConnection
        session["meta_data"] = {**metadata, **(session["meta_data"] or {})}
    apis = [gateway.apis.loaded.by_id.get(name) for name in session["access_rights"] or {}]
    lifetimes = [lifetime(session, api, gateway.config, gateway.now()) for api in apis if api]
    gateway.sessions.save(access_token, session, seconds=max(lifetimes, default=0))


def _of_client(context: RequestContext, form: dict[str, str], client: Client) -> Source:
    return Source(form.get("scope", ""))


def _of_password(context: RequestContext, form: dict[str, str], client: Client) -> Source:
    """The session of a key by its name and password; its last token of the client is removed in any case."""
    gateway, org_id = context.gateway, context.api.org_id
    sessions = gateway.sessions
    entry = sessions.find(org_id, sessions.storage_name(org_id + form["username"]), by_hash=True)
    if entry is None:
        raise OAuthRefused("access_denied")
    user = entry[1]
    if last_token := (user["oauth_keys"] or {}).get(client["client_id"]):
        sessions.remove(org_id, last_token)
    try:
        is_user = user["basic_auth_data"]["hash_type"] in ("", passwords.BCRYPT) and passwords.matches(
            user["basic_auth_data"], form["password"]
        )
    except passwords.ForeignHash as error:
        raise Rejected(FOREIGN_HASH, 501) from error
    if not is_user:
        raise OAuthRefused("access_denied")
    text = gateway.session_codec.encode({**user, "basic_auth_data": {"password": "", "hash_type": ""}})
    key = sessions.name_of(org_id, form["username"])
    return Source(form.get("scope", ""), text, has_refresh=True, user=(key, user))


def _note_token(context: RequestContext, client: Client, key: str, user: Document, token: str) -> None:
    """Have the key whose password was sent name its token and its client's metadata."""
    gateway = context.gateway
    user["oauth_keys"] = {**(user["oauth_keys"] or {}), client["client_id"]: token}
    if isinstance(client["meta_data"], dict):
        user["meta_data"] = dict(client["meta_data"])
        if isinstance(email := user["meta_data"].get("tyk_developer_email"), str):
            user["alias"] = email
            del user["meta_data"]["tyk_developer_email"]
    gateway.sessions.save(key, user, seconds=lifetime(user, context.api, gateway.config, gateway.now()))


def _of_refresh_token(context: RequestContext, form: dict[str, str], client: Client) -> Source:
    text = form["refresh_token"]
    grant = context.gateway.oauth.grants.find(context.api.id, "refresh", text)
    if grant is None:
        raise OAuthRefused("invalid_grant")
    if grant.client_id != client["client_id"]:
        raise OAuthRefused("invalid_client")
    scope = form.get("scope") or grant.scope
    return Source(scope, grant.session, True, grant.redirect_uri, ("refresh", text, grant))


def _of_code(context: RequestContext, form: dict[str, str], client: Client) -> Source:
    text = form["code"]
    grant = context.gateway.oauth.grants.find(context.api.id, "code", text)
    if grant is None or grant.client_id != client["client_id"]:
        raise OAuthRefused("invalid_grant")
    if (form.get("redirect_uri") or client["redirect_uri"]) != grant.redirect_uri:
        raise OAuthRefused("invalid_request")
    return Source(grant.scope, grant.session, True, grant.redirect_uri, ("code", text, grant))


_SourceOf = Callable[[RequestContext, dict[str, str], Client], Source]
_GRANTS: dict[str, tuple[tuple[str, ...], _SourceOf]] = {  # required fields and the source, by grant type
    "client_credentials": ((), _of_client), "password": (("username", "password"), _of_password),
    "refresh_token": (("refresh_token",), _of_refresh_token), "authorization_code": (("code",), _of_code),
}  # fmt: skip


def known_client(context: RequestContext, client_id: str) -> Client:
    """A client of the API by its id.

    Raises:
        OAuthRefused: there is none.
    """
    client = context.gateway.oauth.client(context.api.id, client_id)
    if client is None:
        raise OAuthRefused("server_error")
    return client


def is_secret(client: Client, sent: str) -> bool:
    """True if a text is the secret of a client; compared in constant time."""
    return _is_equal(client["secret"], sent)


def _is_equal(first: str, second: str) -> bool:
    return hmac.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (first, second)))


def request_form(context: RequestContext) -> dict[str, str]:
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


def oauth_error(context: RequestContext, name: str, state: str = "") -> Reply:
    """The answer to a refused OAuth request."""
    status = context.gateway.config.oauth_error_status_code or 403
    answer = {"error": name, "error_description": describe(name), **({"state": state} if state else {})}
    return json_reply(answer, status)


def describe(name: str) -> str:
    """The wording of an error of RFC 6749."""
    return _ERROR_DESCRIPTIONS[name]
