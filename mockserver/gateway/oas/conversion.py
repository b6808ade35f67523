"""The conversion of API definitions between the OpenAPI form and the classic one.

A gateway serves an API by its classic definition, which it derives from the OpenAPI form when that is
written. A read of the OpenAPI form shows the values of the classic one (apidef/oas/oas.go:75 @v5.12.0).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from mockserver.gateway.oas import authentication, durations, operations, read_paths, requirements
from mockserver.gateway.oas.counterparts import (
    DISCOVERY,
    MEMBERS,
    ONE_WAY,
    PLUGINS,
    SWITCHED_OFF,
    TLS,
)
from mockserver.gateway.oas.definition import OpenApi, OpenApiCodec, is_zero, sorted_members
from mockserver.gateway.oas.operations import header_map
from mockserver.gateway.oas.read_paths import Entry
from mockserver.gateway.policy_merging import Document
from mockserver.golang.structs import Map, Struct

_CONVERTED = ("internal", "rateLimit")  # parts of an operation that are left out if they are zero


def classic_fields(definition: OpenApi, kind: Struct) -> Document:
    """The members of the classic definition; `kind` is its type."""
    part = definition.extension
    assert part is not None
    result: Document = kind.fresh()
    for name, classic in (MEMBERS | ONE_WAY).items():
        if (value := _get(part, name)) is not None:
            _set(result, classic, value)
    for name, classic in SWITCHED_OFF.items():
        _set(result, classic, not _get(part, name))
    if versioning := part["info"]["versioning"]:
        versions = {item["name"]: item["id"] for item in versioning["versions"] or ()}
        result["definition"]["versions"] = versions or None
    result["version_data"] |= {"not_versioned": True, "versions": {"": _version(definition, kind)}}
    limit = part["upstream"]["rateLimit"] or {"enabled": False, "rate": 0, "per": "0s"}
    result["global_rate_limit"] = {
        "disabled": not limit["enabled"], "rate": float(limit["rate"]),
        "per": float(durations.seconds(limit["per"])),
    }  # fmt: skip
    _extract_upstream(part["upstream"], result)
    _extract_middleware((part["middleware"] or {}).get("global") or {}, result)
    result["event_handlers"]["events"] = {}
    authentication.extract(definition, result)
    requirements.extract(definition, result)
    lifetime = (definition.authentication or {}).get("customKeyLifetime")
    if lifetime:
        result["session_lifetime_respects_key_expiration"] = lifetime["respectValidity"]
        result["session_lifetime"] = durations.seconds(lifetime["value"]) if lifetime["enabled"] else 0
    result["is_oas"] = True
    return result


def _extract_upstream(upstream: Document, result: Document) -> None:
    proxy, tests = result["proxy"], result["uptime_tests"]
    own_tests = upstream["uptimeTests"] or {}
    _extract_discovery(upstream["serviceDiscovery"] or {}, proxy["service_discovery"])
    _extract_discovery(own_tests.get("serviceDiscovery") or {}, tests["config"]["service_discovery"])
    tests["config"]["expire_utime_after"] = durations.seconds(own_tests.get("logRetentionPeriod", "0s"))
    tests["config"]["recheck_wait"] = durations.seconds(own_tests.get("hostDownRetestPeriod", "0s"))
    mapping = (upstream["mutualTLS"] or {}).get("domainToCertificateMapping") or ()
    result["upstream_certificates"] = {item["domain"]: item["certificate"] for item in mapping} or None
    pins = (upstream["certificatePinning"] or {}).get("domainToPublicKeysMapping") or ()
    result["pinned_public_keys"] = {
        item["domain"]: ",".join(item["publicKeys"] or ()) for item in pins
    } or None
    balancing = upstream["loadBalancing"] or {}
    if balancing.get("targets"):
        proxy["enable_load_balancing"] = balancing["enabled"]
        proxy["check_host_against_uptime_tests"] = balancing["skipUnavailableHosts"]
        proxy["target_list"] = [
            target["url"] for target in balancing["targets"] for _ in range(target["weight"])
        ]
    transport = upstream["tlsTransport"] or {}
    for name, classic in (("minVersion", "ssl_min_version"), ("maxVersion", "ssl_max_version")):
        proxy["transport"][classic] = TLS.get(transport.get(name, ""), 0)


def _extract_discovery(own: Document, result: Document) -> None:
    for name, classic in DISCOVERY:
        if name in own:
            result[classic] = own[name]
    cache = own.get("cache") or {
        "enabled": own.get("cacheTimeout", 0) > 0,
        "timeout": own.get("cacheTimeout", 0),
    }
    result["cache_timeout"] = cache["timeout"]
    result["cache_disabled"] = not (own.get("enabled") and cache["enabled"])


def _extract_middleware(own: Document, result: Document) -> None:
    custom = result["custom_middleware"]
    custom["auth_check"]["disabled"] = custom["id_extractor"]["disabled"] = True
    for name, classic in PLUGINS.items():
        if (plugins := own.get(name)) is not None:
            custom[classic] = [
                {
                    "disabled": not plugin["enabled"], "name": plugin["functionName"],
                    "path": plugin["path"], "require_session": plugin["requireSession"],
                    "raw_body_only": plugin["rawBodyOnly"],
                }
                for plugin in plugins
            ]  # fmt: skip
    logs = own.get("trafficLogs") or {}
    result["expire_analytics_after"] = durations.seconds(logs.get("customRetentionPeriod", "0s"))
    if plugins := logs.get("plugins"):
        result["analytics_plugin"] = {
            "enable": plugins[0]["enabled"], "func_name": plugins[0]["functionName"],
            "plugin_path": plugins[0]["path"],
        }  # fmt: skip


def extract_entries(entries: Iterable[Entry], fields: Document, kind: Struct) -> None:
    """Put entries into the lists of paths of each version in a classic definition, which is of a type."""
    lists, listed = _type_of_version(kind).by_name["extended_paths"].type, [*entries]
    for version in (fields["version_data"]["versions"] or {}).values():
        operations.extract(listed, version["extended_paths"], lists)


def _type_of_version(kind: Struct) -> Struct:
    versions = kind.by_name["version_data"].type
    assert isinstance(versions, Struct)
    of_versions = versions.by_name["versions"].type
    assert isinstance(of_versions, Map)
    assert isinstance(of_versions.element, Struct)
    return of_versions.element


def _version(definition: OpenApi, kind: Struct) -> Document:
    """The only version of an API in OpenAPI form."""
    of_version = _type_of_version(kind)
    version: Document = of_version.fresh()
    extension = definition.extension
    assert extension is not None
    own = (extension["middleware"] or {}).get("global") or {}
    for name, classic in (("transformRequestHeaders", ""), ("transformResponseHeaders", "response_")):
        headers = own.get(name) or {"enabled": False, "add": None, "remove": None}
        version[f"global_{classic}headers"] = header_map(headers)
        version[f"global_{classic}headers_remove"] = headers["remove"]
        version[f"global_{classic}headers_disabled"] = not headers["enabled"]
    size = own.get("requestSizeLimit") or {"enabled": False, "value": 0}
    version["global_size_limit"] = size["value"]
    version["global_size_limit_disabled"] = not (size["enabled"] and size["value"])
    version["ignore_endpoint_case"] = bool((own.get("ignoreCase") or {}).get("enabled"))
    if "global_enforce_timeout" in version:
        timeout = extension["upstream"]["enforceTimeout"] or {"enabled": False, "duration": "0s"}
        version["global_enforce_timeout"] = timeout["duration"]
        version["global_enforce_timeout_disabled"] = not timeout["enabled"]
    version["use_extended_paths"] = True
    lists = of_version.by_name["extended_paths"].type
    operations.extract(operations.entries(definition), version["extended_paths"], lists)
    return version


def filled(
    definition: OpenApi,
    fields: Document,
    codec: OpenApiCodec,
    entries: Iterable[Entry] = (),
    *,
    joins_claims: bool = False,
) -> OpenApi:
    """The definition as it is read: with the values of the classic one, and without parts that are zero.

    `entries` are those in its classic lists besides the entries of its operations.
    A document without components gets empty ones (apidef/oas/security.go:1093 @v5.12.0).
    """
    part = _merged(codec.full_extension(), copy.deepcopy(definition.extension or {}))
    components = definition.document.get("components") or {}
    document = {**definition.document, "components": components}
    own_settings = part["middleware"]["operations"] = part["middleware"]["operations"] or {}
    own_entries = [*operations.entries(definition), *entries]
    read_paths.fill(document, own_settings, own_entries, codec.empty_operation)
    result = OpenApi(sorted_members(document), part)
    for name, classic in MEMBERS.items():
        _set(part, name, _get(fields, classic))
    versions = fields["definition"]["versions"] or {}
    part["info"]["versioning"]["versions"] = [
        {"name": name, "id": versions[name]} for name in sorted(versions)
    ]
    part["upstream"]["rateLimit"] = _limit(part["upstream"]["rateLimit"], fields["global_rate_limit"])
    authentication.fill(result, fields, codec, joins_claims=joins_claims)
    requirements.fill(result, fields)
    for setting in filter(None, (part["middleware"]["operations"] or {}).values()):
        setting |= {name: None for name in _CONVERTED if is_zero(setting[name])}
    return OpenApi(sorted_members(result.document), codec.without_zeros(part))


def _merged(full: Document, part: Document) -> Document:
    """A part, with the members of the full one where it has none."""
    result = full | {name: value for name, value in part.items() if value is not None}
    for name, value in full.items():
        if isinstance(value, dict) and isinstance(result[name], dict) and value is not result[name]:
            result[name] = _merged(value, result[name])
    return result


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
