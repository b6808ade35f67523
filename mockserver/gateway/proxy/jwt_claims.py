"""The claims of a JSON Web Token that an API reads: the user, the policy, the scopes, and required ones.

An API in OpenAPI form may name several claims for each, and values that some must have
(gateway/mw_jwt.go:500 and :1332 @v5.12.0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy import custom_claims
from mockserver.gateway.proxy.request_context import Rejected, RequestContext


def user_id(context: RequestContext, claims: dict[str, Any]) -> str:
    """The user id in a token: the claim that the definition names, or `sub`.

    Raises:
        Rejected: the token names no user.
    """
    if _may_be_several(context, "subjectClaims"):
        return _first_user_id(context, claims)
    return user_id_in(context, claims, context.api.fields["jwt_identity_base_field"])


def user_id_in(context: RequestContext, claims: dict[str, Any], field: str) -> str:
    """The user id in a claim, or in `sub` if the claim has none or is not named; raises as `user_id` does."""
    if field:
        if user_id := _text_claim(context, claims, field):
            return user_id
        nests = "jwt-claims-may-nest" in context.gateway.behaviours
        if "" in (claims.get(field), nested(claims, field) if nests else None):
            place = "claim, claim:" if nests else "field claim"
            raise Rejected(f"found an empty user ID in predefined base {place} {field}", 403)
    if isinstance(claims.get("sub"), str):
        if not claims["sub"]:
            raise Rejected("found an empty user ID in sub claim", 403)
        return str(claims["sub"])
    raise Rejected("no suitable claims for user ID were found", 403)


def _text_claim(context: RequestContext, claims: dict[str, Any], name: str) -> str:
    """The value of a text claim, "" if there is none; a name with dots is a path into nested claims."""
    value = claims.get(name)
    if not (isinstance(value, str) and value) and "jwt-claims-may-nest" in context.gateway.behaviours:
        value = nested(claims, name)
    return value if isinstance(value, str) else ""


def nested(claims: dict[str, Any], name: str) -> Any:
    """The claim at a path of names with dots; None if there is none."""
    node: Any = claims
    for part in name.split("."):
        if not isinstance(node, dict):
            return None
        node = node.get(part)
    return node


def _may_be_several(context: RequestContext, member: str) -> bool:
    """True if the API is in OpenAPI form and its version of the gateway knows lists of claims."""
    settings = context.api.jwt_settings
    return settings is not None and member in settings


def _first_user_id(context: RequestContext, claims: dict[str, Any]) -> str:
    """The user id in the first of the claims that an API in OpenAPI form names, or in `sub`."""
    settings = context.api.jwt_settings
    assert settings is not None
    for name in [*(settings["subjectClaims"] or [settings["identityBaseField"]]), "sub"]:
        if not name:
            continue
        if value := _text_claim(context, claims, name):
            return value
        if "" in (claims.get(name), nested(claims, name)):
            raise Rejected(f"found an empty user ID in predefined base claim, claim: {name}", 403)
    raise Rejected("no suitable claims for user ID were found", 403)


def policy_id(context: RequestContext, claims: dict[str, Any]) -> str:
    """The policy in a token; "" if it names none."""
    names = [context.api.fields["jwt_policy_field_name"]]
    if _may_be_several(context, "basePolicyClaims"):
        names = (context.api.jwt_settings or {})["basePolicyClaims"] or names
    return next(filter(None, (_text_claim(context, claims, name) for name in names)), "")


def scope_name(context: RequestContext, claims: dict[str, Any], name: str) -> str:
    """The name of the claim with the scopes; `name` is the one in the classic form."""
    scopes: Document = (context.api.jwt_settings or {}).get("scopes") or {}
    if "claims" not in scopes:
        return name
    names = scopes["claims"] or [scopes["claimName"]]
    return next((other for other in names if other in claims), "")


def scope_mapping(definition: Document) -> tuple[str, dict[str, str]]:
    """The claim that holds scopes, and policy ids by scope (apidef/api_definitions.go:1641 @v5.12.0)."""
    mappings = definition["scopes"]
    if any(any(settings.values()) for settings in mappings.values()):
        settings = mappings["oidc" if definition["use_openid"] else "jwt"]
        return settings["scope_claim_name"], settings["scope_to_policy"] or {}
    return definition["jwt_scope_claim_name"], definition["jwt_scope_to_policy_mapping"] or {}


def scopes(value: Any) -> list[str]:
    """The scopes in a claim: a text separated by spaces, or the texts of an array, which may be nested."""
    if isinstance(value, str):
        return value.split(" ")
    texts, unread = [], [value]
    while unread:  # not by recursion: a token may nest 10,000 arrays
        item = unread.pop()
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, list):
            unread.extend(reversed(item))
    return texts


def check(context: RequestContext, claims: dict[str, Any], identity: Callable[[], str]) -> None:
    """Check the claims that an API in OpenAPI form requires.

    Raises:
        Rejected: a claim is missing, or has another value.
    """
    settings = context.api.jwt_settings or {}
    if not settings.get("jtiValidation"):
        return  # the gateway's version knows no such settings
    if problem := (
        _issuer_problem(claims, settings["allowedIssuers"])
        or _audience_problem(claims, settings["allowedAudiences"])
        or (
            "JWT ID (jti) claim is required but not present in token"
            if settings["jtiValidation"]["enabled"] and "jti" not in claims
            else ""
        )
    ):
        raise Rejected(f"Key not authorized: {problem}", 401)
    if settings["allowedSubjects"]:
        try:
            subject = identity()
        except Rejected as reason:
            raise Rejected(f"Key not authorized: {reason.message}", 401) from reason
        if subject not in settings["allowedSubjects"]:
            raise Rejected(f"Key not authorized: invalid subject value: {subject}", 401)
    if problem := custom_claims.problem(claims, settings["customClaimValidation"] or {}):
        raise Rejected(f"Key not authorized: {problem}", 401)


def _issuer_problem(claims: dict[str, Any], allowed: list[str] | None) -> str:
    if not allowed:
        return ""
    if "iss" not in claims:
        return "issuer claim is required but not present in token"
    if not isinstance(claims["iss"], str):
        return "issuer claim must be a string"
    return "" if claims["iss"] in allowed else f"invalid issuer claim: {claims['iss']}"


def _audience_problem(claims: dict[str, Any], allowed: list[str] | None) -> str:
    if not allowed:
        return ""
    if "aud" not in claims:
        return "audience claim is required but not present in token"
    value = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not isinstance(value, list):
        return "invalid audience claim format"
    audiences = [item for item in value if isinstance(item, str)]
    is_fitting = not set(audiences).isdisjoint(allowed)
    return "" if is_fitting else f"no matching audience found in token: [{' '.join(audiences)}]"
