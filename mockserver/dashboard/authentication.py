"""The ways of authentication of APIs, from which policies derive `auth_type` and `auth_types`.

Source: SDK util/auth_type.go; the values that exports of real Dashboards have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.dashboard.documents import member_at, object_at, text_of

KEYLESS, MULTIPLE, NONE = "keyless", "multiAuth", "other"
_CLASSIC = {  # by the switch of a classic definition, in the order of `auth_types`
    "use_standard_auth": "authToken",
    "enable_jwt": "jwt",
    "use_oauth2": "oauth",
    "use_basic_auth": "ba",
    "enable_signature_checking": "hmac",
    "use_openid": "openid",
    "use_mutual_tls_auth": "mutualTLS",
    "enable_coprocess_auth": "custom",
    "use_go_plugin_auth": "custom",
    "external_oauth.enabled": "externalOAuth",
}
_OPENAPI = {  # by the type of a security scheme of an OpenAPI definition
    "apiKey": "authToken",
    "oauth2": "oauth",
    "http basic": "ba",
    "http bearer": "jwt",
    "openIdConnect": "openid",
    "mutualTLS": "mutualTLS",
}


def of_classic(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """The ways of authentication of a classic API definition; ("keyless",) if it asks for no key."""
    if definition.get("use_keyless"):
        return (KEYLESS,)
    return tuple(dict.fromkeys(way for switch, way in _CLASSIC.items() if member_at(definition, switch)))


def of_openapi(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """The ways of authentication of an OpenAPI definition with Tyk's extension.

    A scheme counts if the extension enables it. Without an authentication in the extension an API is keyless.
    """
    authentication = object_at(definition, "x-tyk-api-gateway.server.authentication")
    if not authentication.get("enabled"):
        return (KEYLESS,)
    declared = object_at(definition, "components.securitySchemes")
    ways = []
    for name, scheme in object_at(authentication, "securitySchemes").items():
        if isinstance(scheme, dict) and scheme.get("enabled"):
            kind = declared.get(name)
            texts = (text_of(kind, "type"), text_of(kind, "scheme").lower()) if isinstance(kind, dict) else ()
            ways.append(_OPENAPI.get(" ".join(filter(None, texts)), "authToken"))
    for member, way in (("hmac", "hmac"), ("oidc", "openid"), ("custom", "custom")):
        if member_at(authentication, f"{member}.enabled"):
            ways.append(way)
    return tuple(dict.fromkeys(ways))


def combined(apis: Iterable[tuple[str, ...]]) -> tuple[str, list[str]]:
    """The `auth_type` and the `auth_types` of a policy, from the ways of authentication of its APIs."""
    ways = list(dict.fromkeys(way for api in apis for way in api))
    if KEYLESS in ways:
        return KEYLESS, ways
    if len(ways) > 1:
        return MULTIPLE, ways
    return (ways[0] if ways else NONE), ways
