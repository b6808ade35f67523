"""The depth of operations, as a gateway computes it (operation_complexity.go of graphql-go-tools)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import GraphQLNamedType, GraphQLSchema

from mockserver.gateway.graphql.normalisation import Field, Fragment, Operation, Selection


@dataclass(frozen=True)
class RootField:
    """A field of a root type, and its depth: 0 without a selection, 1 with one of leaves alone."""

    type_name: str
    name: str
    depth: int


@dataclass
class Depths:
    """The depth of all operations of a document, and of each field of a root type.

    A field with a selection is one level. An inline fragment for another type is two, and a level is
    subtracted for each selection that is deeper than all before it, so that the order of fields counts.
    """

    total: int = 0
    root_fields: list[RootField] = field(default_factory=list)


def depths_of(schema: GraphQLSchema, operations: Sequence[Operation]) -> Depths:
    """The depths of the operations of a document."""
    roots = {
        root.name for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root
    }
    walk = _Walk(roots)
    for operation in operations:
        walk.selections(operation.selections, 2)
    return Depths(walk.all.depth, walk.root_fields)


@dataclass
class _Levels:
    """The deepest field with a selection, and how often a selection was deeper than all before it."""

    field: int = 0
    selection: int = 0
    count: int = 0

    @property
    def depth(self) -> int:
        return self.field - self.count

    def enter(self, level: int) -> None:
        """A field with a selection at a level of the tree; its selection is at the next."""
        self.field = max(self.field, level)
        if level + 1 > self.selection:
            self.selection = level + 1
            self.count += 1


@dataclass
class _Walk:
    roots: set[str]
    all: _Levels = field(default_factory=_Levels)
    root: _Levels = field(default_factory=_Levels)
    root_fields: list[RootField] = field(default_factory=list)

    def selections(self, selections: Sequence[Selection], level: int) -> None:
        """Walk a selection set that is at a level of the tree, where an operation is at 1."""
        for selection in selections:
            if isinstance(selection, Fragment):
                self.selections(selection.selections, level + 2)
            elif isinstance(selection, Field):
                self._field(selection, level + 1)

    def _field(self, selected: Field, level: int) -> None:
        is_root = self._is_root(selected.parent)
        if is_root:
            self.root = _Levels()
        if selected.selections:
            self.all.enter(level)
            self.root.enter(level)
            self.selections(selected.selections, level + 1)
        if is_root:
            depth = max(self.root.depth - 1, 0)
            self.root_fields.append(RootField(selected.parent.name, selected.name, depth))
            self.root = _Levels()

    def _is_root(self, named: GraphQLNamedType) -> bool:
        return named.name in self.roots
