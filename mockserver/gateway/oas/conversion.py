"""The conversion of API definitions between the OpenAPI form and the classic one.

A gateway serves an API by its classic definition, which it derives from the OpenAPI form when that is
written. A read of the OpenAPI form shows the values of the classic one (apidef/oas/oas.go:75 @v5.12.0).
"""

from __future__ import annotations

import copy
from typing import Any

from mockserver.gateway.oas import authentication, durations, operations
from mockserver.gateway.oas.definition import MAPS, OpenApi, is_zero, sorted_members
from mockserver.gateway.policy_merging import Document

_MEMBERS = {  # of the gateway's part, and of the classic definition
    "info.id": "api_id",
    "info.orgId": "org_id",
    "info.name": "name",
    "info.expiration": "expiration",
    "info.state.active": "active",
    "info.state.internal": "internal",
    "info.versioning.enabled": "definition.enabled",
    "info.versioning.name": "definition.name",
    "info.versioning.default": "definition.default",
    "info.versioning.location": "definition.location",
    "info.versioning.key": "definition.key",
    "info.versioning.stripVersioningData": "definition.strip_versioning_data",
    "info.versioning.urlVersioningPattern": "definition.url_versioning_pattern",
    "info.versioning.fallbackToDefault": "definition.fallback_to_default",
    "upstream.url": "proxy.target_url",
    "upstream.preserveHostHeader.enabled": "proxy.preserve_host_header",
    "upstream.preserveTrailingSlash.enabled": "proxy.disable_strip_slash",
    "server.listenPath.value": "proxy.listen_path",
    "server.listenPath.strip": "proxy.strip_listen_path",
    "server.authentication.stripAuthorizationData": "strip_auth_data",
    "server.authentication.baseIdentityProvider": "base_identity_provided_by",
    "server.authentication.custom.enabled": "custom_plugin_auth_enabled",
    "server.batchProcessing.enabled": "enable_batch_request_support",
    "server.clientCertificates.enabled": "use_mutual_tls_auth",
    "middleware.global.skipRateLimit": "disable_rate_limit",
    "middleware.global.skipQuota": "disable_quota",
    "middleware.global.skipQuotaReset": "dont_set_quota_on_create",
}
_KEPT = ("state", "listenPath", *MAPS)  # parts that are not left out
_CONVERTED = ("internal", "rateLimit")  # parts of an operation that are left out if they are zero
_CONSTANTS = {  # of a classic definition that is derived from the OpenAPI form (SetDisabledFlags)
    "upstream_certificates_disabled": True, "certificate_pinning_disabled": True, "tags_disabled": True,
    "custom_middleware_bundle_disabled": True, "config_data_disabled": True,
    "ip_access_control_disabled": True,
}  # fmt: skip


def classic_fields(definition: OpenApi, zero: Document) -> Document:
    """The members of the classic definition; `zero` has them all with zero values, and is changed."""
    part = definition.extension
    assert part is not None
    for name, classic in _MEMBERS.items():
        if (value := _get(part, name)) is not None:
            _set(zero, classic, value)
    if versioning := part["info"]["versioning"]:
        versions = {item["name"]: item["id"] for item in versioning["versions"] or ()}
        zero["definition"]["versions"] = versions or None
    zero["version_data"] = {
        "not_versioned": True,
        "default_version": "",
        "versions": {"": _version(definition)},
    }
    limit = part["upstream"]["rateLimit"] or {"enabled": False, "rate": 0, "per": ""}
    zero["global_rate_limit"] = {
        "disabled": not limit["enabled"], "rate": float(limit["rate"]),
        "per": float(durations.seconds(limit["per"])),
    }  # fmt: skip
    authentication.extract(definition, zero)
    lifetime = (definition.authentication or {}).get("customKeyLifetime")
    if lifetime:
        zero["session_lifetime_respects_key_expiration"] = lifetime["respectValidity"]
        zero["session_lifetime"] = durations.seconds(lifetime["value"]) if lifetime["enabled"] else 0
    zero["is_oas"] = True
    return zero


