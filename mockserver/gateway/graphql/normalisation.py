"""The operations of a document with their fragments in place, as a gateway judges them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
)

from mockserver.gateway.graphql.refusals import invalid
from mockserver.gateway.graphql.sizes import Size

TYPE_NAME = "__typename"
INTROSPECTION = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
LEFT_OUT_IF = {"skip": True, "include": False}  # the value of a directive that leaves a node out


@dataclass(frozen=True)
class Field:
    """A field of a selection.

    Attributes:
        parent: the type that the field is selected on.
        definition: the field in the schema.
    """

    node: FieldNode
    parent: GraphQLNamedType
    definition: GraphQLField
    selections: tuple[Selection, ...]

    @property
    def name(self) -> str:
        """The name in the schema."""
        return self.node.name.value

    @property
    def key(self) -> str:
        """The name in the response: the alias, or the name."""
        return self.node.alias.value if self.node.alias else self.name


@dataclass(frozen=True)
class Fragment:
    """An inline fragment for another type than its parent."""

    node: InlineFragmentNode
    parent: GraphQLNamedType
    type: GraphQLNamedType
    selections: tuple[Selection, ...]


@dataclass(frozen=True)
class Spread:
    """A spread of a fragment that no object of the type around it meets."""

    node: FragmentSpreadNode
    parent: GraphQLNamedType
    fragment: FragmentDefinitionNode


Selection = Field | Fragment | Spread


@dataclass(frozen=True)
class Operation:
    """An operation of a document."""

    node: OperationDefinitionNode
    root: GraphQLNamedType
    selections: tuple[Selection, ...]

    @property
    def name(self) -> str:
        """The operation's name; "" if it has none."""
        return self.node.name.value if self.node.name else ""

    @property
    def kind(self) -> str:
        """The kind: query, mutation or subscription."""
        return self.node.operation.value


def operations_of(schema: GraphQLSchema, document: DocumentNode) -> list[Operation]:
    """The operations of a document (pkg/astnormalization of graphql-go-tools).

    Raises:
        InvalidQuery: a field, a type or a fragment does not exist, or a fragment contains itself.
    """
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    _refuse_circles(fragments)
    normaliser = _Normaliser(schema, fragments)
    operations = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            root = schema.get_root_type(node.operation)
            if root is None:
                raise invalid('Unknown type "".', [node.operation.value])
            normaliser.check_names(node.selection_set, root, [node.operation.value])
            operations.append((node, root))
        elif isinstance(node, FragmentDefinitionNode):
            name = node.type_condition.name.value
            enclosing = schema.get_type(name)
            if enclosing is None:
                raise invalid(f'Unknown type "{name}".', [name])
            normaliser.check_names(node.selection_set, enclosing, [name])
    return [
        Operation(node, root, tuple(normaliser.selections(node.selection_set, root)))
        for node, root in operations
    ]


def field_of(schema: GraphQLSchema, enclosing: GraphQLNamedType, name: str) -> GraphQLField | None:
    """The definition of a field of a type; None if it has none of that name."""
    if name == TYPE_NAME:
        return TypeNameMetaFieldDef
    if enclosing is schema.query_type and name in INTROSPECTION:
        return INTROSPECTION[name]
    fields: dict[str, GraphQLField] = getattr(enclosing, "fields", {})
    return fields.get(name)


def overlap(schema: GraphQLSchema, first: GraphQLNamedType, second: GraphQLNamedType) -> bool:
    """True if an object may be of both types."""
    if not is_composite_type(first) or not is_composite_type(second):
        return False
    return bool(_objects(schema, first) & _objects(schema, second))


def _objects(schema: GraphQLSchema, named: Any) -> set[str]:
    """The names of the types that an object of a type may have."""
    if is_abstract_type(named):
        return {possible.name for possible in schema.get_possible_types(named)}
    return {named.name}


def _refuse_circles(fragments: dict[str, FragmentDefinitionNode]) -> None:
    spreads = {name: set(_spreads(node.selection_set)) for name, node in fragments.items()}
    try:
        TopologicalSorter(spreads).prepare()
    except CycleError as error:
        raise invalid(f"fragment spread: {error.args[1][0]} forms fragment cycle") from None


def _spreads(selection_set: SelectionSetNode | None) -> Iterator[str]:
    """The names of the fragments in a selection."""
    for node in selection_set.selections if selection_set else ():
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value
        elif isinstance(node, FieldNode | InlineFragmentNode):
            yield from _spreads(node.selection_set)


