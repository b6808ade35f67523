"""The variables that an operation uses; a gateway drops the others before it judges a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import FieldNode, ListValueNode, ObjectValueNode, ValueNode, VariableNode

from mockserver.gateway.graphql.normalisation import Field, Fragment, Selection


def used_names(selections: Sequence[Selection]) -> Iterator[str]:
    """The names of the variables in arguments of fields and directives."""
    for selection in selections:
        node = selection.node
        arguments = list(node.arguments or ()) if isinstance(node, FieldNode) else []
        for directive in node.directives or ():
            arguments += directive.arguments or ()
        for argument in arguments:
            yield from names_in(argument.value)
        if isinstance(selection, Field | Fragment):
            yield from used_names(selection.selections)


def names_in(node: ValueNode) -> Iterator[str]:
    """The names of the variables in a value."""
    match node:
        case VariableNode():
            yield node.name.value
        case ListValueNode():
            for value in node.values:
                yield from names_in(value)
        case ObjectValueNode():
            for field in node.fields:
                yield from names_in(field.value)
