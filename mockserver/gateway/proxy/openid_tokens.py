"""OpenID Connect: the ID tokens of providers, and their sessions (gateway/mw_openid.go @v5.12.0)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.proxy import jwt_claims
from mockserver.gateway.proxy.fetching import BOUNDS, fetched
from mockserver.gateway.proxy.jwt_tokens import NotSigned, Token, check_dates, verify_any
from mockserver.gateway.proxy.key_sets import BadKeySet, parse
from mockserver.gateway.proxy.policy_sessions import from_policy
from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up
from mockserver.golang import json_reader
from mockserver.golang.absolute_urls import BadUrl
from mockserver.golang.base64_texts import decode_part
from mockserver.golang.scalars import STRING, Problems, fold
from mockserver.http.deadline import Deadline
from mockserver.http.messages import DropConnection
from mockserver.http.outgoing import TransportError

_REFUSED = partial(Rejected, "Key not authorised", 401)
_NO_POLICY = partial(Rejected, "Key not authorized: no matching policy", 403)
_NOT_APPLICABLE = "Key not authorized: could not apply new policy"
_DISCOVERY = ".well-known/openid-configuration"
_GOOGLE = "accounts.google.com"  # names itself without a scheme in its tokens
_NO_LEEWAY = dict.fromkeys(
    (
        "jwt_expires_at_validation_skew", "jwt_issued_at_validation_skew", "jwt_not_before_validation_skew",
    ),
    0,
)  # fmt: skip


@dataclass(frozen=True)
class _Provider:
    """A provider of tokens, and the policies of its clients."""

    issuer: str
    policies: dict[str, str]


def check_token(context: RequestContext) -> None:
    """Check the ID token of the request, and take or create the session of its user.

    Raises:
        Rejected: the token is missing or invalid, or no policy applies to it.
        DropConnection: the gateway panics at the token.
    """
    words = context.credential("oidc").split(" ")
    if len(words) != 2 or words[0] != "Bearer":
        raise _REFUSED("there is no token with the scheme Bearer in the request")
    token = _token(context, words[1])
    claims = token.claims
    client, policy_id = _client(context, claims)
    by_scope = jwt_claims.scope_mapping(context.api.fields)[1]
    if not by_scope and not policy_id:
        raise _REFUSED(f"the client {client!r} has no policy")
    user = hashlib.md5(claims["sub"].encode()).hexdigest()  # noqa: S324  the gateway's own way
    if context.api.fields["openid_options"]["segregate_by_client"]:
        user = hashlib.md5(client.encode()).hexdigest() + user  # noqa: S324
    key = look_up(context, context.gateway.sessions.name_of(context.api.org_id, user))
    session = key.session
    if session is None or not key.is_valid:
        session = _new_session(context, "" if by_scope else policy_id)
        session |= {
            "org_id": context.api.org_id, "alias": f"{client}:{claims['sub']}",
            "meta_data": {"TykJWTSessionID": key.name, "ClientID": client},
        }  # fmt: skip
    policies = _policies_of_scopes(context, claims) if by_scope else [policy_id]
    session |= {"apply_policy_id": "", "apply_policies": policies}
    try:
        context.apply_policies(session)
    except PoliciesNotApplicable as error:
        raise Rejected(_NOT_APPLICABLE, 403, str(error)) from error
    if context.api.fields["base_identity_provided_by"] in ("", "oidc_user"):
        context.session, context.token, context.is_changed = session, key.name, True
    if context.variables is not None:
        context.variables.add_claims(token.header, claims, context.token)


def _new_session(context: RequestContext, policy_id: str) -> Document:
    """A session with a policy as its template; an empty one without a policy."""
    if not policy_id:
        return dict(context.gateway.session_codec.type.fresh())
    policy = context.gateway.store.lend(policy_id, context.api.org_id)
    if policy is None or policy["org_id"] != context.api.org_id:
        raise _NO_POLICY(f"no policy {policy_id!r} is loaded for the organisation of the API")
    return from_policy(context.gateway, policy, policy_id, context.api.org_id)


def _policies_of_scopes(context: RequestContext, claims: dict[str, Any]) -> list[str]:
    name, by_scope = jwt_claims.scope_mapping(context.api.fields)
    scopes = jwt_claims.scopes(jwt_claims.nested(claims, name or "scope"))
    return list(dict.fromkeys(by_scope[scope] for scope in scopes if scope in by_scope))


def _token(context: RequestContext, text: str) -> Token:
    """A token that a provider of the API has signed for one of its clients."""
    providers = _providers(context.api.fields["openid_options"])
    issuer = ""

    def key_of(header: dict[str, Any], claims: dict[str, Any]) -> Any:
        nonlocal issuer
        issuer = _issuer(providers, claims)
        key_id = header.get("kid") or ""
        if not isinstance(key_id, str):
            raise DropConnection
        return _key(context, issuer, key_id)

    try:
        token = verify_any(text, key_of)
    except NotSigned:  # the key may have changed
        context.gateway.provider_keys.forget(context.api.id, issuer)
        try:
            token = verify_any(text, key_of)
        except Rejected as error:
            raise _refused(error) from error
    except Rejected as error:
        raise _refused(error) from error
    try:
        check_dates(token, _NO_LEEWAY, int(context.gateway.now()))
    except Rejected as error:
        raise _refused(error) from error
    return token


def _refused(error: Rejected) -> Rejected:
    """The refusal of a token that a step of its verification has rejected."""
    return _REFUSED(error.cause or error.message)


def _providers(options: Document) -> list[_Provider]:
    """The providers with an issuer and clients; the ids of clients are in base64."""
    providers = [
        _Provider(
            provider["issuer"],
            {
                decode_part(client).decode("utf-8", "surrogateescape"): policy
                for client, policy in (provider["client_ids"] or {}).items()
            },
        )
        for provider in options["providers"] or ()
    ]
    return [provider for provider in providers if provider.issuer and provider.policies]


def _issuer(providers: list[_Provider], claims: dict[str, Any]) -> str:
    """The issuer of a token's provider, if the token is for a client of it and names a user.

    Source: openid/idtokenvalidator.go of openid2go v0.1.2.
    """
    issuer, audiences, user = claims.get("iss"), claims.get("aud"), claims.get("sub")
    names = (issuer, f"https://{issuer}") if issuer == _GOOGLE else (issuer,)
    provider = next((one for one in providers if one.issuer in names), None)
    audiences = [audiences] if isinstance(audiences, str) else audiences
    if provider is None:
        raise _REFUSED(f"no provider of the API has the issuer {issuer!r}")
    if not isinstance(audiences, list) or not isinstance(user, str) or not user:
        raise _REFUSED("the token names no audience, or no user (sub)")
    for audience in audiences:
        if not isinstance(audience, str) or not audience:
            break
        if audience in provider.policies:
            return provider.issuer
    raise _REFUSED(f"no client of {provider.issuer} has an id of {audiences!r}")


def _client(context: RequestContext, claims: dict[str, Any]) -> tuple[str, str]:
    """The client that a token is for, and its policy in all providers with the issuer."""
    providers = _providers(context.api.fields["openid_options"])
    policies = {
        client: policy
        for provider in providers
        if provider.issuer == claims["iss"]
        for client, policy in provider.policies.items()
    }
    audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    client = next((audience for audience in audiences if audience in policies), None)
    if client is None:
        raise _REFUSED(f"no provider with the issuer of the token has a client of {audiences!r}")
    return client, policies[client]


def _key(context: RequestContext, issuer: str, key_id: str) -> Any:
    """The key of a provider with this id, or the first one for the id ""."""
    keys = context.gateway.provider_keys
    try:
        key = keys.get(
            context.api.id, context.api.document, issuer, key_id, lambda: _fetched_keys(context, issuer)
        )
    except (BadUrl, BadKeySet, TransportError) as error:
        raise _REFUSED(f"the keys of {issuer} cannot be read: {error}") from error
    if key is None:
        raise _REFUSED(f"{issuer} has no key {key_id!r}")
    return key


def _fetched_keys(context: RequestContext, issuer: str) -> dict[str, Any]:
    """The keys at the URL that the discovery document of an issuer names, and the first one under "".

    A key with which nothing can be verified by all makes the whole set unusable.
    """
    base = f"https://{issuer}" if issuer == _GOOGLE else issuer
    deadline = Deadline(BOUNDS.seconds)
    url = _jwks_uri(fetched(context.gateway, f"{base.removesuffix('/')}/{_DISCOVERY}", deadline).body)
    keys = parse(fetched(context.gateway, url, deadline).body, whole=False)
    if not keys or any(key is None or isinstance(key, bytes) for key in keys.values()):
        raise BadKeySet("it has no keys, or a secret or private one")
    return {**keys, "": next(iter(keys.values()))}


def _jwks_uri(text: bytes) -> str:
    """The member `jwks_uri` of a discovery document, of which the spelling of the name may have any case."""
    try:
        node, _ = json_reader.read(text)
    except json_reader.JSONSyntaxError as error:
        raise BadKeySet(str(error)) from error
    url, problems = "", Problems()
    for name, value in node if isinstance(node, json_reader.Object) else ():
        if fold(name) in ("jwks_uri", "issuer"):
            decoded = STRING.decode(value, "", problems)
            url = decoded if fold(name) == "jwks_uri" else url
    if problems.notes or not url:
        raise BadKeySet("the discovery document names no key set")
    return url
