"""What a gateway puts into the variables of a request before it judges the document.

These are the constants of arguments, the defaults of variables, and those of arguments that are left out.
Source: pkg/astnormalization of graphql-go-tools: variables_extraction.go, inject_input_default_values.go and
variables_default_value_extraction.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    ListTypeNode,
    NonNullTypeNode,
    VariableDefinitionNode,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_scalar_type,
    is_union_type,
)

from mockserver.gateway.graphql.normalisation import Field, Fragment, Operation, Selection
from mockserver.gateway.graphql.refusals import Panic, Unprocessable
from mockserver.gateway.graphql.requests import Request
from mockserver.gateway.graphql.schemas import in_order
from mockserver.gateway.graphql.uses import names_in, used_names
from mockserver.gateway.graphql.values import named
from mockserver.gateway.graphql.variables import constant
from mockserver.golang.json_reader import Number, Object

_LITERAL = re.compile(r"(true|false|null|[-0-9].*)", re.DOTALL)  # a text that is read as one without quotes


def is_executed(operation: Operation, request: Request) -> bool:
    """True if a gateway makes the constants of an operation variables: it is the one to execute."""
    return request.operation in ("", operation.name)


def check_extraction(schema: GraphQLSchema, operations: Sequence[Operation], request: Request) -> None:
    """Check that values can be put into the variables of a request.

    Raises:
        Unprocessable: the variables are an array, or one has a value that its type cannot have.
        Panic: the type of a variable is none that values may have, and it has a value.
    """
    for operation in operations:
        if request.has_array and any(_puts(operation, request)):
            raise Unprocessable("the variables are an array, so that no value can be put into them")
        used = set(used_names(operation.selections))
        for definition in operation.node.variable_definitions or ():
            name = definition.variable.name.value
            if name in used and not _is_processable(schema, definition, request):
                raise Unprocessable(f"the variable {name} has a value that its type cannot have")


def _puts(operation: Operation, request: Request) -> Iterator[bool]:
    """True for each value of an operation that is put into the variables."""
    used = set(used_names(operation.selections))
    for definition in operation.node.variable_definitions or ():
        yield definition.default_value is not None and definition.variable.name.value in used
    yield from _puts_of(operation.selections, has_constants=is_executed(operation, request))


def _puts_of(selections: Sequence[Selection], *, has_constants: bool) -> Iterator[bool]:
    for selection in selections:
        if isinstance(selection, Field):
            known, nodes = selection.definition.args, selection.node.arguments or ()
            given = {node.name.value for node in nodes}
            yield any(arg.default is not None and name not in given for name, arg in known.items())
            yield has_constants and any(
                node.name.value in known and not any(names_in(node.value)) for node in nodes
            )
        if isinstance(selection, Field | Fragment):
            yield from _puts_of(selection.selections, has_constants=has_constants)


def _is_processable(schema: GraphQLSchema, definition: VariableDefinitionNode, request: Request) -> bool:
    """True if a gateway can look for members with defaults in the value of a variable, if it has one."""
    node = definition.type.type if isinstance(definition.type, NonNullTypeNode) else definition.type
    is_list, kind = isinstance(node, ListTypeNode), schema.get_type(named(node).name.value)
    name = definition.variable.name.value
    if name in request.variables:
        value = request.variables[name]
        if is_list and value is not None and not _is_array(value):
            value = [value]
    elif definition.default_value is not None:
        value = next(constant(definition.default_value), None)
    else:
        return True
    if kind is not None and is_leaf_type(kind) and not is_list:
        return True
    if isinstance(value, str) and not isinstance(value, Number) and not _LITERAL.fullmatch(value):
        return False
    if kind is None or is_scalar_type(kind):
        return True
    if is_list != _is_array(value):
        return False
    if isinstance(value, list) and is_list and not any(isinstance(item, Object) for item in value):
        return True
    _check_place(schema, kind)
    return True


def _check_place(schema: GraphQLSchema, kind: GraphQLNamedType) -> None:
    """Refuse a type that a gateway takes for an input type, by its place among the types of its own kind."""
    tests = (is_object_type, is_interface_type, is_union_type, is_enum_type)
    own = next((is_own for is_own in tests if is_own(kind)), None)
    if own and in_order(schema, own).index(kind.name) >= len(in_order(schema, is_input_object_type)):
        raise Panic


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, Object)
