"""The settings of operations in the gateway's part of a definition, by path and method.

A gateway keeps some of them in the lists of paths of the classic definition.
Source: apidef/oas/operation.go:266 and internal/oasutil/paths.go:37 @v5.12.0; recording operations/lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockserver.gateway.oas import durations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document

LISTS = {"ignoreAuthentication": "ignored", "block": "black_list", "allow": "white_list"}  # classic names


def is_on(setting: Document, member: str) -> bool:
    """True if a part of some settings is enabled."""
    part: Any = setting.get(member)
    return isinstance(part, dict) and part.get("enabled") is True


def settings(definition: OpenApi) -> dict[str, Document]:
    """The settings of operations by their ids."""
    return ((definition.extension or {}).get("middleware") or {}).get("operations") or {}


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


def extended_paths(definition: OpenApi) -> Document:
    """The lists of paths of the classic definition, by their names."""
    names = (*LISTS.values(), "mock_response", "internal", "rate_limit")
    lists: dict[str, list[Document]] = {name: [] for name in names}
    for path, method, _, setting in by_path(definition):
        place = {"path": path, "method": method}
        for member, name in LISTS.items():
            if allowance := setting[member]:
                how = {"ignore_case": allowance["ignoreCase"], "method_actions": None}
                lists[name].append({"disabled": not allowance["enabled"], **place, **how})
        if internal := setting["internal"]:
            lists["internal"].append({"disabled": not internal["enabled"], **place})
        if limit := setting["rateLimit"]:
            rate, per = limit_of(limit)
            lists["rate_limit"].append({"disabled": not limit["enabled"], **place, "rate": rate, "per": per})
    return {name: entries or None for name, entries in lists.items()}


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
