"""Tables of member names: the keys of a configuration file, and all members of an API definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.golang.structs import Struct, go_type

CONFIG_KEYS, DEFINITION_MEMBERS = "gateway/config_keys.yaml", "gateway/definition_members.yaml"
DASHBOARD_KEYS = "dashboard/config_keys.yaml"
UNSEEN_KEYS = "unseen_config_keys.yaml"
OBJECT = "object"


@dataclass(frozen=True)
class MemberTable:
    """The members of one document by their dotted names.

    Attributes:
        kinds: the type of each: string, boolean, integer, number, array, object or any.
        spans: the versions that have each.
    """

    kinds: dict[str, str]
    spans: dict[str, Span]

    def below(self, path: str) -> list[str] | None:
        """The members of an object, "" for the document; None if the table does not have them."""
        return None if path and self.kinds.get(path) != OBJECT else self._children.get(path)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        """The last parts of the names, by what is before them."""
        children: dict[str, list[str]] = {}
        for name in self.kinds:
            parent, _, last = name.rpartition(".")
            children.setdefault(parent, []).append(last)
        return children

    def type_in(self, version: GatewayVersion) -> Struct:
        """The Go struct of the document in a version."""
        schema: dict[str, Any] = {"type": OBJECT, "properties": {}}
        for path, kind in self.kinds.items():
            if version in self.spans[path] and self.kinds.get(path.rpartition(".")[0], OBJECT) == OBJECT:
                parent, names = schema, path.split(".")
                for name in names[:-1]:
                    parent = parent["properties"][name]
                parent["properties"][names[-1]] = _schema_of(kind, has_members=self.below(path) is not None)
        struct = go_type(schema, {})
        assert isinstance(struct, Struct)
        return struct


@cache
def load(name: str) -> MemberTable:
    """The table of a file in spec."""
    rows = _rows(spec_path(name))
    return MemberTable(
        {path: row["type"] for path, row in rows.items()},
        {path: Span.parse(row.get("since"), row.get("until")) for path, row in rows.items()},
    )


def unseen_keys(service: str, keys: Iterable[str]) -> set[str]:
    """Those keys of a service's configuration file on which no answer of it depends."""
    unseen = tuple(f"{name}." for name in load_yaml(spec_path(UNSEEN_KEYS))[service])
    return {key for key in keys if f"{key}.".startswith(unseen)}


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of a file, parents before their members."""
    rows = load_yaml(path)
    return {name: {"type": row} if isinstance(row, str) else row for name, row in sorted(rows.items())}


def _schema_of(kind: str, *, has_members: bool) -> dict[str, Any]:
    if kind == OBJECT and has_members:
        return {"type": OBJECT, "properties": {}}
    if kind == "array":
        return {"type": "array", "items": {}}
    return {} if kind in ("any", OBJECT) else {"type": kind}
