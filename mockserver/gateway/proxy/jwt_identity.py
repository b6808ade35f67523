"""The session of a JSON Web Token (gateway/mw_jwt.go:699 @v5.12.0)."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.proxy import jwt_claims
from mockserver.gateway.proxy.challenges import challenging
from mockserver.gateway.proxy.jwt_tokens import NOT_AUTHORISED, Token, check_dates, public_key, verify
from mockserver.gateway.proxy.key_sets import fetched_key, key_of_several
from mockserver.gateway.proxy.policy_sessions import from_policy
from mockserver.gateway.proxy.request_context import (
    Rejected,
    RequestContext,
    look_up,
    without_bearer,
)
from mockserver.golang.base64_texts import decode
from mockserver.golang.scalars import to_int64
from mockserver.http.messages import DropConnection

NO_POLICY = partial(Rejected, "key not authorized: no matching policy", 403)
NO_POLICY_FOUND = partial(Rejected, "key not authorized: no matching policy found", 403)
_OF_CLIENT = {"tyk_developer_id": str, "rate_limit_pattern": str, "tags": list, "policies": list}
_CLIENT_CLAIMS = ("clientId", "cid", "client_id")  # gateway/mw_jwt.go:56 @v5.12.0


def check_token(context: RequestContext) -> None:
    """Check the signature and the dates of the request's token, and take or create its session.

    Raises:
        Rejected: the token is missing or invalid, or no policy applies to it.
    """
    definition, token = context.api.fields, _verified_token(context)
    if definition["jwt_source"] or definition.get("jwt_jwks_uris"):
        session, key, is_new = _user_session(context, token)
    else:
        session, key, is_new = _key_session(context, token), _identity(context, token), False
    if definition["base_identity_provided_by"] in ("", "jwt_claim"):
        context.session, context.token, context.is_changed = session, key, is_new
    if context.variables is not None:
        context.variables.add_claims(token.header, token.claims, context.token)


@challenging
def _verified_token(context: RequestContext) -> Token:
    """The token of a request, whose signature, dates and required claims are right.

    Raises:
        Rejected: it is missing, or one of them is not.
    """
    definition = context.api.fields
    text = without_bearer(context.credential("jwt"))
    if not text:
        raise Rejected("Authorization field missing", 400)
    token = verify(text, definition, lambda header, claims: _verification_key(context, Token(header, claims)))
    check_dates(token, definition, int(context.gateway.now()))
    jwt_claims.check(context, token.claims, lambda: _identity(context, token))
    return token


def _verification_key(context: RequestContext, token: Token) -> Any:
    """The key to verify a token with: the one in the definition, from its JWKS, or a session's secret."""
    definition = context.api.fields
    source = definition["jwt_source"]
    if definition.get("jwt_jwks_uris") and definition["is_oas"]:
        key = key_of_several(context, token.header.get("kid"))
        if key is None:
            raise _no_key(token)
        return key
    if not source:
        return _key_session(context, token)["jwt_data"]["secret"].encode()
    if not re.match(r"(?i)https?://", source):
        try:
            data = decode(source)
        except ValueError as error:
            raise NOT_AUTHORISED("jwt_source of the API is not in base64") from error
        source = data.decode("utf-8", "replace")
        if not re.match(r"(?i)https?://", source):
            return public_key(data) if definition["jwt_signing_method"] in ("rsa", "ecdsa") else data
    key = fetched_key(context, source, token.header.get("kid"))
    if key is None:
        raise _no_key(token)
    return key


def _no_key(token: Token) -> Rejected:
    return NOT_AUTHORISED(f"the API's key sets cannot be read, or have no key {token.header.get('kid')!r}")


def _key_session(context: RequestContext, token: Token) -> Document:
    """The session of the key that the token names; used by APIs without a key of their own."""
    try:
        key = look_up(context, _identity(context, token))
    except Rejected as error:  # the gateway reports an unnamed key as a failed verification
        raise NOT_AUTHORISED(error.reason) from error
    if not key.is_valid or key.session is None:
        raise NOT_AUTHORISED(key.problem)
    return key.session


