"""The types of API definitions in a version, from their table in spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.golang.durations import DURATION
from mockserver.golang.scalars import (
    ANY,
    BOOL,
    FLOAT64,
    INT64,
    OBJECT_ID,
    RAW,
    STRING,
    TIME,
    UINT64,
    GoType,
)  # fmt: skip
from mockserver.golang.structs import Field, Map, Pointer, Slice, Struct

TYPES = "gateway/definition_types.yaml"
CLASSIC, EXTENSION = "APIDefinition", "XTykAPIGateway"
OAUTH = "OAuthKinds"  # the types of settings of OAuth 2.0
_SCALARS = {
    "string": STRING, "boolean": BOOL, "integer": INT64, "unsigned": UINT64, "number": FLOAT64,
    "object-id": OBJECT_ID, "time": TIME, "any": ANY, "raw": RAW, "duration": DURATION,
}  # fmt: skip


@cache
def struct_of(name: str, version: GatewayVersion) -> Struct:
    """The type of a row of the table."""
    struct = _Reader(_rows(), version).type(name)
    assert isinstance(struct, Struct)
    return struct


@cache
def _rows() -> Mapping[str, Any]:
    rows: Mapping[str, Any] = load_yaml(spec_path(TYPES))
    return rows


@dataclass(frozen=True)
class _Reader:
    """The reader of the table for one version."""

    rows: Mapping[str, Any]
    version: GatewayVersion

    def type(self, form: Any) -> GoType:
        """The Go type of a form of the table."""
        if isinstance(form, str):
            return self._struct(self.rows[form]) if form in self.rows else _SCALARS[form]
        if isinstance(form, list):
            return Slice(self.type(form[0]))
        ((kind, inner),) = form.items()
        if kind == "object":
            return self._struct(inner)
        if kind == "map":
            return Map(self.type(inner))
        target = self.type(inner)
        if isinstance(target, Struct):
            return Struct(target.fields, target.deciding, target.emptying, pointer=True)
        return Pointer(target)

    def _struct(self, row: Mapping[str, Any]) -> Struct:
        fields = []
        for key, form in row.items():
            is_dated = isinstance(form, dict) and "type" in form
            if is_dated and self.version not in Span.parse(form.get("since"), form.get("until")):
                continue
            omit = "empty" if key.endswith("~") else ""
            fields.append(Field(key.removesuffix("~"), self.type(form["type"] if is_dated else form), omit))
        return Struct(fields, [member.name for member in fields], [])
