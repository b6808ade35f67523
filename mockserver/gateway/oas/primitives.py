"""The primitives of an MCP proxy in the lists of paths of its classic definition.

Source: apidef/oas/mcp_primitive.go and gateway/api_definition.go:1863 @v5.14.0; recording forms/proxies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.gateway.oas import operation_readings, operations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.oas.path_rules import PRIMITIVE_PATHS, PathRules
from mockserver.gateway.policy_merging import Document

_UNREAD = {  # parts of settings that have no effect on primitives
    "internal", "transformRequestMethod", "transformResponseBody", "urlRewrite", "cache",
}  # fmt: skip


def extract(definition: OpenApi, lists: Document, kind: Any) -> None:
    """Put the entries of the primitives into the classic lists, which are of a type."""
    for path, setting in _settings(definition):
        operations.add_entries(lists, kind, path, "POST", setting)


def fill(definition: OpenApi, empty: Callable[[], Document]) -> None:
    """Add the settings of the primitives as those of operations."""
    for path, setting in [*_settings(definition)]:
        operation_readings.add(definition, path, "POST", setting, empty)


def _settings(definition: OpenApi) -> Iterator[tuple[str, Document]]:
    """The path of each primitive, and of each method with primitives, and their settings."""
    rules = PathRules(definition)
    internal = {"internal": {"enabled": True}}
    for kind, prefix in PRIMITIVE_PATHS.items():
        for name, setting in rules.primitives(kind).items():
            read = {member: value for member, value in setting.items() if member not in _UNREAD}
            yield prefix + name, read | internal
    yield from ((path, internal) for path in rules.method_paths.values())