def _identity(context: RequestContext, token: Token) -> str:
    kid = token.header.get("kid")
    if isinstance(kid, str) and not context.api.fields["jwt_skip_kid"]:
        return kid
    return jwt_claims.user_id(context, token.claims)


def _user_session(context: RequestContext, token: Token) -> tuple[Document, str, bool]:
    """The session of a token's user, its key, and True if the session must be saved."""
    definition, claims = context.api.fields, token.claims
    user_id = jwt_claims.user_id(context, claims)
    name = context.gateway.sessions.name_of(context.api.org_id, hashlib.md5(user_id.encode()).hexdigest())  # noqa: S324  the gateway's own way
    key = look_up(context, name)
    policy_id = _claimed_policy_id(context, claims)
    is_default = not policy_id and bool(definition["jwt_default_policies"])
    if is_default:
        policy_id = definition["jwt_default_policies"][0]
    if not policy_id and not is_default and "jwt-scopes-are-enough" not in context.gateway.behaviours:
        raise NO_POLICY_FOUND("neither the token nor the API names one")
    if key.is_valid and key.session is not None:
        session, changed = key.session, _switch_policy(context, key.session, policy_id, is_default=is_default)
    else:
        session, changed = _new_session(context, policy_id, is_default=is_default), True
        session |= {"meta_data": {"TykJWTSessionID": key.name}, "alias": user_id}
    expires = claims.get("exp")
    if isinstance(expires, float) and to_int64(expires) > session["expires"]:
        session["expires"], changed = to_int64(expires), True
    claimed_id = "" if is_default else policy_id
    changed = _apply_scopes(context, session, claims, claimed_id, key.is_valid) or changed
    if not policy_id and not definition["jwt_default_policies"]:
        policy_by_scope = jwt_claims.scope_mapping(definition)[1]
        if not _policy_ids(session) or (key.is_valid and not policy_by_scope):
            raise NO_POLICY_FOUND("neither the token nor the API names one")
    client_id = "" if definition["idp_client_id_mapping_disabled"] else _client_id(claims)
    if session["oauth_client_id"] != client_id:
        session["oauth_client_id"], changed = client_id, True
    if client_id:
        changed = _take_metadata(context, session, client_id, is_changed=changed)
    return session, key.name, changed


def _take_metadata(context: RequestContext, session: Document, client_id: str, *, is_changed: bool) -> bool:
    """Take over what an OAuth client of the API has in its metadata; True if the session must be saved.

    Source: user/session_tags.go:4 @v5.12.0.

    Raises:
        Rejected: the policies in the metadata cannot be applied.
    """
    context.gateway.oauth.handle(context.api)
    client = context.gateway.oauth.client(context.api.id, client_id)
    if client is None or not isinstance(client["meta_data"], dict):
        return is_changed
    taken = {
        name: value
        for name, kind in _OF_CLIENT.items()
        if isinstance(value := client["meta_data"].get(name), kind)
    }
    is_changed = bool(taken)
    tags = taken.pop("tags", None) or []
    session["tags"] = [*(session["tags"] or []), *(tag for tag in tags if isinstance(tag, str))]
    session["meta_data"] = {**(session["meta_data"] or {}), **taken}
    try:
        context.apply_policies(session)
    except PoliciesNotApplicable as error:
        raise Rejected(f"failed to apply policies in session metadata: {error}", 500) from error
    return is_changed


def _claimed_policy_id(context: RequestContext, claims: dict[str, Any]) -> str:
    """The id of the policy that the token names, or of the first policy of the key named as its client."""
    definition = context.api.fields
    if definition["jwt_policy_field_name"]:
        return jwt_claims.policy_id(context, claims)
    client_key = (
        claims.get(definition["jwt_client_base_field"]) if definition["jwt_client_base_field"] else None
    )
    if not isinstance(client_key, str):
        return ""
    key = look_up(context, client_key)
    policy_ids = _policy_ids(key.session) if key.is_valid and key.session else []
    return str(policy_ids[0]) if policy_ids else ""


