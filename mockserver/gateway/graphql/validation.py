"""The rules of a gateway for the operations of a document (pkg/astvalidation of graphql-go-tools).

Most rules stop at the first error. An unknown argument is noted, and the rules go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    DirectiveNode,
    GraphQLArgument,
    GraphQLNamedType,
    GraphQLSchema,
    NullValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_input_type,
    is_interface_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    is_scalar_type,
    is_union_type,
    print_ast,
    type_from_ast,
)
from graphql.utilities import is_type_sub_type_of

from mockserver.gateway.graphql.documents import place_of
from mockserver.gateway.graphql.extraction import is_executed
from mockserver.gateway.graphql.normalisation import (
    TYPE_NAME,
    Field,
    Fragment,
    Operation,
    Selection,
    is_constant,
    overlap,
)
from mockserver.gateway.graphql.refusals import InvalidQuery, QueryError, invalid
from mockserver.gateway.graphql.requests import Request
from mockserver.gateway.graphql.schemas import in_order
from mockserver.gateway.graphql.uses import used_names
from mockserver.gateway.graphql.values import Values, named

_Signature = tuple[str, list[str], list[str]]
NO_OPERATION = "document doesn't contain any executable operation"


def validate(schema: GraphQLSchema, operations: Sequence[Operation], request: Request) -> None:
    """Check the operations of a request.

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
    walk = _Walk(schema, request)
    try:
        for operation in operations:
            walk.enter(operation)
    except InvalidQuery as stop:
        raise InvalidQuery([*walk.noted, *stop.errors]) from None
    if walk.noted:
        raise InvalidQuery(walk.noted)


@dataclass(frozen=True)
class _Leaf:
    """What a scalar of an operation is compared by: its object, its signature and its type."""

    parent: GraphQLNamedType
    signature: _Signature
    kind: str


