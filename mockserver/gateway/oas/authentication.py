"""The settings of authentication of an API in OpenAPI form, and their classic members.

Source: apidef/oas/security.go:1219 and apidef/oas/authentication.go:252 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.gateway.oas import durations, oauth, sections, security_requirements
from mockserver.gateway.oas.definition import OpenApi, OpenApiCodec, is_zero
from mockserver.gateway.oas.places import NOWHERE, PLACES, filled_places, places
from mockserver.gateway.oas.security_requirements import is_compliant, own_requirements, requirements
from mockserver.gateway.policy_merging import Document

_OF_JWT = {  # the setting, and the classic member
    "source": "jwt_source", "signingMethod": "jwt_signing_method",
    "identityBaseField": "jwt_identity_base_field", "skipKid": "jwt_skip_kid",
    "policyFieldName": "jwt_policy_field_name", "clientBaseField": "jwt_client_base_field",
    "defaultPolicies": "jwt_default_policies", "issuedAtValidationSkew": "jwt_issued_at_validation_skew",
    "notBeforeValidationSkew": "jwt_not_before_validation_skew",
    "expiresAtValidationSkew": "jwt_expires_at_validation_skew",
    "idpClientIdMappingDisabled": "idp_client_id_mapping_disabled",
}  # fmt: skip


def enabled(definition: OpenApi) -> list[str]:
    """The names of all ways of authentication that are enabled."""
    own = definition.authentication or {}
    parts = [(name, own.get(name)) for name in ("hmac", "oidc", "custom")]
    parts += [*(own.get("securitySchemes") or {}).items()]
    return [name for name, settings in parts if isinstance(settings, dict) and settings.get("enabled")]


def jwt_settings(definition: OpenApi) -> Document | None:
    """The settings of the scheme of JSON Web Tokens; None if no requirement names one."""
    schemes = (definition.authentication or {}).get("securitySchemes") or {}
    names = (name for requirement in requirements(definition) for name in requirement)
    return next((schemes[name] for name in names if name in schemes and _is_jwt(definition, name)), None)


def alternatives(definition: OpenApi) -> list[list[str]]:
    """The kinds of credential of each requirement, in the compliant mode; empty in the other mode.

    The name of a scheme stands for a kind that the gateway does not know.
    """
    if not is_compliant(definition):
        return []
    rest = requirements(definition)[len(definition.document.get("security") or ()) :]
    named = [list(requirement) for requirement in own_requirements(definition)]
    return [[_kind(definition, name) or name for name in names] for names in named + rest]


def extract(definition: OpenApi, fields: Document) -> None:
    """Set the classic members about authentication."""
    own = definition.authentication
    fields["use_keyless"] = not (own and own["enabled"])
    fields["auth_configs"] = {}
    if own:
        sections.extract(own, fields)
    security_requirements.extract(definition, fields)
    schemes = (own or {}).get("securitySchemes") or {}
    lists_requirements = "security_requirements" in fields  # gateways that do not pass over other schemes
    for requirement in requirements(definition):
        names = [name for name in requirement if name in schemes or lists_requirements]
        for name in _in_order(definition, names, schemes):
            _EXTRACT[_kind(definition, name)](definition, name, schemes.get(name), fields)


def fill(definition: OpenApi, fields: Document, codec: OpenApiCodec, *, joins_claims: bool) -> None:
    """Put the classic values into the settings of authentication.

    With `joins_claims` the lists of claims begin with the claim that has a member of its own.
    """
    own = definition.authentication
    if own is None:
        return
    own["enabled"] = not fields["use_keyless"]
    sections.fill(own, fields)
    configs = fields["auth_configs"] or {}
    _fill_token(definition, configs.get("authToken") or NOWHERE, fields, codec)
    of_jwt = (configs.get("jwt") or NOWHERE)["name"]
    for name, settings in (own["securitySchemes"] or {}).items():
        kind = _kind(definition, name)
        if kind == "jwt" and name == of_jwt:
            _fill_jwt(settings, joins_claims=joins_claims)
        elif kind == "oauth2":
            oauth.fill(name, settings, definition.scheme(name), fields)
        elif kind == "basic" and is_zero(settings["extractCredentialsFromBody"]):
            settings["extractCredentialsFromBody"] = None


def _fill_token(definition: OpenApi, token: Document, fields: Document, codec: OpenApiCodec) -> None:
    """Put the places of keys into the settings of their scheme, which it gets if it has none.

    The place in the OpenAPI document is not among them (apidef/oas/security.go:1566 @v5.14.0).
    """
    own = definition.authentication
    name = token["name"]
    if own is None or not name:
        return
    kind = codec.scheme({"type": "apiKey"})
    assert kind is not None
    schemes = own["securitySchemes"] = own["securitySchemes"] or {}
    settings = schemes.setdefault(name, kind.fresh())
    settings["enabled"] = fields["use_standard_auth"]
    place = definition.scheme(name).get("in")
    others = dict(token)
    if place in PLACES:
        member, switch, value = PLACES[place]
        others |= {member: "", switch: not value}
    settings |= filled_places(others)
    if is_zero(settings["signatureValidation"]):
        settings["signatureValidation"] = None
    by_section = bool((own.get("certificateAuth") or {}).get("enabled"))
    settings["enableClientCertificate"] = token["use_certificate"] and not by_section


def _fill_jwt(settings: Document, *, joins_claims: bool) -> None:
    for item in settings.get("jwksURIs") or ():
        item["cacheTimeout"] = durations.written(durations.seconds(item["cacheTimeout"]))
    scopes = settings["scopes"] or {}
    if scopes.get("scopeToPolicyMapping"):
        scopes["scopeToPolicyMapping"].sort(key=lambda item: item["scope"])
    lists = [(scopes, "claimName", "claims")]
    if joins_claims:
        lists += [
            (settings, "identityBaseField", "subjectClaims"),
            (settings, "policyFieldName", "basePolicyClaims"),
        ]
    for holder, single, several in lists:
        if several in holder and holder[single] and (joins_claims or not holder[several]):
            others = [name for name in holder[several] or () if name != holder[single]]
            holder[several] = [holder[single], *others]


def _in_order(definition: OpenApi, names: list[str], schemes: Document) -> Iterator[str]:
    """The schemes of a requirement; of several for keys the first that is enabled, else the first."""
    tokens = [name for name in names if _kind(definition, name) == "apiKey"]
    active = [name for name in tokens if (schemes.get(name) or {}).get("enabled")]
    chosen = [*active, *tokens][:1]
    yield from chosen
    yield from (name for name in names if name not in tokens)


def _kind(definition: OpenApi, name: str) -> str:
    """The kind of a security scheme: apiKey, jwt, basic, oauth2, hmac, oidc, or "" for another."""
    scheme = definition.scheme(name)
    if (
        not scheme
        and name in sections.SECTIONS
        and ((definition.authentication or {}).get(name) or {}).get("enabled")
    ):
        return name
    if scheme.get("type") != "http":
        return str(scheme.get("type", "")) if scheme.get("type") in ("apiKey", "oauth2") else ""
    if _is_jwt(definition, name):
        return "jwt"
    return "basic" if scheme.get("scheme") == "basic" else ""


def _is_jwt(definition: OpenApi, name: str) -> bool:
    scheme = definition.scheme(name)
    form = (scheme.get("type"), scheme.get("scheme"), scheme.get("bearerFormat"))
    return form == ("http", "bearer", "JWT")


def _extract_token(definition: OpenApi, name: str, settings: Document | None, fields: Document) -> None:
    own = definition.authentication or {}
    before = fields["auth_configs"].get("authToken") if "certificateAuth" in own else None
    token_places = places(settings, before or NOWHERE)  # those of several schemes add up since 5.12.0
    if own.get("certificateAuth") is not None:
        token_places["use_certificate"] = fields["auth_configs"]["authToken"]["use_certificate"]
    elif settings and settings["enableClientCertificate"]:
        token_places["use_certificate"] = True
    if settings and settings["signatureValidation"]:
        token_places |= _signature(settings["signatureValidation"])
    fields["use_standard_auth"] = bool(settings and settings["enabled"])
    scheme = definition.scheme(name)
    if scheme.get("in") in PLACES:
        member, switch, value = PLACES[scheme["in"]]
        token_places |= {member: scheme.get("name", ""), switch: value}
    fields["auth_configs"]["authToken"] = token_places | {"name": name}


def _signature(settings: Document) -> Document:
    """The classic members of the signature that an API asks for beside a key."""
    query = settings["query"]
    return {
        "validate_signature": settings["enabled"],
        "signature": {
            "algorithm": settings["algorithm"], "header": settings["header"], "use_param": query["enabled"],
            "param_name": query["name"], "secret": settings["secret"],
            "allowed_clock_skew": settings["allowedClockSkew"], "error_code": settings["errorCode"],
            "error_message": settings["errorMessage"],
        },
    }  # fmt: skip


def _extract_jwt(_: OpenApi, name: str, settings: Document | None, fields: Document) -> None:
    if settings is not None:
        fields["enable_jwt"] = settings["enabled"]
        for member, classic in _OF_JWT.items():
            fields[classic] = settings[member]
        if settings.get("jwksURIs"):
            fields["jwt_jwks_uris"] = [
                {"url": item["url"], "cache_timeout": item["cacheTimeout"]} for item in settings["jwksURIs"]
            ]
        scopes = settings["scopes"] or {"claimName": "", "scopeToPolicyMapping": None}
        fields["scopes"]["jwt"] = sections.scope_mapping(scopes)
    fields["auth_configs"]["jwt"] = places(settings) | {"name": name}


def _extract_basic(_: OpenApi, name: str, settings: Document | None, fields: Document) -> None:
    fields["use_basic_auth"] = bool(settings and settings["enabled"])
    if settings is not None:
        own = settings["extractCredentialsFromBody"] or {}
        fields["basic_auth"] = {
            "disable_caching": settings["disableCaching"], "cache_ttl": settings["cacheTTL"],
            "extract_from_body": own.get("enabled", False), "body_user_regexp": own.get("userRegexp", ""),
            "body_password_regexp": own.get("passwordRegexp", ""),
        }  # fmt: skip
    fields["auth_configs"]["basic"] = places(settings) | {"name": name}


def _ignore(*_: Any) -> None:
    """Do nothing: a gateway ignores a scheme of this kind."""


_EXTRACT: dict[str, Callable[[OpenApi, str, Document | None, Document], None]] = {
    "apiKey": _extract_token, "jwt": _extract_jwt, "basic": _extract_basic, "oauth2": oauth.extract,
    "": _ignore, **dict.fromkeys(sections.SECTIONS, _ignore),
}  # fmt: skip
