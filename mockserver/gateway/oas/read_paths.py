"""The operations that a read of a definition in OpenAPI form shows for the classic lists of paths.

A gateway looks for the path of each entry after it has put parameters in place of what is no plain segment;
if there is none, it adds one.
Source: apidef/oas/operation.go:185 and :681 @v5.14.0; recording oas/read-paths.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any

from mockserver.gateway.policy_merging import Document

Entry = tuple[str, str, str, Any]  # the member of an operation, path, method and value of an entry
_ORDER = (
    "allow", "block", "ignoreAuthentication", "transformRequestMethod", "transformRequestBody",
    "transformResponseBody", "transformRequestHeaders", "transformResponseHeaders", "urlRewrite", "internal",
    "cache", "enforceTimeout", "virtualEndpoint", "postPlugins", "circuitBreaker", "trackEndpoint",
    "doNotTrackEndpoint", "requestSizeLimit", "rateLimit",
)  # fmt: skip
_PLAIN = re.compile(r"[a-zA-Z0-9._-]+")
_IS_TEMPLATE = re.compile(r"\{.*\}", re.DOTALL)
_REFERENCE = "#/components/parameters/"


def fill(
    document: Document, settings: Document, entries: Iterable[Entry], empty: Callable[[], Document]
) -> None:
    """Add the operations of entries to the paths of a document, and their values to the settings.

    `settings` has the settings of operations by their ids, `empty` makes new ones.
    """
    paths = document["paths"] = copy.deepcopy(document.get("paths") or {})
    parameters = (document.get("components") or {}).get("parameters") or {}
    for member, path, method, value in sorted(entries, key=lambda entry: _ORDER.index(entry[0])):
        identifier = _operation(paths, path, method, parameters)
        settings.setdefault(identifier, empty())[member] = copy.deepcopy(value)


def _operation(paths: Document, path: str, method: str, parameters: Document) -> str:
    """The id of the operation that an entry is for, which is added if there is none."""
    segments = [_segment(text) for text in path.strip("/").split("/")] if path.strip("/") else []
    named = _numbered(segments)
    if any(name for name, _ in named):
        texts = (f"{{{name}}}" if name else text for name, text in named)
        item = paths.setdefault("/" + "/".join(texts) + ("/" if path.endswith("/") else ""), {})
        _add_parameters(item, named, parameters)
    else:
        item = paths.setdefault(path, {})
    operation = item.setdefault(method.lower(), {"responses": {"default": {"description": ""}}})
    return str(operation.setdefault("operationId", path.removeprefix("/") + method))


def _segment(text: str) -> tuple[str | None, str]:
    """The name of the parameter that a segment stands for, and its pattern; None for a plain segment."""
    if _IS_TEMPLATE.fullmatch(text):
        name, colon, _ = text.strip("{}").partition(":")
        return (name if colon or _PLAIN.fullmatch(name) else ""), ""
    return (None, text) if _PLAIN.fullmatch(text) else ("", text)


def _numbered(segments: list[tuple[str | None, str]]) -> list[tuple[str, str]]:
    """The segments with a name for each parameter without one, and "" for the plain ones."""
    result, count = [], 0
    for name, text in segments:
        count += name == ""
        result.append(("" if name is None else name or f"customRegex{count}", text))
    return result


def _add_parameters(item: Document, named: list[tuple[str, str]], parameters: Document) -> None:
    """Add the parameters that the path item lacks."""
    listed = item.get("parameters") or []
    known = {resolved(parameter, parameters).get("name") for parameter in listed}
    added = [
        {"in": "path", "name": name, "required": True, "schema": schema}
        for name, text in named
        if name and name not in known
        for schema in ([{"pattern": text, "type": "string"}] if text else [{"type": "string"}])
    ]
    if added:
        item["parameters"] = [*listed, *added]


def resolved(parameter: Document, shared: Document) -> Document:
    """A parameter, or what it refers to among the shared parameters of the document."""
    reference = str(parameter.get("$ref", ""))
    if not reference.startswith(_REFERENCE):
        return parameter
    return shared.get(reference.removeprefix(_REFERENCE)) or {}