def _version(definition: OpenApi) -> Document:
    """The only version of an API in OpenAPI form, with the lists of paths that its operations are in."""
    ignores_case = ((definition.extension or {}).get("middleware") or {}).get("global") or {}
    return {
        "name": "", "expires": "", "paths": dict.fromkeys(operations.LISTS.values()),
        "use_extended_paths": True, "extended_paths": operations.extended_paths(definition),
        "ignore_endpoint_case": operations.is_on(ignores_case, "ignoreCase"),
    }  # fmt: skip


def other_members(definition: OpenApi) -> Document:
    """Members of the derived classic definition that the mock writes and does not use."""
    assert definition.extension is not None
    domain = definition.extension["server"]["customDomain"] or {"enabled": False, "name": ""}
    context_variables = ((definition.extension["middleware"] or {}).get("global") or {}).get(
        "contextVariables"
    )
    return {
        "domain": domain["name"],
        "domain_disabled": not domain["enabled"],
        "enable_context_vars": bool(context_variables and context_variables["enabled"]),
        **_CONSTANTS,
    }


def filled(definition: OpenApi, fields: Document, full: Document, *, joins_claims: bool = False) -> OpenApi:
    """The definition as it is read: with the values of the classic one, and without parts that are zero.

    `full` is a gateway's part whose optional parts are all there. A document without components gets empty
    ones (apidef/oas/security.go:1093 @v5.12.0).
    """
    part = _merged(full, copy.deepcopy(definition.extension or {}))
    components = definition.document.get("components") or {}
    document = {**definition.document, "components": components}
    if authentication.is_compliant(definition):
        document["security"] = authentication.own_requirements(definition)
        document = {name: value for name, value in document.items() if value or name != "security"}
    result = OpenApi(sorted_members(document), part)
    for name, classic in _MEMBERS.items():
        _set(part, name, _get(fields, classic))
    versions = fields["definition"]["versions"] or {}
    part["info"]["versioning"]["versions"] = [
        {"name": name, "id": versions[name]} for name in sorted(versions)
    ]
    part["upstream"]["rateLimit"] = _limit(part["upstream"]["rateLimit"], fields["global_rate_limit"])
    authentication.fill(result, fields, joins_claims=joins_claims)
    _drop_zeros(part)
    return result


def _merged(full: Document, part: Document) -> Document:
    """A part, with the members of the full one where it has none."""
    result = full | {name: value for name, value in part.items() if value is not None}
    for name, value in full.items():
        if isinstance(value, dict) and isinstance(result[name], dict) and value is not result[name]:
            result[name] = _merged(value, result[name])
    return result


def _drop_zeros(part: Document) -> None:
    """Leave out all optional parts without a value."""
    server, middleware = part["server"], part["middleware"]
    for setting in (middleware["operations"] or {}).values():
        setting |= {name: None for name in _CONVERTED if is_zero(setting[name])}
    for holder in (
        server["authentication"],
        part["info"],
        part["upstream"],
        server,
        middleware["global"],
        middleware,
    ):
        for name, value in holder.items():
            if isinstance(value, dict) and name not in _KEPT and is_zero(value):
                holder[name] = None
    if is_zero(middleware):
        part["middleware"] = None


def _limit(own: Document, limit: Document) -> Document | None:
    """The limit of all requests to an API."""
    if limit["disabled"] and not limit["rate"] and not limit["per"]:
        return None
    per = (
        own["per"]
        if durations.seconds(own["per"]) == limit["per"] and own["per"]
        else durations.written(int(limit["per"]))
    )
    return {"enabled": not limit["disabled"], "rate": int(limit["rate"]), "per": per}


def _get(document: Any, path: str) -> Any:
    """The value at a dotted path; None if a part on the way is missing."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _set(document: Document, path: str, value: Any) -> None:
    """Set the value at a dotted path, unless a part on the way is missing."""
    *parents, name = path.split(".")
    holder = _get(document, ".".join(parents)) if parents else document
    if isinstance(holder, dict):
        holder[name] = value
