"""Rules in the definition of an MCP proxy for its methods, primitives and paths.

Source: apidef/oas/middleware.go:63, gateway/api_definition.go:1766, gateway/mw_version_check.go:88 @v5.13.1;
recordings mcp/definition-lists, mcp/definition-methods, mcp/definition-limits and mcp/definition-paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from mockserver.gateway.oas import operations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.oas.operations import is_on
from mockserver.gateway.policy_merging import Document

METHOD_PATH = "/json-rpc-method:"  # before the name of a method, in the internal path of a message
PRIMITIVE_PATHS = {"tool": "/mcp-tool:", "resource": "/mcp-resource:", "prompt": "/mcp-prompt:"}  # by kind
MEMBERS = {
    "tool": "mcpTools",
    "resource": "mcpResources",
    "prompt": "mcpPrompts",
}  # of the definition, by kind
_LISTS = {
    "ignoreAuthentication": "ignored",
    "block": "blocked",
    "allow": "allowed",
}  # in the order of their effect
CALLS = {"tools/call": "tool", "resources/read": "resource", "prompts/get": "prompt"}  # methods, and kinds


@dataclass(frozen=True)
class PathRule:
    """A rule for the paths that match an expression.

    Attributes:
        effect: "ignored", "blocked" or "allowed", by a list; or "internal".
    """

    effect: str
    path: str
    method: str


@dataclass(frozen=True)
class PathRules:
    """The rules of a definition in OpenAPI form; those of None are empty."""

    definition: OpenApi | None

    @cached_property
    def _middleware(self) -> Document:
        extension = self.definition.extension if self.definition else None
        return (extension or {}).get("middleware") or {}

    def primitives(self, kind: str) -> dict[str, Document]:
        """The settings of the primitives of a kind by their names."""
        members = self._middleware.get(MEMBERS[kind]) or {}
        return {name: setting for name, setting in members.items() if isinstance(setting, dict)}

    @property
    def operations(self) -> dict[str, Document]:
        """The settings of operations by their ids."""
        return operations.settings(self.definition) if self.definition else {}

    @cached_property
    def method_paths(self) -> dict[str, str]:
        """The paths of the definition that are named as methods with a primitive, by these methods."""
        paths = self._paths if self._middleware else {}
        return {method: f"/{method}" for method in CALLS if f"/{method}" in paths}

    @cached_property
    def allowed_kinds(self) -> frozenset[str]:
        """The kinds of primitives of which only the allowed ones may be used, and "" for methods."""
        kinds = {kind for kind in MEMBERS if any(map(_is_allowed, self.primitives(kind).values()))}
        return frozenset(kinds | ({""} if any(map(_is_allowed, self.operations.values())) else set()))

    @cached_property
    def paths(self) -> tuple[PathRule, ...]:
        """The rules for paths, in the order in which a gateway tries them."""
        effects = (*_LISTS.values(), "internal")
        rules = [*self._operation_rules(), *self._primitive_rules()]
        return tuple(sorted(rules, key=lambda rule: effects.index(rule.effect)))

    def names(self, kind: str, effect: str) -> list[str]:
        """The names in a list of the definition: of primitives of a kind, or of methods for ""."""
        if kind:
            return [name for name, setting in self.primitives(kind).items() if is_on(setting, effect)]
        prefixes = (METHOD_PATH, METHOD_PATH[1:])
        return [
            name.removeprefix(prefix)
            for name, setting in self.operations.items()
            if is_on(setting, effect)
            for prefix in prefixes
            if name.startswith(prefix)
        ]

    @property
    def _paths(self) -> Document:
        return (self.definition.document.get("paths") or {}) if self.definition else {}

    def _operation_rules(self) -> Iterator[PathRule]:
        for path, method, _, setting in operations.by_path(self.definition) if self.definition else ():
            yield from _rules(setting, path, method)
        for path in self.method_paths.values():
            yield PathRule("internal", path, "POST")

    def _primitive_rules(self) -> Iterator[PathRule]:
        for kind, prefix in PRIMITIVE_PATHS.items():
            for name, setting in self.primitives(kind).items():
                yield from _rules(setting, prefix + name, "POST")
                yield PathRule("internal", prefix + name, "POST")


def _rules(setting: Document, path: str, method: str) -> Iterator[PathRule]:
    for member, effect in _LISTS.items():
        if is_on(setting, member):
            yield PathRule(effect, path, method)


def _is_allowed(setting: Document) -> bool:
    return is_on(setting, "allow")