def _new_session(context: RequestContext, policy_id: str, *, is_default: bool) -> Document:
    """A session with the limits and rights of a policy; an empty session if no policy is named."""
    if not policy_id:
        session = context.gateway.session_codec.type.fresh()
        session["org_id"] = context.api.org_id
        return dict(session)
    policy = context.gateway.store.lend(policy_id, context.api.org_id)
    is_foreign = policy is not None and policy["org_id"] != context.api.org_id
    session = from_policy(context.gateway, None if is_foreign else policy, policy_id, context.api.org_id)
    if is_default:
        _add_defaults(context, session)
    try:
        context.apply_policies(session)
    except PoliciesNotApplicable as error:
        raise Rejected(f"failed to create key: {error}", 500) from error
    if policy is None or is_foreign:
        raise _no_policy(policy_id)
    return session


def _no_policy(policy_id: str) -> Rejected:
    return NO_POLICY(f"no policy {policy_id!r} is loaded for the organisation of the API")


def _switch_policy(context: RequestContext, session: Document, policy_id: str, *, is_default: bool) -> bool:
    """Replace the policy of an existing session by the one of the token; True if that changed the session."""
    policy = context.gateway.store.lend(policy_id, context.api.org_id) if policy_id else None
    if policy_id and policy is None:
        raise _no_policy(policy_id)
    current_ids = _policy_ids(session)
    if not current_ids:
        raise NO_POLICY_FOUND("the session of the user has none")
    defaults = context.api.fields["jwt_default_policies"] or []
    differs = is_default and {*current_ids, policy_id} != {*defaults, policy_id}
    if policy is None or (policy_id in current_ids and not differs):
        return False
    if policy["org_id"] != context.api.org_id:
        raise _no_policy(policy_id)
    _set_policies(session, [policy_id])
    if is_default:
        _add_defaults(context, session)
    _apply_or_reject(context, session, "could not apply new policy")
    return True


def _apply_scopes(
    context: RequestContext, session: Document, claims: dict[str, Any], policy_id: str, is_known_user: bool
) -> bool:
    """Apply the policies of a token's scopes to a session; True if its list of policies changed."""
    claim, policy_by_scope = jwt_claims.scope_mapping(context.api.fields)
    if not policy_by_scope:
        return False
    scopes = jwt_claims.scopes(
        jwt_claims.nested(claims, jwt_claims.scope_name(context, claims, claim) or "scope")
    )
    if not scopes:
        defaults = context.api.fields["jwt_default_policies"]
        if not policy_id and not defaults and is_known_user:
            raise Rejected("key not authorized: no scope or policy in token", 403)
        return False
    policy_ids = [
        *([policy_id] if policy_id else []),
        *dict.fromkeys(policy_by_scope[scope] for scope in scopes if scope in policy_by_scope),
    ]
    if not policy_ids:
        raise Rejected("key not authorized: no matching policy found in scope claim", 403)
    previous_ids = session["apply_policies"] or []
    changed = len(previous_ids) != len(policy_ids) or not set(previous_ids) <= set(policy_ids)
    _set_policies(session, policy_ids)
    _apply_or_reject(context, session, "could not apply several policies")
    return changed


def _client_id(claims: dict[str, Any]) -> str:
    """The id of the OAuth client that a token names; "" if it names none.

    Raises:
        DropConnection: it is not a string, at which the gateway panics (gateway/mw_jwt.go:690 @v5.12.0).
    """
    client_id = next((claims[name] for name in _CLIENT_CLAIMS if name in claims), "")
    if not isinstance(client_id, str):
        raise DropConnection
    return client_id


def _policy_ids(session: Document) -> list[str]:
    return session["apply_policies"] or ([session["apply_policy_id"]] if session["apply_policy_id"] else [])


def _set_policies(session: Document, policy_ids: list[str]) -> None:
    session |= {"apply_policy_id": "", "apply_policies": policy_ids}


def _add_defaults(context: RequestContext, session: Document) -> None:
    defaults = context.api.fields["jwt_default_policies"]
    _set_policies(session, list(dict.fromkeys([*(session["apply_policies"] or []), *defaults])))


def _apply_or_reject(context: RequestContext, session: Document, message: str) -> None:
    try:
        context.apply_policies(session)
    except PoliciesNotApplicable as error:
        raise Rejected(f"key not authorized: {message}", 403, str(error)) from error
