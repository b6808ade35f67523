"""The settings of operations and of the primitives of MCP proxies, as definitions in OpenAPI form are read.

A gateway reads them from the lists of paths of the classic definition. A path with a segment that is
neither a name nor a parameter has another item there, with a parameter in place of the segment.
Source: apidef/oas/operation.go:600 and gateway/api_definition.go:1863 @v5.14.0.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mockserver.gateway.oas import durations, operations
from mockserver.gateway.oas.definition import OpenApi, is_zero, resolved
from mockserver.gateway.oas.operations import ENTRIES, header_map
from mockserver.gateway.policy_merging import Document

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_ALLOWANCES = {"allow", "block", "ignoreAuthentication"}  # which are read although they are zero


def header_list(headers: Document | None) -> list[Document]:
    """The headers of a map in the order of their names."""
    return [{"name": name, "value": value} for name, value in sorted((headers or {}).items())]


def fill(definition: OpenApi, empty: Callable[[], Document]) -> None:
    """Bring the settings to the form in which they are read; `empty` returns those of a new operation."""
    for path, method, _, setting in [*operations.by_path(definition)]:
        if not _read_parts(setting):
            continue
        if _Template.of(path).path == path:
            _add_item(definition, path)
            _fill(setting, _read_parts(setting))
        else:
            add(definition, path, method, setting, empty)
            for part in filter(None, (setting["virtualEndpoint"], *(setting["postPlugins"] or ()))):
                if not part["functionName"]:
                    _fill_name(part)


def add(
    definition: OpenApi, path: str, method: str, setting: Document, empty: Callable[[], Document]
) -> None:
    """Add a setting, as it is read, to the operation at a path, which the document may lack."""
    item = _add_item(definition, path)
    operation = item.setdefault(method.lower(), {"responses": {"default": {"description": ""}}})
    name = operation.setdefault("operationId", path.removeprefix("/") + method)
    assert definition.extension is not None
    middleware = definition.extension["middleware"]
    middleware["operations"] = settings = middleware["operations"] or {}
    target = settings.setdefault(name, empty())
    parts = copy.deepcopy(_read_parts(setting))
    for member in _SOURCES & parts.keys():  # of which only the one that is used replaces an earlier one
        unused = "path" if parts[member]["body"] else "body"
        parts[member][unused] = (target[member] or {}).get(unused, "")
    if "postPlugins" in parts:
        parts["postPlugins"] = parts["postPlugins"][:1]
    _fill(target, parts)


_SOURCES = {"transformRequestBody", "transformResponseBody", "virtualEndpoint"}


def _read_parts(setting: Document) -> Document:
    """The parts of a setting that have entries in the classic lists."""
    return {name: setting[name] for name in ENTRIES if setting.get(name) is not None}


def _fill(setting: Document, parts: Document) -> None:
    for name, part in parts.items():
        if name in _FILLED:
            _FILLED[name](part)
        setting[name] = None if is_zero(part) and name not in _ALLOWANCES else part


def _add_item(definition: OpenApi, path: str) -> Document:
    """The item of a path, which is added if the document lacks it, with all parameters of the path."""
    template = _Template.of(path)
    item: Document = definition.document["paths"].setdefault(template.path, {})
    own = item.get("parameters") or []
    shared = (definition.document.get("components") or {}).get("parameters") or {}
    named = {resolved(parameter, shared).get("name") for parameter in own if isinstance(parameter, dict)}
    if added := [parameter for parameter in template.parameters if parameter["name"] not in named]:
        item["parameters"] = [*own, *added]
    return item


@dataclass(frozen=True)
class _Template:
    """A path as the document has it, and the parameters of its item."""

    path: str
    parameters: list[Document]

    @classmethod
    def of(cls, path: str) -> _Template:
        """The template of a path of a setting."""
        segments: list[str] = []
        parameters: list[Document] = []
        unnamed = 0
        for segment in path.strip("/").split("/") if path.strip("/") else ():
            in_braces = segment.startswith("{") and segment.endswith("}")
            text = segment.strip("{}") if in_braces else segment
            name, colon, _ = text.partition(":")
            if not in_braces and _NAME.fullmatch(text):
                segments.append(segment)
                continue
            if not in_braces or not (colon or _NAME.fullmatch(text)):
                unnamed += 1
                name = f"customRegex{unnamed}"
            has_pattern = segment and not in_braces
            schema = {"pattern": segment, "type": "string"} if has_pattern else {"type": "string"}
            segments.append(f"{{{name}}}")
            parameters.append({"in": "path", "name": name, "required": True, "schema": schema})
        end = "/" if path.endswith("/") else ""
        is_plain = not parameters
        return cls(path if is_plain else f"/{'/'.join(segments)}{end}", parameters)


def _fill_timeout(value: Document) -> None:
    if (duration := value.get("duration", "0s")) != "0s":
        value["value"] = durations.seconds_up(duration)


def sort_headers(value: Document) -> None:
    """Sort the headers that a transformation adds."""
    value["add"] = header_list(header_map(value)) or None


def _fill_name(value: Document) -> None:
    """Put the name into the member of the function if that is empty."""
    value |= {"functionName": value["functionName"] or value["name"], "name": ""}


def _fill_plugins(value: list[Document]) -> None:
    for plugin in value[:1]:
        _fill_name(plugin)


def _fill_rewrite(value: Document) -> None:
    """Sort the rules, and leave out those without an expression, and triggers without rules."""
    for trigger in value["triggers"] or ():
        rules = [rule for rule in trigger["rules"] or () if rule["pattern"] or rule["negate"]]
        for rule in rules:
            rule["name"] = "" if rule["in"] == "requestBody" else rule["name"]
        trigger["rules"] = sorted(rules, key=lambda rule: (_INPUTS.index(rule["in"]), rule["name"]))
    value["triggers"] = [trigger for trigger in value["triggers"] or () if trigger["rules"]] or None


_INPUTS = ("query", "path", "header", "sessionMetadata", "requestBody", "requestContext")  # in their order
_FILLED: dict[str, Callable[[Any], None]] = {
    "enforceTimeout": _fill_timeout,
    "virtualEndpoint": _fill_name,
    "postPlugins": _fill_plugins,
    "urlRewrite": _fill_rewrite,
    "transformRequestHeaders": sort_headers,
    "transformResponseHeaders": sort_headers,
}
