"""The request that a gateway sends to the upstream of an API with GraphQL of version 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import VariableNode, is_abstract_type, print_ast

from mockserver.gateway.graphql.normalisation import (
    INTROSPECTION,
    TYPE_NAME,
    Field,
    Fragment,
    Operation,
    Selection,
)
from mockserver.gateway.graphql.requests import Request
from mockserver.gateway.graphql.variables import constant, free_names
from mockserver.golang import json_reader
from mockserver.golang.json_reader import Object


def merged(selections: Sequence[Selection]) -> list[Selection]:
    """The selections with one field for each name in the response."""
    fields: dict[tuple[str, str], Field] = {}
    result: list[Selection | tuple[str, str]] = []
    for selection in selections:
        if not isinstance(selection, Field):
            result.append(selection)
            continue
        key = (selection.key, selection.name)
        if key not in fields:
            result.append(key)
            fields[key] = selection
        else:
            first = fields[key]
            both = (*first.selections, *selection.selections)
            fields[key] = Field(first.node, first.parent, first.definition, both)
    return [fields[each] if isinstance(each, tuple) else each for each in result]


def upstream_text(request: Request, operation: Operation) -> str:
    """The body of the request to the upstream; "" if the upstream has nothing to answer.

    Constants become variables, fragments are in place, and the schema is not asked for. Source: requests
    that an upstream received of gateway 5.12.0.
    """
    selections = [each for each in merged(operation.selections) if not _is_own(each)]
    if all(isinstance(each, Field) and each.name == TYPE_NAME for each in selections):
        return ""
    printer = _Printer(request, operation)
    printed = printer.selections(selections)
    values = [(name, value) for name, (_, value) in printer.variables.items() if value is not _MISSING]
    head = ""
    if printer.variables or operation.kind != "query":
        definitions = ", ".join(f"${name}: {kind}" for name, (kind, _) in printer.variables.items())
        head = operation.kind + (f"({definitions})" if definitions else " ")
    members = [("variables", Object(values))] if values else []
    return json_reader.text_of(Object([*members, ("query", head + printed)]))


def _is_own(selection: Selection) -> bool:
    return isinstance(selection, Field) and selection.name in INTROSPECTION


_MISSING = object()


@dataclass
class _Printer:
    """A printer of selections, which collects the types and the values of variables."""

    request: Request
    operation: Operation
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    names: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = free_names(self.operation, self.request.variables)

    def selections(self, selections: Sequence[Selection]) -> str:
        """A selection set, with the name of the type before the first fragment for another type."""
        parts: list[str] = []
        has_name = any(isinstance(each, Field) and each.key == TYPE_NAME for each in selections)
        for selection in merged(selections):
            if isinstance(selection, Field):
                parts.append(self._field(selection))
            elif isinstance(selection, Fragment):
                if not has_name and is_abstract_type(selection.parent):
                    parts.append(TYPE_NAME)
                    has_name = True
                parts.append(f"... on {selection.type.name} {self.selections(selection.selections)}")
        return "{" + " ".join(parts) + "}"

    def _field(self, selected: Field) -> str:
        alias = f"{selected.key}: " if selected.key != selected.name else ""
        given = {argument.name.value: argument.value for argument in selected.node.arguments or ()}
        arguments = [
            f"{name}: {self._argument(str(definition.type), given[name])}"
            for name, definition in selected.definition.args.items()
            if name in given
        ]
        printed = alias + selected.name + (f"({', '.join(arguments)})" if arguments else "")
        if not selected.selections:
            return printed
        return printed + ("" if arguments else " ") + self.selections(selected.selections)

    def _argument(self, kind: str, node: Any) -> str:
        if isinstance(node, VariableNode):
            name = node.name.value
            definitions = {d.variable.name.value: d for d in self.operation.node.variable_definitions or ()}
            value = self.request.variables.get(name, _MISSING)
            default = definitions[name].default_value
            if value is _MISSING and default is not None:
                value = next(constant(default), _MISSING)
            self.variables[name] = (print_ast(definitions[name].type), value)
            return f"${name}"
        for value in constant(node):
            name = next(self.names)
            self.variables[name] = (kind, value)
            return f"${name}"
        return print_ast(node)
