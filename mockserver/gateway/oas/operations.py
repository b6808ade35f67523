"""The settings of operations of an API in OpenAPI form, and the classic lists of paths that they make.

Source: apidef/oas/operation.go:254 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.gateway.oas import durations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document
from mockserver.golang.structs import Slice, Struct

METHODS = ("connect", "delete", "get", "head", "options", "patch", "post", "put", "trace")


def extract(definition: OpenApi, lists: Document, kind: Any) -> None:
    """Put an entry for each setting of an operation into the classic lists, which are of a type."""
    assert isinstance(kind, Struct)
    extension = definition.extension
    assert extension is not None
    settings = (extension["middleware"] or {}).get("operations") or {}
    for path, method, name in _operations(definition):
        for member, value in (settings.get(name) or {}).items():
            if value is not None and member in _ENTRIES:
                classic, entry = _ENTRIES[member]
                of_list = kind.by_name[classic].type
                assert isinstance(of_list, Slice)
                fields = {"path": path, "method": method.upper(), **entry(value)}
                lists[classic] = [*(lists[classic] or ()), {**of_list.element.fresh(), **fields}]


def _operations(definition: OpenApi) -> Iterator[tuple[str, str, str]]:
    """Path, method and id of each operation; longer paths first (internal/oasutil/paths.go @v5.12.0)."""
    paths = definition.document.get("paths") or {}
    for path in sorted(paths, key=lambda path: (-len(path), path)):
        for method in METHODS:
            operation = (paths[path] or {}).get(method)
            if isinstance(operation, dict) and operation.get("operationId"):
                yield path, method, operation["operationId"]


def header_map(headers: Document) -> Document:
    """The headers that a transformation adds, by their names."""
    return {header["name"]: header["value"] for header in headers["add"] or ()}


def _switch(value: Document) -> Document:
    return {"disabled": not value["enabled"]}


def _allowance(value: Document) -> Document:
    return _switch(value) | {"ignore_case": value["ignoreCase"]}


def _method(value: Document) -> Document:
    return _switch(value) | {"to_method": value["toMethod"]}


def _headers(value: Document) -> Document:
    return _switch(value) | {"delete_headers": value["remove"], "add_headers": header_map(value)}


def _cache(value: Document) -> Document:
    return _switch(value) | {
        "cache_key_regex": value["cacheByRegex"], "cache_response_codes": value["cacheResponseCodes"],
        "timeout": value["timeout"],
    }  # fmt: skip


def _timeout(value: Document) -> Document:
    if (duration := value.get("duration", "0s")) != "0s":
        return _switch(value) | {"timeout": durations.seconds_up(duration), "duration": duration}
    return _switch(value) | {"timeout": value["value"]}


def _body(value: Document) -> Document:
    source = ("blob", value["body"]) if value["body"] else ("file", value["path"])
    data = {
        "input_type": value["format"], "template_mode": source[0], "enable_session": True,
        "template_source": source[1],
    }  # fmt: skip
    return _switch(value) | {"template_data": data}


def _size(value: Document) -> Document:
    return _switch(value) | {"size_limit": value["value"]}


def _rate(value: Document) -> Document:
    return _switch(value) | {"rate": float(value["rate"]), "per": float(durations.seconds(value["per"]))}


def _breaker(value: Document) -> Document:
    return _switch(value) | {
        "threshold_percent": value["threshold"], "samples": value["sampleSize"],
        "return_to_service_after": value["coolDownPeriod"],
        "disable_half_open_state": not value["halfOpenStateEnabled"],
    }  # fmt: skip


def _virtual(value: Document) -> Document:
    source = ("blob", value["body"]) if value["body"] else ("file", value["path"])
    return _switch(value) | {
        "response_function_name": value["functionName"] or value["name"],
        "function_source_type": source[0], "function_source_uri": source[1],
        "use_session": value["requireSession"], "proxy_on_error": value["proxyOnError"],
    }  # fmt: skip


def _plugin(value: list[Document]) -> Document:
    if not value:
        return {}
    first = value[0]
    return _switch(first) | {
        "plugin_path": first["path"], "func_name": first["functionName"] or first["name"],
    }  # fmt: skip


_RULES = {
    "query": "query_val_matches", "path": "path_part_matches", "header": "header_matches",
    "sessionMetadata": "session_meta_matches", "requestContext": "request_context_matches",
}  # fmt: skip


def _rewrite(value: Document) -> Document:
    return _switch(value) | {
        "match_pattern": value["pattern"], "rewrite_to": value["rewriteTo"],
        "triggers": [
            {
                "on": trigger["condition"], "options": _options(trigger["rules"] or ()),
                "rewrite_to": trigger["rewriteTo"],
            }
            for trigger in value["triggers"] or ()
        ] or None,
    }  # fmt: skip


def _options(rules: Any) -> Document:
    options: Document = {name: {} for name in _RULES.values()}
    options["payload_matches"] = {"match_rx": "", "reverse": False}
    for rule in rules:
        match = {"match_rx": rule["pattern"], "reverse": rule["negate"]}
        if rule["in"] in _RULES:
            options[_RULES[rule["in"]]][rule["name"]] = match
        else:
            options["payload_matches"] = match
    return options


_ENTRIES: dict[str, tuple[str, Callable[[Any], Document]]] = {
    "allow": ("white_list", _allowance),
    "block": ("black_list", _allowance),
    "ignoreAuthentication": ("ignored", _allowance),
    "internal": ("internal", _switch),
    "transformRequestMethod": ("method_transforms", _method),
    "transformRequestBody": ("transform", _body),
    "transformResponseBody": ("transform_response", _body),
    "transformRequestHeaders": ("transform_headers", _headers),
    "transformResponseHeaders": ("transform_response_headers", _headers),
    "urlRewrite": ("url_rewrites", _rewrite),
    "cache": ("advance_cache_config", _cache),
    "enforceTimeout": ("hard_timeouts", _timeout),
    "virtualEndpoint": ("virtual", _virtual),
    "postPlugins": ("go_plugin", _plugin),
    "circuitBreaker": ("circuit_breakers", _breaker),
    "trackEndpoint": ("track_endpoints", _switch),
    "doNotTrackEndpoint": ("do_not_track_endpoints", _switch),
    "requestSizeLimit": ("size_limits", _size),
    "rateLimit": ("rate_limit", _rate),
}
