"""The settings of operations in the gateway's part of a definition, by path and method.

A gateway keeps some of them in the lists of paths of the classic definition.
Source: apidef/oas/operation.go:266 and internal/oasutil/paths.go:37 @v5.12.0; recording operations/lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mockserver.gateway.oas import durations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document
from mockserver.golang.structs import Slice, Struct


def is_on(setting: Document, member: str) -> bool:
    """True if a part of some settings is enabled."""
    part: Any = setting.get(member)
    return isinstance(part, dict) and part.get("enabled") is True


def settings(definition: OpenApi) -> dict[str, Document]:
    """The settings of operations by their ids."""
    own = ((definition.extension or {}).get("middleware") or {}).get("operations") or {}
    return {name: setting for name, setting in own.items() if setting is not None}


def by_path(definition: OpenApi) -> Iterator[tuple[str, str, Document, Document]]:
    """The path, the method, the OpenAPI operation and the settings of each operation that has some.

    Paths come in the order in which a gateway tries them: those of more segments, and longer ones, first.
    """
    own, paths = settings(definition), definition.document.get("paths") or {}
    for path in sorted(paths, key=_order):
        for method, operation in paths[path].items() if isinstance(paths[path], dict) else ():
            identifier = operation.get("operationId") if isinstance(operation, dict) else None
            if isinstance(identifier, str) and identifier in own:
                yield path, method.upper(), operation, own[identifier]


def extract(definition: OpenApi, lists: Document, kind: Any) -> None:
    """Put an entry for each setting of an operation into the classic lists, which are of a type."""
    for path, method, _, setting in by_path(definition):
        add_entries(lists, kind, path, method, setting)
    if allowed := lists["white_list"]:  # the only list that is sorted (apidef/oas/operation.go:320 @v5.14.0)
        lists["white_list"] = sorted(allowed, key=lambda entry: (entry["path"], entry["method"]))


def add_entries(lists: Document, kind: Any, path: str, method: str, setting: Document) -> None:
    """Put an entry for each part of a setting into the classic lists, which are of a type."""
    assert isinstance(kind, Struct)
    for member, value in setting.items():
        if value is not None and member in ENTRIES:
            classic, entry = ENTRIES[member]
            of_list = kind.by_name[classic].type
            assert isinstance(of_list, Slice)
            fields = {"path": path, "method": method, **entry(value)}
            lists[classic] = [*(lists[classic] or ()), {**of_list.element.fresh(), **fields}]


def limit_of(limit: Document) -> tuple[float, float]:
    """The requests of a limit, and the seconds that they are for; zeros for values of other types."""
    rate, per = limit.get("rate"), limit.get("per")
    if not isinstance(rate, int | float) or not isinstance(per, str):
        return 0.0, 0.0
    return float(rate), float(durations.seconds(per))


def _order(path: str) -> tuple[int, int, str, int, int]:
    """The sort key of a path: without its parameters, then paths with fewer of them."""
    fixed = re.sub(r"\{[^}]+\}", "", path)
    return -fixed.count("/"), -len(fixed), fixed, path.count("/"), len(path)


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
    rate, per = limit_of(value)
    return _switch(value) | {"rate": rate, "per": per}


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
            for trigger in filter(None, value["triggers"] or ())
        ] or None,
    }  # fmt: skip


def _options(rules: Any) -> Document:
    options: Document = {name: {} for name in _RULES.values()}
    options["payload_matches"] = {"match_rx": "", "reverse": False}
    for rule in filter(None, rules):
        match = {"match_rx": rule["pattern"], "reverse": rule["negate"]}
        if rule["in"] in _RULES:
            options[_RULES[rule["in"]]][rule["name"]] = match
        else:
            options["payload_matches"] = match
    return options


ENTRIES: dict[str, tuple[str, Callable[[Any], Document]]] = {
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
