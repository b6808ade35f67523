"""The conversion of API definitions between the OpenAPI form and the classic one.

A gateway serves an API by its classic definition, which it derives from the OpenAPI form when that is
written. A read of the OpenAPI form shows the values of the classic one (apidef/oas/oas.go:75 @v5.12.0).
"""

from __future__ import annotations

import copy
from collections.abc import Container
from typing import Any

from mockserver.gateway.oas import (
    authentication,
    durations,
    error_overrides,
    events,
    operation_readings,
    operations,
    primitives,
    security_requirements,
    upstream,
)
from mockserver.gateway.oas.counterparts import (
    MEMBERS,
    ONE_WAY,
    PLUGINS,
    SWITCHED_OFF,
)
from mockserver.gateway.oas.definition import OpenApi, OpenApiCodec, sorted_members
from mockserver.gateway.oas.operations import header_map
from mockserver.gateway.policy_merging import Document
from mockserver.golang.scalars import GoType
from mockserver.golang.structs import Map, Struct


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
    upstream.extract(part["upstream"], result)
    _extract_middleware((part["middleware"] or {}).get("global") or {}, result)
    result["event_handlers"]["events"] = events.extract(part["server"]["eventHandlers"])
    if "error_overrides" in result:
        result["error_overrides"] = error_overrides.classic(part)
    authentication.extract(definition, result)
    lifetime = (definition.authentication or {}).get("customKeyLifetime")
    if lifetime:
        result["session_lifetime_respects_key_expiration"] = lifetime["respectValidity"]
        result["session_lifetime"] = durations.seconds(lifetime["value"]) if lifetime["enabled"] else 0
    result["is_oas"] = True
    return result


def add_primitives(definition: OpenApi, fields: Document, kind: Struct) -> None:
    """Put the primitives of an MCP proxy into the lists of the classic definition, as loading does."""
    for version in (fields["version_data"]["versions"] or {}).values():
        primitives.extract(definition, version["extended_paths"], _lists_type(kind))


def _lists_type(kind: Struct) -> GoType:
    """The type of the lists of paths of a version, by the type of the classic definition."""
    return _version_type(kind).by_name["extended_paths"].type


def _version_type(kind: Struct) -> Struct:
    """The type of a version, by the type of the classic definition."""
    versions = kind.by_name["version_data"].type
    assert isinstance(versions, Struct)
    of_versions = versions.by_name["versions"].type
    assert isinstance(of_versions, Map)
    assert isinstance(of_versions.element, Struct)
    return of_versions.element


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


def _version(definition: OpenApi, kind: Struct) -> Document:
    """The only version of an API in OpenAPI form."""
    version: Document = _version_type(kind).fresh()
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
    operations.extract(definition, version["extended_paths"], _lists_type(kind))
    return version


def filled(
    definition: OpenApi, fields: Document, codec: OpenApiCodec, behaviours: Container[str] = ()
) -> OpenApi:
    """The definition as it is read: with the values of the classic one, and without parts that are zero.

    A document without components gets empty ones (apidef/oas/security.go:1093 @v5.12.0).
    """
    part = _merged(codec.full_extension(), copy.deepcopy(definition.extension or {}))
    components = definition.document.get("components") or {}
    is_mcp = fields.get("application_protocol") == "mcp"
    document = copy.deepcopy({**definition.document, "components": components})
    result = OpenApi(document, part)
    for name, classic in MEMBERS.items():
        _set(part, name, _get(fields, classic))
    versions = fields["definition"]["versions"] or {}
    part["info"]["versioning"]["versions"] = [
        {"name": name, "id": versions[name]} for name in sorted(versions)
    ]
    upstream.fill(part["upstream"], fields, keeps_idle_targets="idle-targets-are-kept" in behaviours)
    part["server"]["eventHandlers"] = events.filled(fields["event_handlers"]["events"] or {})
    _fill_middleware(part["middleware"]["global"])
    authentication.fill(result, fields, codec, joins_claims="open-api-claims-are-joined" in behaviours)
    security_requirements.fill(result, fields)
    operation_readings.fill(result, codec.empty_operation)
    if is_mcp:
        primitives.fill(result, codec.empty_operation)
    return OpenApi(sorted_members(result.document), codec.without_zeros(part))


def _fill_middleware(own: Document) -> None:
    """Bring the middleware of all paths to the form in which it is read."""
    for name in ("transformRequestHeaders", "transformResponseHeaders"):
        operation_readings.sort_headers(own[name])
    if not own["requestSizeLimit"]["value"]:
        own["requestSizeLimit"] = None


def _merged(full: Document, part: Document) -> Document:
    """A part, with the members of the full one where it has none."""
    result = full | {name: value for name, value in part.items() if value is not None}
    for name, value in full.items():
        if isinstance(value, dict) and isinstance(result[name], dict) and value is not result[name]:
            result[name] = _merged(value, result[name])
    return result


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
