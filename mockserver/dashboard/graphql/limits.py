"""Limits of GraphQL documents, which are checked before anything is executed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues

MAX_LENGTH = 1_000_000  # characters of a document; its lexer takes them one by one
MAX_TOKENS = 1000  # of a document
MAX_DEPTH = 25  # of selection sets in each other; a fragment counts where it is spread
MAX_ALIASES = 30  # of a document
MAX_COST = 100_000  # of an operation: about so many fields of the answer
LIST_LENGTH = 3  # items of a list, where the cost is estimated
TYPES = 30  # of the schema, which `__schema` lists, as above


def check_length(text: str) -> None:
    """Check the length of a document before it is parsed.

    Raises:
        GraphQLError: the document exceeds the limit.
    """
    if len(text) > MAX_LENGTH:
        raise GraphQLError(f"The document has over {MAX_LENGTH} characters; send long texts as variables.")


def check_shape(document: DocumentNode) -> None:
    """Check depth and aliases, which needs no schema; the time is linear in the number of tokens.

    Raises:
        GraphQLError: the document exceeds a limit.
    """
    shape = _Shape(_fragments(document))
    for definition in document.definitions:
        if isinstance(definition, (OperationDefinitionNode, FragmentDefinitionNode)):
            shape.height(definition.selection_set, 1)


def check_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    page_length: Callable[[int], int],
) -> None:
    """Check the cost of an operation of a valid document.

    A field costs 1, and those in a list cost that times the length of the list: that of `policies` is what
    `page_length` returns for its argument `p`, and others are estimated.

    Raises:
        GraphQLError: the cost exceeds `MAX_COST`.
    """
    root = schema.get_root_type(operation.operation)
    cost = _Cost(schema, _fragments(document), variables, page_length).of(operation.selection_set, root)
    if cost > MAX_COST:
        raise GraphQLError(
            f"The operation costs {cost}, over {MAX_COST}; select fewer fields, or ask page by page."
        )


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


class _Shape:
    """The depth and the aliases of a document; each fragment is looked at once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._heights: dict[str, int] = {}
        self._aliases: set[int] = set()

    def height(self, selection_set: SelectionSetNode | None, level: int) -> int:
        """The number of selection sets in each other, of a set at a level of the document."""
        if selection_set is None:
            return 0
        if level > MAX_DEPTH:
            raise GraphQLError(f"The document is nested over {MAX_DEPTH} levels; ask for less at once.")
        return 1 + max((self._of(node, level) for node in selection_set.selections), default=0)

    def _of(self, node: Any, level: int) -> int:
        if not isinstance(node, FragmentSpreadNode):
            if isinstance(node, FieldNode) and node.alias:
                self._aliases.add(id(node))
                if len(self._aliases) > MAX_ALIASES:
                    raise GraphQLError(f"The document has over {MAX_ALIASES} aliases; send several requests.")
            return self.height(node.selection_set, level + 1)
        name = node.name.value
        if name not in self._heights:
            self._heights[name] = 0  # a fragment that spreads itself is left to the validation
            fragment = self._fragments.get(name)
            self._heights[name] = self.height(fragment.selection_set if fragment else None, level + 1)
        height = self._heights[name]
        if level + height > MAX_DEPTH:
            raise GraphQLError(f"The document is nested over {MAX_DEPTH} levels; ask for less at once.")
        return height


class _Cost:
    """The cost of selection sets; each fragment is looked at once."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        page_length: Callable[[int], int],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._page_length = page_length
        self._costs: dict[str, int] = {}

    def of(self, selection_set: SelectionSetNode | None, parent: Any) -> int:
        """The cost of a selection set of a type."""
        return sum(self._node(node, parent) for node in selection_set.selections) if selection_set else 0

    def _node(self, node: Any, parent: Any) -> int:
        if isinstance(node, FieldNode):
            definition = self._schema.get_field(parent, node.name.value)
            assert definition is not None
            inner = self.of(node.selection_set, get_named_type(definition.type))
            return 1 + self._length(node, definition) * inner
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set, parent)
        name = node.name.value
        if name not in self._costs:
            fragment = self._fragments[name]
            kind = type_from_ast(self._schema, fragment.type_condition)
            self._costs[name] = self.of(fragment.selection_set, kind)
        return self._costs[name]

    def _length(self, node: FieldNode, definition: Any) -> int:
        """The number of values that a field is estimated to have."""
        if node.name.value == "policies":
            with contextlib.suppress(GraphQLError):  # of an argument, by which the field will fail
                return max(1, self._page_length(get_argument_values(definition, node, self._variables)["p"]))
            return 1
        if node.name.value == "__schema":
            return TYPES
        kind = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
        # `Data` is the page that the field around it counts already
        return LIST_LENGTH if isinstance(kind, GraphQLList) and node.name.value != "Data" else 1
