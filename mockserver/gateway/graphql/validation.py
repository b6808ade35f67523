"""The rules of a gateway for the operations of a document (pkg/astvalidation of graphql-go-tools).

Most rules stop at the first error. An unknown argument is noted, and the rules go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    GraphQLArgument,
    GraphQLSchema,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
    print_ast,
    type_from_ast,
)
from graphql.utilities import is_type_sub_type_of

from mockserver.gateway.graphql.documents import place_of
from mockserver.gateway.graphql.normalisation import Field, Fragment, Operation, Selection, overlap
from mockserver.gateway.graphql.refusals import InvalidQuery, QueryError, invalid

NO_OPERATION = "document doesn't contain any executable operation"


def validate(schema: GraphQLSchema, operations: Sequence[Operation]) -> None:
    """Check the operations of a document.

    Raises:
        InvalidQuery: an operation breaks a rule.
    """
    if not operations:
        raise invalid(NO_OPERATION)
    names: set[str] = set()
    for operation in operations:
        if operation.name in names:
            raise invalid(f"operation name must be unique: {operation.name}")
        names.add(operation.name)
    if "" in names and len(names) > 1:
        raise invalid("anonymous operation name the only operation in a graphql document")
    walk = _Walk(schema)
    try:
        for operation in operations:
            walk.enter(operation)
    except InvalidQuery as stop:
        raise InvalidQuery([*walk.noted, *stop.errors]) from None
    if walk.noted:
        raise InvalidQuery(walk.noted)


@dataclass
class _Walk:
    """A walk through operations; `noted` has the errors that do not stop it."""

    schema: GraphQLSchema
    noted: list[QueryError] = field(default_factory=list)
    operation: str = ""
    variables: dict[str, VariableDefinitionNode] = field(default_factory=dict)

    def enter(self, operation: Operation) -> None:
        """Check an operation."""
        self.operation = operation.name
        definitions = operation.node.variable_definitions or ()
        self.variables = {definition.variable.name.value: definition for definition in definitions}
        self._selections(operation.selections, [operation.kind])

    def _selections(self, selections: Sequence[Selection], path: list[str]) -> None:
        leaves: dict[str, Field] = {}
        for selection in selections:
            if isinstance(selection, Field):
                self._field(selection, path, leaves)
            elif isinstance(selection, Fragment):
                if not overlap(self.schema, selection.type, selection.parent):
                    names = f"{selection.type.name} mismatches enclosing type: {selection.parent.name}"
                    raise invalid(f"inline fragment on type: {names}", path)
                self._directives(selection.node.directives or (), path)
                self._selections(selection.selections, path)
            else:
                name, wanted = selection.node.name.value, selection.fragment.type_condition.name.value
                enclosing = selection.parent.name
                text = f"fragment {name} must be spread on type {wanted} and not type {enclosing}"
                raise invalid(f"fragment spread: {text}", path)

    def _field(self, selected: Field, path: list[str], leaves: dict[str, Field]) -> None:
        definition = selected.definition
        is_leaf = is_leaf_type(get_named_type(definition.type))
        if not is_leaf and not selected.selections:
            text = f"{selected.name} on type: {selected.parent.name} must have selections"
            raise invalid(f"non scalar field: {text}", path)
        if is_leaf and leaves.setdefault(selected.key, selected).name != selected.name:
            text = f"differing fields for objectName '{selected.key}' on (potentially) same type"
            raise invalid(text, path)
        self._required(selected, definition.args, path)
        counts = Counter(argument.name.value for argument in selected.node.arguments or ())
        for argument in selected.node.arguments or ():
            self._argument(selected, argument, [*path, selected.key])
            if counts[argument.name.value] > 1:
                raise invalid(f"argument: {argument.name.value} must be unique", [*path, selected.key])
        self._directives(selected.node.directives or (), [*path, selected.key])
        self._selections(selected.selections, [*path, selected.key])

    @staticmethod
    def _required(selected: Field, known: dict[str, GraphQLArgument], path: list[str]) -> None:
        given = {argument.name.value for argument in selected.node.arguments or ()}
        for name, argument in known.items():
            if is_required_argument(argument) and name not in given:
                raise invalid(f"argument: {name} is required on field: {selected.name} but missing", path)

    def _argument(self, selected: Field, node: ArgumentNode, path: list[str]) -> None:
        argument = selected.definition.args.get(node.name.value)
        if argument is None:
            names = f'"{node.name.value}" on field "{selected.parent.name}.{selected.name}"'
            self.noted.append(QueryError(f"Unknown argument {names}.", (), (place_of(node),)))
        elif isinstance(node.value, VariableNode):
            self._variable(node.value, argument, path)

    def _variable(self, node: VariableNode, argument: GraphQLArgument, path: list[str]) -> None:
        name, place = node.name.value, place_of(node)
        definition = self.variables.get(name)
        if definition is None:
            text = f'Variable "${name}" is not defined by operation "{self.operation}"'
            raise invalid(text, path, [place])
        actual = type_from_ast(self.schema, definition.type)
        wanted = argument.type
        if definition.default_value is not None and is_non_null_type(wanted):
            wanted = wanted.of_type
        if actual is None or not is_type_sub_type_of(self.schema, actual, wanted):
            text = f'Variable "${name}" of type "{print_ast(definition.type)}" used in position'
            first = place_of(definition)
            raise invalid(f'{text} expecting type "{argument.type}".', path, [first, place])

    def _directives(self, directives: Sequence[DirectiveNode], path: list[str]) -> None:
        for directive in directives:
            if self.schema.get_directive(directive.name.value) is None:
                raise invalid(f"directive: {directive.name.value} undefined", path)
            for argument in directive.arguments or ():
                value = argument.value
                if argument.name.value == "if" and not isinstance(value, VariableNode | BooleanValueNode):
                    text = f"Boolean cannot represent a non boolean value: {print_ast(value)}"
                    self.noted.append(QueryError(text, (), (place_of(value),)))
