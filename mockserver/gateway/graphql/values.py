"""The rules of a gateway for values in a document.

Source: pkg/astvalidation/operation_rule_values.go of graphql-go-tools.
A gateway makes the constants of an operation that it executes variables before it judges the document, so
that the rules concern values with a variable in them, arguments of directives, and other operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    print_ast,
)

from mockserver.gateway.graphql.documents import place_of
from mockserver.gateway.graphql.refusals import QueryError
from mockserver.gateway.graphql.uses import names_in

_LEAST, _MOST = -(1 << 31), (1 << 31) - 1  # of Int
_KINDS: dict[str, tuple[tuple[type[ValueNode], ...], str]] = {  # the nodes of each scalar, and the refusal
    "ID": ((StringValueNode, IntValueNode), "a non-string and non-integer value"),
    "Boolean": ((BooleanValueNode,), "a non boolean value"),
    "Int": ((IntValueNode,), "non-integer value"),
    "Float": ((FloatValueNode, IntValueNode), "non numeric value"),
    "String": ((StringValueNode,), "a non string value"),
}


@dataclass(frozen=True)
class Values:
    """The judgement of the values of one operation.

    Attributes:
        variables: the definitions of its variables by name.
        errors: what is wrong, in the order in which a gateway notes it.
        are_extracted: True if the gateway makes the constants of arguments variables first.
    """

    variables: Mapping[str, VariableDefinitionNode]
    errors: list[QueryError]
    are_extracted: bool

    def check(self, node: ValueNode, kind: Any, *, is_of_field: bool) -> None:
        """Judge the value of an argument of a field or of a directive."""
        is_extracted = is_of_field and self.are_extracted
        if isinstance(node, VariableNode) or (is_extracted and not any(names_in(node))):
            return
        self._fits(node, kind, is_extracted=is_extracted)

    def _fits(self, node: ValueNode, kind: Any, *, is_extracted: bool) -> bool:
        """True if a value is right; what is wrong is noted."""
        if is_non_null_type(kind):
            return self._fits_required(node, kind, is_extracted=is_extracted)
        if isinstance(node, NullValueNode):
            return True
        if is_list_type(kind):
            return self._fits_list(node, kind, is_extracted=is_extracted)
        if isinstance(node, VariableNode):
            definition = self.variables.get(node.name.value)
            if definition is not None and named(definition.type).name.value != kind.name:
                return self._note_variable(node, definition, kind)
            return definition is not None
        if is_enum_type(kind):
            return self._fits_enum(node, kind)
        if is_input_object_type(kind):
            return self._fits_object(node, kind, is_extracted=is_extracted)
        return self._fits_scalar(node, kind)

    def _fits_required(self, node: ValueNode, kind: Any, *, is_extracted: bool) -> bool:
        if isinstance(node, NullValueNode):
            return self._note(f'Expected value of type "{kind}", found null.', node)
        if isinstance(node, VariableNode):
            definition = self.variables.get(node.name.value)
            if definition is None:
                return self._note_value(node, kind)
            has_default = definition.default_value is not None
            if print_ast(definition.type) not in (str(kind), str(kind.of_type) if has_default else ""):
                return self._note_variable(node, definition, kind)
            return True
        return self._fits(node, kind.of_type, is_extracted=is_extracted)

    def _fits_list(self, node: ValueNode, kind: Any, *, is_extracted: bool) -> bool:
        item = kind.of_type
        if isinstance(node, VariableNode):
            definition = self.variables.get(node.name.value)
            if definition is None:
                return self._note_value(node, kind)
            if print_ast(_item_of(definition.type)) != str(item):
                return self._note_variable(node, definition, kind)
            return True
        if not isinstance(node, ListValueNode):
            return self._fits(node, item, is_extracted=is_extracted)
        item = item.of_type if is_non_null_type(item) else item
        fitting = [self._fits(value, item, is_extracted=is_extracted) for value in node.values]
        return all(fitting)  # of all, so that each that does not fit is noted

    def _fits_enum(self, node: ValueNode, kind: GraphQLEnumType) -> bool:
        if not isinstance(node, EnumValueNode):
            return self._note(f'Enum "{kind.name}" cannot represent non-enum value: {print_ast(node)}.', node)
        if node.value not in kind.values:
            return self._note(f'Value "{node.value}" does not exist in "{kind.name}" enum.', node)
        return True

    def _fits_scalar(self, node: ValueNode, kind: Any) -> bool:
        nodes, refusal = _KINDS.get(kind.name, ((ValueNode,), ""))
        if not isinstance(node, nodes):
            return self._note(f"{kind.name} cannot represent {refusal}: {print_ast(node)}", node)
        if kind.name == "Int" and isinstance(node, IntValueNode) and not _LEAST <= int(node.value) <= _MOST:
            text = f"Int cannot represent non 32-bit signed integer value: {node.value}"
            return self._note(text, node)
        return True

    def _fits_object(self, node: ValueNode, kind: GraphQLInputObjectType, *, is_extracted: bool) -> bool:
        if not isinstance(node, ObjectValueNode):
            return self._note(f'Expected value of type "{kind.name}", found {print_ast(node)}.', node)
        given: dict[str, ObjectFieldNode] = {}
        for each in node.fields:
            given.setdefault(each.name.value, each)
        fitting = [self._fits_member(node, kind, name, given, is_extracted) for name in kind.fields]
        if not all(fitting):
            return False
        unknown = [
            self._note(f'Field "{each.name.value}" is not defined by type "{kind.name}".', each)
            for each in node.fields
            if each.name.value not in kind.fields
        ]
        return not unknown and not list(self._twins(node, given))

    def _fits_member(
        self, node: ObjectValueNode, kind: GraphQLInputObjectType, name: str,
        given: Mapping[str, ObjectFieldNode], is_extracted: bool,
    ) -> bool:  # fmt: skip
        member = kind.fields[name]
        if name not in given:
            if is_required_input_field(member):
                text = f'Field "{kind.name}.{name}" of required type "{member.type}" was not provided.'
                return self._note(text, node)
            return True
        value = given[name].value
        if is_extracted and not any(names_in(value)):
            return True
        return self._fits(value, member.type, is_extracted=is_extracted)

    def _twins(self, node: ObjectValueNode, given: Mapping[str, ObjectFieldNode]) -> Iterator[str]:
        """Note the members of an object that have the name of an earlier one."""
        for each in node.fields:
            first = given[each.name.value]
            if first is not each:
                text = f'There can be only one input field named "{each.name.value}".'
                self.errors.append(QueryError(text, (), (place_of(first), place_of(each))))
                yield text

    def _note(self, text: str, node: ValueNode | ObjectFieldNode) -> bool:
        self.errors.append(QueryError(text, (), (place_of(node),)))
        return False

    def _note_value(self, node: VariableNode, kind: Any) -> bool:
        return self._note(f"{get_named_type(kind).name} cannot represent value: ${node.name.value}", node)

    def _note_variable(self, node: VariableNode, definition: VariableDefinitionNode, kind: Any) -> bool:
        actual = named(definition.type).name.value
        text = f'Variable "${node.name.value}" of type "{actual}" used in position expecting type "{kind}".'
        self.errors.append(QueryError(text, (), (place_of(definition), place_of(node))))
        return False


def named(node: TypeNode) -> NamedTypeNode:
    """The named type in a type."""
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node


def _item_of(node: TypeNode) -> TypeNode:
    """The type of the items of a list; another type itself."""
    node = node.type if isinstance(node, NonNullTypeNode) else node
    return node.type if isinstance(node, ListTypeNode) else node