@dataclass
class _Normaliser:
    """The walk through a document, which counts the selections that it makes."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    size: Size = field(default_factory=Size)

    def check_names(
        self, selection_set: SelectionSetNode | None, enclosing: GraphQLNamedType, path: list[str]
    ) -> None:
        """Check that the fields and fragments of a selection exist, in the order of the document."""
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                inner_path = [*path, node.alias.value if node.alias else node.name.value]
                inner = self._type_of(enclosing, node.name.value, inner_path)
                self.check_names(node.selection_set, inner, inner_path)
            elif isinstance(node, InlineFragmentNode):
                self.check_names(node.selection_set, self._condition(node, enclosing, path), path)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in self.fragments:
                raise invalid(f"fragment: {node.name.value} undefined", path)

    def _type_of(self, enclosing: GraphQLNamedType, name: str, path: list[str]) -> GraphQLNamedType:
        """The type of a field."""
        definition = field_of(self.schema, enclosing, name)
        if definition is None:
            raise invalid(f"field: {name} not defined on type: {enclosing.name}", path)
        return get_named_type(definition.type)

    def _condition(
        self, node: InlineFragmentNode, enclosing: GraphQLNamedType, path: list[str]
    ) -> GraphQLNamedType:
        """The type that an inline fragment is for."""
        if node.type_condition is None:
            return enclosing
        name = node.type_condition.name.value
        condition = self.schema.get_type(name)
        if condition is None:
            raise invalid(f'Unknown type "{name}".', path)
        return condition

    def selections(
        self, selection_set: SelectionSetNode | None, enclosing: GraphQLNamedType
    ) -> Iterator[Selection]:
        """The selections of a set, with the fragments in place."""
        for node in selection_set.selections if selection_set else ():
            self.size.add(node)
            if _is_left_out(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                definition = field_of(self.schema, enclosing, node.name.value)
                assert definition is not None  # of a document whose names were checked
                inner = get_named_type(definition.type)
                children = tuple(self.selections(node.selection_set, inner))
                yield Field(node, enclosing, definition, children)
            elif isinstance(node, InlineFragmentNode):
                yield from self._inline(node, self._condition(node, enclosing, []), enclosing)
            elif isinstance(node, FragmentSpreadNode):
                yield from self._spread(node, enclosing)

    def _spread(self, node: FragmentSpreadNode, enclosing: GraphQLNamedType) -> Iterator[Selection]:
        fragment = self.fragments[node.name.value]
        condition = self.schema.get_type(fragment.type_condition.name.value)
        assert condition is not None
        if not overlap(self.schema, condition, enclosing):
            yield Spread(node, enclosing, fragment)
            return
        inline = InlineFragmentNode(
            type_condition=fragment.type_condition,
            directives=(),  # a gateway drops those of a spread
            selection_set=fragment.selection_set,
            loc=node.loc,
        )
        yield from self._inline(inline, condition, enclosing)

    def _inline(
        self, node: InlineFragmentNode, condition: GraphQLNamedType, enclosing: GraphQLNamedType
    ) -> Iterator[Selection]:
        """The selections of a fragment, or the fragment if it is for another type."""
        if self._is_within(enclosing, condition) and not node.directives:
            yield from self.selections(node.selection_set, enclosing)
        else:
            children = tuple(self.selections(node.selection_set, condition))
            yield Fragment(node, enclosing, condition, children)

    def _is_within(self, enclosing: GraphQLNamedType, condition: GraphQLNamedType) -> bool:
        """True if each object of the enclosing type meets the condition: an equal type, or its interface."""
        return enclosing is condition or (
            is_interface_type(condition)
            and (is_object_type(enclosing) or is_interface_type(enclosing))
            and self.schema.is_sub_type(condition, enclosing)
        )


def is_constant(directive: DirectiveNode) -> bool:
    """True if it is @skip or @include with a constant, which a gateway drops."""
    kinds = [type(argument.value) for argument in directive.arguments or ()]
    return directive.name.value in LEFT_OUT_IF and kinds == [BooleanValueNode]


def _is_left_out(directives: tuple[DirectiveNode, ...]) -> bool:
    """True if a directive with a constant leaves the node out: @skip(if: true) or @include(if: false)."""
    for directive in directives:
        wanted = LEFT_OUT_IF.get(directive.name.value)
        arguments = directive.arguments or ()
        if wanted is None or len(arguments) != 1 or arguments[0].name.value != "if":
            continue
        value = arguments[0].value
        if isinstance(value, BooleanValueNode) and value.value is wanted:
            return True
    return False