@dataclass
class _Walk:
    """A walk through operations.

    Attributes:
        noted: the errors that do not stop it.
        variables: the definitions of the operation's variables by name.
        are_extracted: True if the constants of the operation became variables.
        leaves: the scalars of the operation by their path in the response, equal ones once.
    """

    schema: GraphQLSchema
    request: Request
    noted: list[QueryError] = field(default_factory=list)
    operation: str = ""
    variables: dict[str, VariableDefinitionNode] = field(default_factory=dict)
    are_extracted: bool = False
    leaves: dict[tuple[str, ...], list[_Leaf]] = field(default_factory=dict)

    def enter(self, operation: Operation) -> None:
        """Check an operation."""
        self.operation, self.are_extracted = operation.name, is_executed(operation, self.request)
        definitions = operation.node.variable_definitions or ()
        self.variables, self.leaves = {}, {}
        used = set(used_names(operation.selections))
        for definition in definitions:
            name = definition.variable.name.value
            if name in self.variables:
                text = f"variable: {name} must be unique per operation: {operation.name}"
                raise invalid(text, [operation.kind])
            self.variables[name] = definition
            if name in used:
                self._variable_type(definition)
        self._directives(operation.node.directives or (), [operation.kind], "QUERY")
        self._selections(operation.selections, [operation.kind])

    def _variable_type(self, definition: VariableDefinitionNode) -> None:
        """Note the type of a variable if it is none that values may have."""
        name = named(definition.type).name.value
        kind = self.schema.get_type(name)
        if kind is not None and is_input_type(kind):
            return
        text = f'Unknown type "{name}".'
        if kind is not None:
            variable = definition.variable.name.value
            text = f'Variable "${variable}" cannot be non-input type "{print_ast(definition.type)}".'
        self.noted.append(QueryError(text, (), (place_of(definition.type),)))

    def _selections(self, selections: Sequence[Selection], path: list[str]) -> None:
        """Check the selections at a path."""
        for selection in selections:
            if isinstance(selection, Field):
                self._field(selection, path)
            elif isinstance(selection, Fragment):
                if not overlap(self.schema, selection.type, selection.parent):
                    names = f"{selection.type.name} mismatches enclosing type: {selection.parent.name}"
                    raise invalid(f"inline fragment on type: {names}", path)
                self._directives(selection.node.directives or (), path, "INLINE_FRAGMENT")
                self._selections(selection.selections, path)
            else:
                name, wanted = selection.node.name.value, selection.fragment.type_condition.name.value
                enclosing = selection.parent.name
                text = f"fragment {name} must be spread on type {wanted} and not type {enclosing}"
                raise invalid(f"fragment spread: {text}", path)

    def _field(self, selected: Field, path: list[str]) -> None:
        if selected.name == TYPE_NAME and is_union_type(selected.parent):
            return  # a gateway knows no such field of a union, and skips it
        definition = selected.definition
        is_leaf = is_leaf_type(get_named_type(definition.type))
        selection_set = selected.node.selection_set
        if not is_leaf and not (selection_set and selection_set.selections):
            text = f"{selected.name} on type: {selected.parent.name} must have selections"
            raise invalid(f"non scalar field: {text}", path)
        if is_scalar_type(get_named_type(definition.type)) and selected.name != TYPE_NAME:
            _check_merging(selected, self.leaves.setdefault((*path, selected.key), []), path)
        self._required(selected, definition.args, path)
        counts = Counter(argument.name.value for argument in selected.node.arguments or ())
        for argument in selected.node.arguments or ():
            self._argument(selected, argument, [*path, selected.key])
            if counts[argument.name.value] > 1:
                raise invalid(f"argument: {argument.name.value} must be unique", [*path, selected.key])
        self._directives(selected.node.directives or (), [*path, selected.key], "FIELD")
        self._selections(selected.selections, [*path, selected.key])

    def _required(self, selected: Field, known: dict[str, GraphQLArgument], path: list[str]) -> None:
        given = {argument.name.value: argument.value for argument in selected.node.arguments or ()}
        for name, argument in known.items():
            if is_required_argument(argument) and name not in given:
                raise invalid(f"argument: {name} is required on field: {selected.name} but missing", path)
            is_null = isinstance(given.get(name), NullValueNode) and not self.are_extracted
            if is_null and is_non_null_type(argument.type):
                raise invalid(f"argument: {name} on field: {selected.name} must not be null", path)

    def _argument(self, selected: Field, node: ArgumentNode, path: list[str]) -> None:
        argument = selected.definition.args.get(node.name.value)
        if argument is None:
            names = f'"{node.name.value}" on field "{self._told_type(selected)}.{selected.name}"'
            self.noted.append(QueryError(f"Unknown argument {names}.", (), (place_of(node),)))
        else:
            if isinstance(node.value, VariableNode):
                self._variable(node.value, argument, path, is_of_field=True)
            self._values().check(node.value, argument.type, is_of_field=True)

    def _values(self) -> Values:
        return Values(self.variables, self.noted, self.are_extracted)

    def _told_type(self, selected: Field) -> str:
        """The type that a refusal names: for an interface the object of the same place in the schema.

        Source: pkg/astvalidation/operation_rule_known_arguments.go of graphql-go-tools.
        """
        if not is_interface_type(selected.parent):
            return selected.parent.name
        interfaces = in_order(self.schema, is_interface_type)
        objects = in_order(self.schema, is_object_type)
        return dict(zip(interfaces, objects, strict=False)).get(selected.parent.name, selected.parent.name)

    def _variable(
        self, node: VariableNode, argument: GraphQLArgument, path: list[str], *, is_of_field: bool
    ) -> None:
        """Check the type of a variable; for arguments of fields a default makes it one that is not null."""
        name, place = node.name.value, place_of(node)
        definition = self.variables.get(name)
        if definition is None:
            raise self._undefined(node, path)
        actual = type_from_ast(self.schema, definition.type)
        wanted = argument.type
        printed = print_ast(definition.type)
        is_extracted = is_of_field and name not in self.request.variables
        has_value = is_extracted and definition.default_value is not None
        if is_non_null_type(wanted) and (has_value or argument.default is not None):
            wanted = wanted.of_type
            printed += "!" if has_value and not printed.endswith("!") else ""
        if actual is None or not is_type_sub_type_of(self.schema, actual, wanted):
            text = f'Variable "${name}" of type "{printed}" used in position'
            first = place_of(definition)
            raise invalid(f'{text} expecting type "{argument.type}".', path, [first, place])

    def _undefined(self, node: VariableNode, path: list[str]) -> InvalidQuery:
        text = f'Variable "${node.name.value}" is not defined by operation "{self.operation}"'
        return invalid(text, path, [place_of(node)])

    def _directives(self, directives: Sequence[DirectiveNode], path: list[str], kind: str) -> None:
        for directive in directives:
            name = directive.name.value
            definition = self.schema.get_directive(name)
            if definition is None:
                raise invalid(f"directive: {name} undefined", path)
            if kind not in {location.name for location in definition.locations}:
                raise invalid(f"directive: {name} not allowed on node of kind: {kind}", path)
            for argument in directive.arguments or ():
                value = argument.value
                wanted = definition.args.get(argument.name.value)
                if isinstance(value, VariableNode) and wanted is not None:
                    self._variable(value, wanted, path, is_of_field=False)
                if wanted is not None:
                    self._values().check(value, wanted.type, is_of_field=False)


def _check_merging(selected: Field, others: list[_Leaf], path: list[str]) -> None:
    """Check a scalar against those with its name in the response, and add it to them unless one is equal."""
    leaf = _Leaf(selected.parent, _signature(selected), str(selected.definition.type))
    if leaf in others:
        return
    for other in others:
        is_same_object = other.parent is leaf.parent or any(
            map(is_interface_type, (other.parent, leaf.parent))
        )
        if is_same_object and other.signature != leaf.signature:
            text = f"differing fields for objectName '{selected.key}' on (potentially) same type"
            raise invalid(text, path)
        if other.kind != leaf.kind:
            types = f"'{other.kind}' and '{leaf.kind}'"
            text = f"fields '{selected.key}' conflict because they return conflicting types {types}"
            raise invalid(text, path)
    others.append(leaf)


def _signature(selected: Field) -> _Signature:
    """The name, the arguments and the directives of a field."""
    node = selected.node
    directives = [directive for directive in node.directives or () if not is_constant(directive)]
    return selected.name, sorted(map(print_ast, node.arguments or ())), sorted(map(print_ast, directives))
