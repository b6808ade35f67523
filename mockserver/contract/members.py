"""The members of a service's schemas, found by name, with all that the contract says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.contract.spec_files import load_yaml
from mockserver.contract.versions import Span


@dataclass(frozen=True)
class Member:
    """A member of a schema.

    Attributes:
        schema: the name of the schema: "Policy".
        type: the type in words: "string", "array of AccessRight".
        description: what it is; "" if the contract does not say.
        span: the versions that have it.
        source: the evidence, of the member or else of the schema; "" if there is none.
    """

    schema: str
    name: str
    type: str
    description: str
    span: Span
    source: str

    @property
    def path(self) -> str:
        """The name with its schema: "Policy.state"."""
        return f"{self.schema}.{self.name}"


@cache
def load(folder: Path) -> tuple[Member, ...]:
    """The members of all schemas in the openapi.yaml of a service's folder."""
    schemas = load_yaml(folder / "openapi.yaml")["components"]["schemas"]
    return tuple(member for name, schema in schemas.items() for member in _members(name, schema))


def find(members: Iterable[Member], text: str) -> list[Member]:
    """The members that a text names: one as "Policy.state", or those of all schemas as "state"."""
    return [member for member in members if text in (member.path, member.name)]


def _members(name: str, schema: dict[str, Any]) -> Iterator[Member]:
    for member, node in schema.get("properties", {}).items():
        yield Member(
            schema=name,
            name=member,
            type=_type(node),
            description=node.get("description", ""),
            span=Span.parse(
                node.get("x-since", schema.get("x-since")), node.get("x-until", schema.get("x-until"))
            ),
            source=node.get("x-source", schema.get("x-source", "")),
        )


def _type(node: dict[str, Any]) -> str:
    """The type of a node in words."""
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    kind = node.get("type", "any")
    if kind == "array":
        kind = f"array of {_type(node.get('items', {}))}"
    elif kind == "object" and node.get("additionalProperties"):
        kind = f"object of {_type(node['additionalProperties'])}"
    return f"{kind} or null" if node.get("nullable") else str(kind)
