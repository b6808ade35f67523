"""The settings of OAuth 2.0, of the gateway's own server and of others, and their classic members.

Source: apidef/oas/security.go:625, :665, :880 and :930 @v5.14.0.
"""

from __future__ import annotations

from typing import Any

from mockserver.gateway.oas.definition import OpenApi, is_zero
from mockserver.gateway.oas.places import filled_places, places
from mockserver.gateway.policy_merging import Document

_FLOWS = {  # of the OpenAPI document, and the classic name of each
    "authorizationCode": "authorization_code", "clientCredentials": "client_credentials",
    "password": "password", "implicit": "__implicit",
}  # fmt: skip
_URLS = {  # of a flow
    "authorizationCode": ("authorizationUrl", "tokenUrl"), "clientCredentials": ("tokenUrl",),
    "password": ("tokenUrl",), "implicit": ("authorizationUrl",),
}  # fmt: skip
_DEFAULTS = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token"}
_JWT = (
    ("enabled", "enabled"), ("signingMethod", "signing_method"), ("source", "source"),
    ("identityBaseField", "identity_base_field"), ("issuedAtValidationSkew", "issued_at_validation_skew"),
    ("notBeforeValidationSkew", "not_before_validation_skew"),
    ("expiresAtValidationSkew", "expires_at_validation_skew"),
)  # fmt: skip
_INTROSPECTION = (
    ("enabled", "enabled"), ("url", "url"), ("clientId", "client_id"), ("clientSecret", "client_secret"),
    ("identityBaseField", "identity_base_field"),
)  # fmt: skip
_CACHE = (("enabled", "enabled"), ("timeout", "timeout"))
_NO_CACHE = {"enabled": False, "timeout": 0}


def extract(definition: OpenApi, name: str, settings: Document | None, fields: Document) -> None:
    """Set the classic members of a scheme of OAuth 2.0."""
    if settings is None or _is_native(settings):
        return
    if _is_external(settings):
        fields["external_oauth"] = {
            "enabled": settings["enabled"],
            "providers": [_classic_provider(provider) for provider in settings["providers"]],
        }
        fields["auth_configs"]["externalOAuth"] = places(settings) | {"name": name}
        return
    fields["use_oauth2"] = settings["enabled"]
    flows = definition.scheme(name).get("flows") or {}
    refresh = ["refresh_token"] if settings["refreshToken"] else []
    fields["oauth_meta"] = {
        "allowed_access_types": refresh + [kind for flow, kind in _FLOWS.items() if flow in flows],
        "allowed_authorize_types": settings["allowedAuthorizeTypes"],
        "auth_login_redirect": settings["authLoginRedirect"],
    }
    notifications = settings["notifications"] or {"sharedSecret": "", "onKeyChangeUrl": ""}
    fields["notifications"] = {
        "shared_secret": notifications["sharedSecret"],
        "oauth_on_keychange_url": notifications["onKeyChangeUrl"],
    }
    fields["auth_configs"]["oauth"] = places(settings) | {"name": name}


def fill(name: str, settings: Document, scheme: Document, fields: Document) -> None:
    """Put the classic values into the settings of a scheme, and complete the flows of the OpenAPI one."""
    configured = fields["auth_configs"] or {}
    if _is_native(settings):
        return
    if _is_external(settings):
        kind, flows = "externalOAuth", {"authorizationCode"}
        settings["providers"] = [_open_provider(provider) for provider in settings["providers"]]
    else:
        kind, access = "oauth", fields["oauth_meta"]["allowed_access_types"] or ()
        flows = {flow for flow, classic in _FLOWS.items() if classic in access}
        if settings["notifications"] and is_zero(settings["notifications"]):
            settings["notifications"] = None
    if configured.get(kind, {}).get("name") == name:
        settings |= filled_places(configured[kind])
        scheme["flows"] = _filled_flows(scheme.get("flows") or {}, flows)


def _is_external(settings: Document) -> bool:
    """True if the settings are those of tokens of other servers."""
    return bool(settings.get("providers"))


def _is_native(settings: Document) -> bool:
    """True if the settings are of the scheme that has no classic form (apidef/oas/oauth2.go:571 @v5.14.0)."""
    return "tokenExchange" in settings


def _filled_flows(own: Document, names: set[str]) -> Document:
    flows = {name: dict(flow) if isinstance(flow, dict) else {} for name, flow in own.items()}
    for name in names:
        flow: Document = flows.setdefault(name, {})
        flow |= {url: flow.get(url) or _DEFAULTS[url] for url in _URLS[name]}
        flow["scopes"] = flow.get("scopes") or {}
    return {name: dict(sorted(flows[name].items())) for name in sorted(flows)}


def _classic(own: Document | None, names: tuple[tuple[str, str], ...], zeros: Document) -> Document:
    return {classic: own[name] if own else zeros[name] for name, classic in names}


def _classic_provider(provider: Document) -> Document:
    jwt, introspection = provider["jwt"], provider["introspection"]
    return {
        "jwt": _classic(jwt, _JWT, _NO_JWT),
        "introspection": _classic(introspection, _INTROSPECTION, _NO_INTROSPECTION)
        | {"cache": _classic((introspection or {}).get("cache"), _CACHE, _NO_CACHE)},
    }


def _open_provider(provider: Document) -> Document:
    """A provider without the parts that have no value."""
    introspection = provider["introspection"]
    if introspection and is_zero(introspection["cache"]):
        introspection = {**introspection, "cache": None}
    return {
        "jwt": None if is_zero(provider["jwt"]) else provider["jwt"],
        "introspection": None if is_zero(introspection) else introspection,
    }


_NO_JWT: dict[str, Any] = (
    {"enabled": False}
    | dict.fromkeys(("signingMethod", "source", "identityBaseField"), "")
    | dict.fromkeys(("issuedAtValidationSkew", "notBeforeValidationSkew", "expiresAtValidationSkew"), 0)
)
_NO_INTROSPECTION: dict[str, Any] = {"enabled": False} | dict.fromkeys(
    ("url", "clientId", "clientSecret", "identityBaseField"), ""
)
