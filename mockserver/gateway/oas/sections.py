"""The sections of the gateway's part about ways of authentication that OpenAPI does not know.

Source: CertificateAuth, HMAC and OIDC in apidef/oas/authentication.go:127 and :620 @v5.12.0.
"""

from __future__ import annotations

from typing import Any

from mockserver.gateway.oas.places import NOWHERE, filled_places, places
from mockserver.gateway.policy_merging import Document

SECTIONS = ("hmac", "oidc")
_EXTRACTOR = (  # members of the finder of the identity, in the order of their classic names
    ("headerName", "header_name"), ("formParamName", "param_name"), ("regexp", "regex_expression"),
    ("regexpMatchIndex", "regex_match_index"), ("xPathExp", "xpath_expression"),
)  # fmt: skip


def extract(own: Document, fields: Document) -> None:
    """Set the classic members of the sections that there are."""
    if hmac := own["hmac"]:
        fields["auth_configs"]["hmac"] = places(hmac)
        fields["enable_signature_checking"] = hmac["enabled"]
        fields["hmac_allowed_algorithms"] = hmac["allowedAlgorithms"]
        fields["hmac_allowed_clock_skew"] = hmac["allowedClockSkew"]
    if certificates := own.get("certificateAuth"):
        found = {**NOWHERE, "disable_header": False, "use_certificate": certificates["enabled"]}
        fields["auth_configs"]["authToken"] = found
    if oidc := own["oidc"]:
        fields["auth_configs"]["oidc"] = places(oidc)
        fields["use_openid"] = oidc["enabled"]
        fields["openid_options"] = {
            "providers": [_classic_provider(provider) for provider in oidc["providers"] or ()],
            "segregate_by_client": oidc["segregateByClientId"],
        }
        if oidc["scopes"]:
            fields["scopes"]["oidc"] = scope_mapping(oidc["scopes"])
    if custom := own["custom"]:
        _extract_custom(custom, fields)


def fill(own: Document, fields: Document) -> None:
    """Put the classic values into the sections."""
    configured = fields["auth_configs"] or {}
    if "hmac" in configured:
        own["hmac"] |= filled_places(configured["hmac"]) | {
            "enabled": fields["enable_signature_checking"],
            "allowedAlgorithms": fields["hmac_allowed_algorithms"],
            "allowedClockSkew": fields["hmac_allowed_clock_skew"],
        }
    if "oidc" in configured:
        options, scopes = fields["openid_options"], fields["scopes"]["oidc"]
        own["oidc"] |= filled_places(configured["oidc"]) | {
            "enabled": fields["use_openid"],
            "segregateByClientId": options["segregate_by_client"],
            "providers": [_open_provider(provider) for provider in options["providers"] or ()],
            "scopes": _filled_scopes(own["oidc"]["scopes"], scopes),
        }


def scope_mapping(scopes: Document) -> Document:
    """The classic form of the policies of scopes."""
    mapping = {item["scope"]: item["policyId"] for item in scopes["scopeToPolicyMapping"] or ()}
    return {"scope_claim_name": scopes["claimName"], "scope_to_policy": mapping}


def _filled_scopes(scopes: Document, classic: Document) -> Document | None:
    name, mapping = classic["scope_claim_name"], classic["scope_to_policy"] or {}
    items: list[Any] = [{"scope": scope, "policyId": mapping[scope]} for scope in sorted(mapping)]
    filled = scopes | {"claimName": name, "scopeToPolicyMapping": items}
    if "claims" in scopes and name and not scopes["claims"]:
        filled["claims"] = [name]
    return filled if any(filled.values()) else None


def _classic_provider(provider: Document) -> Document:
    clients = {item["clientId"]: item["policyId"] for item in provider["clientToPolicyMapping"] or ()}
    return {"issuer": provider["issuer"], "client_ids": clients}


def _open_provider(provider: Document) -> Document:
    clients = provider["client_ids"] or {}
    mapping = [{"clientId": client, "policyId": clients[client]} for client in sorted(clients)]
    return {"issuer": provider["issuer"], "clientToPolicyMapping": mapping}


def _extract_custom(custom: Document, fields: Document) -> None:
    """Set the classic members of a plugin of one's own (apidef/oas/authentication.go:939 @v5.14.0)."""
    middleware, config = fields["custom_middleware"], custom["config"] or {}
    middleware["auth_check"] = {
        "disabled": not config.get("enabled"), "name": config.get("functionName", ""),
        "path": config.get("path", ""), "require_session": config.get("requireSession", False),
        "raw_body_only": config.get("rawBodyOnly", False),
    }  # fmt: skip
    extractor = config.get("idExtractor") or {}
    settings = extractor.get("config") or {}
    middleware["id_extractor"] = {
        "disabled": not extractor.get("enabled"), "extract_from": extractor.get("source", ""),
        "extract_with": extractor.get("with", ""),
        "extractor_config": {
            classic: settings[name] for name, classic in _EXTRACTOR if settings.get(name)
        } or None,
    }  # fmt: skip
    if (found := places(custom)) != NOWHERE:
        fields["auth_configs"]["coprocess"] = found
