"""The references of an OpenAPI document to parts of it (openapi3/loader.go of kin-openapi).

A gateway follows references within the document alone, and takes no document with one that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from mockserver.gateway.oas.definition import METHODS
from mockserver.gateway.oas.document_types import KINDS, REFERABLE, fits, members, reference

_Place = tuple[str, Any]  # the kind of a value, and the value
_ANY, _FLAG_OR_SCHEMA = "any", "Schema or boolean"
# What the library looks at for references; it leaves out the rest, as the headers of encodings.
_FOLLOWED = {
    "Document": ("components", "paths"),
    "Components": (
        "headers", "parameters", "requestBodies", "responses", "schemas", "securitySchemes", "examples",
        "callbacks",
    ),
    "PathItem": ("parameters", *METHODS),
    "Operation": ("parameters", "requestBody", "responses", "callbacks"),
    "Parameter": ("schema", "content", "examples"),
    "Header": ("schema", "examples"),
    "RequestBody": ("content",),
    "Response": ("headers", "content", "links"),
    "MediaType": ("schema", "examples"),
    "Schema": ("items", "properties", "additionalProperties", "not", "allOf", "anyOf", "oneOf"),
}  # fmt: skip


_NEVER_NULL = REFERABLE - {"PathItem", "Example"}  # as an element of a list or a map


class Unresolved(ValueError):
    """A reference leads nowhere, or out of the document."""


class References:
    """The references of a document whose values have their types.

    Attributes:
        document: the document.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._targets: dict[tuple[str, str], Any] = {}  # where a reference leads, which may be another one
        self._ends: dict[tuple[str, str], Any] = {}  # and where the last of them does
        # of values that references lead through, which are kept so that no other gets the id of one
        self._members: dict[tuple[str, int], tuple[Any, dict[str, _Place]]] = {}

    def check(self) -> None:
        """Follow all references of the document.

        Raises:
            Unresolved: one of them cannot be followed, or a parameter has both a schema and content.
        """
        waiting: list[_Place] = [("Document", self.document)]
        seen: set[int] = set()
        while waiting:
            kind, node = waiting.pop()
            if kind == "PathItem" and reference(node) and len(node) > 1:
                continue
            if kind in REFERABLE and reference(node):
                node = self.target(kind, node)
            elif node is None and kind in _NEVER_NULL:
                raise Unresolved(f"invalid {kind}: value MUST be an object")
            if node is None or id(node) in seen:
                continue
            seen.add(id(node))
            if kind == "Parameter" and node.get("schema") is not None and "content" in node:
                raise Unresolved("cannot contain both schema and content in a parameter")
            waiting += _followed(kind, node)

    def target(self, kind: str, node: Any) -> Any:
        """The value that a node stands for, over any number of references; None if they are a circle.

        Raises:
            Unresolved: a reference cannot be followed.
        """
        passed: set[str] = set()
        while text := reference(node):
            if (kind, text) in self._ends or text in passed:
                node = self._ends.get((kind, text))
                break
            passed.add(text)
            if (kind, text) not in self._targets:
                self._targets[kind, text] = self._found(kind, text)
            node = self._targets[kind, text]
        self._ends.update(((kind, text), node) for text in passed)
        return node

    def _found(self, kind: str, text: str) -> Any:
        if not text.startswith("#"):
            raise Unresolved(f"encountered disallowed external reference: {text}")
        fragment = unquote(text[1:]) or "/"
        if not fragment.startswith("/"):
            raise Unresolved(f"expected fragment prefix '#/' in URI {text}")
        place: _Place = "Document", self.document
        for part in fragment[1:].split("/"):
            place = self._step(*place, part.replace("~1", "/").replace("~0", "~"))
        found, node = place
        is_free = found == _ANY and isinstance(node, dict) and fits(kind, node)
        if not is_free and (found != kind or node is None):
            raise Unresolved(f"bad data in {text}")
        return node

    def _step(self, kind: str, node: Any, part: str) -> _Place:
        """The member of a value that a part of a reference names."""
        if kind == "Document" and part == "":
            return _ANY, {name: value for name, value in node.items() if name not in KINDS["Document"]}
        if kind in REFERABLE and reference(node):
            node = self.target(kind, node)
        if (kind, id(node)) not in self._members:
            named = {name: (member_kind, value) for member_kind, name, value in members(kind, node)}
            self._members[kind, id(node)] = node, named
        _, named = self._members[kind, id(node)]
        if part in named:
            member_kind, value = named[part]
            is_schema = member_kind == _FLAG_OR_SCHEMA and not isinstance(value, bool)
            return "Schema" if is_schema else member_kind, value
        if (kind in KINDS or kind in (_ANY, "{}any")) and isinstance(node, dict) and part in node:
            return _ANY, node[part]
        if kind in (_ANY, "[]any") and isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            return _ANY, node[int(part)]
        raise Unresolved(f"failed to resolve {part!r} in a reference")


def _followed(kind: str, node: Any) -> Iterator[_Place]:
    """The members of a value in which references are followed."""
    names = _FOLLOWED.get(kind)
    for member_kind, name, value in members(kind, node):
        if names is not None and (value is None or name not in names):
            continue
        is_flagged = member_kind == _FLAG_OR_SCHEMA
        if is_flagged and isinstance(value, bool):
            continue
        if member_kind[:2] in ("[]", "{}", "x}") or member_kind in KINDS or is_flagged:
            yield "Schema" if is_flagged else member_kind, value
