"""The refusals of paths in OpenAPI documents that a JSON schema cannot say.

Source: openapi3/paths.go of kin-openapi, the library of the gateway (Validate); recording oas/path-checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.gateway.oas.definition import METHODS, resolved
from mockserver.gateway.policy_merging import Document
from mockserver.golang import json_reader

_VARIABLE = re.compile(r"\{([^}]*)\}")


def problem(document: Document) -> str:
    """Why a gateway refuses the paths of a document; "" if it takes them."""
    paths = {path: item for path, item in (document.get("paths") or {}).items() if isinstance(item, dict)}
    shared = (document.get("components") or {}).get("parameters") or {}
    for path in sorted(paths):
        common = [*_path_parameters(paths[path], shared)]
        variables = set(_VARIABLE.findall(path))
        for method, operation in _operations(paths[path]):
            named = [*_path_parameters(operation, shared), *common]
            missing = variables.symmetric_difference(named) if len(named) != len(variables) else ()
            if missing:
                names = " ".join(sorted(missing))
                whole = f"operation {method} {path} must define exactly all path parameters"
                return f"{whole} (missing: [{names}])"
    return _problem_of_ids(paths)


def _problem_of_ids(paths: Document) -> str:
    places: dict[str, str] = {}
    for path in sorted(paths):
        for method, operation in _operations(paths[path]):
            identifier, place = operation.get("operationId"), f"{method} {path}"
            if identifier in places:
                first, second = sorted((places[identifier], place))
                names = [json_reader.quote(text) for text in (first, second, identifier)]
                return f"operations {names[0]} and {names[1]} have the same operation id {names[2]}"
            if identifier:
                places[identifier] = place
    return ""


def _operations(item: Document) -> Iterator[tuple[str, Document]]:
    for method in METHODS:
        if isinstance(operation := item.get(method), dict):
            yield method.upper(), operation


def _path_parameters(holder: Document, shared: Document) -> Iterator[Any]:
    """The names of the parameters of a path item or an operation that are in the path."""
    for listed in holder.get("parameters") or ():
        parameter = resolved(listed, shared)
        if parameter.get("in") == "path":
            yield str(parameter.get("name", ""))
