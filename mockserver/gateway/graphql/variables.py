"""The values of variables, held against their types (pkg/variablevalidator of graphql-go-tools)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_scalar_type,
    type_from_ast,
)

from mockserver.gateway.graphql.documents import place_of
from mockserver.gateway.graphql.normalisation import Field, Fragment, Operation, Selection
from mockserver.gateway.graphql.refusals import Location, invalid
from mockserver.gateway.graphql.uses import used_names
from mockserver.golang.json_reader import Number, Object

_SCALARS = {
    "Int": ["integer"],
    "Float": ["number"],
    "String": ["string"],
    "Boolean": ["boolean"],
    "ID": ["string", "integer"],
}  # the JSON types of each; other scalars take all
_END: Location = (0, 0)


def check_variables(schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any]) -> None:
    """Check the variables that an operation uses, and the constants of its arguments, which become variables.

    Raises:
        InvalidQuery: a required variable is missing, or a value has a wrong type.
    """
    path, used = [operation.kind], set(used_names(operation.selections))
    for definition in operation.node.variable_definitions or ():
        name = definition.variable.name.value
        if name not in used:
            continue
        kind = type_from_ast(schema, definition.type)
        place = place_of(definition)
        if name not in variables:
            if is_non_null_type(kind) and definition.default_value is None:
                raise invalid(f'Required variable "${name}" was not provided', path, [place])
        elif reason := _difference(kind, variables[name]):
            raise invalid(f'Validation for variable "{name}" failed: {reason}', path, [place])
    names = free_names(operation, variables)
    for kind, value in _constants(operation.selections):
        name = next(names)
        if reason := _difference(kind, value):
            raise invalid(f'Validation for variable "{name}" failed: {reason}', path, [_END])


def free_names(operation: Operation, variables: Mapping[str, Any]) -> Iterator[str]:
    """The names of the variables that stand for constants, in order."""
    taken = {*variables, *(each.variable.name.value for each in operation.node.variable_definitions or ())}
    return (name for name in map(_letters, count()) if name not in taken)


def _letters(index: int) -> str:
    """The name of a variable that stands for a constant: a to z, then aa, ab and so on."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("a") + letter) + name
    return name


def _constants(selections: Sequence[Selection]) -> Iterator[tuple[Any, Any]]:
    """The types and values of the arguments that are constants, in the order of the document."""
    for selection in selections:
        if isinstance(selection, Field):
            for node in selection.node.arguments or ():
                argument = selection.definition.args.get(node.name.value)
                if argument is not None:
                    for value in constant(node.value):
                        yield argument.type, value
        if isinstance(selection, Field | Fragment):
            yield from _constants(selection.selections)


def constant(node: ValueNode) -> Iterator[Any]:
    """The value of a constant as JSON; nothing for a value with a variable in it."""
    match node:
        case IntValueNode() | FloatValueNode():
            yield Number(node.value)
        case NullValueNode():
            yield None
        case StringValueNode() | EnumValueNode() | BooleanValueNode():
            yield node.value
        case ListValueNode():
            parts = [list(constant(value)) for value in node.values]
            if all(parts):
                yield [value for (value,) in parts]
        case ObjectValueNode():
            members = [(field.name.value, list(constant(field.value))) for field in node.fields]
            if all(values for _, values in members):
                yield Object((name, values[0]) for name, values in members)


def _difference(kind: Any, value: Any, place: str = "") -> str:
    """The words for a value of another JSON type than a type takes; "" if it is right."""
    is_optional = not is_non_null_type(kind)
    kind = kind if is_optional else kind.of_type
    if value is None and is_optional:
        return ""
    if is_list_type(kind) and value is not None and _type_name(value) != "array":
        value = [value]
    wanted = _wanted(kind)
    actual = _type_name(value)
    if wanted and actual not in wanted and not (actual == "integer" and "number" in wanted):
        names = " or ".join([*wanted, *(["null"] if is_optional else [])])
        shown = "number" if actual == "integer" else actual
        return _at(place, f"expected {names}, but got {shown}")
    parts: Iterator[tuple[Any, Any, str]] = iter(())
    if is_list_type(kind):
        parts = ((kind.of_type, item, str(index)) for index, item in enumerate(value))
    elif is_input_object_type(kind):
        if reason := _members_difference(kind, value):
            return _at(place, reason)
        parts = ((kind.fields[name].type, item, name) for name, item in value)
    reasons = (_difference(inner, item, f"{place}.{name}".lstrip(".")) for inner, item, name in parts)
    return next(filter(None, reasons), "")


def _members_difference(kind: GraphQLInputObjectType, value: Object) -> str:
    names = dict(value)
    missing = [f"'{name}'" for name, field in kind.fields.items() if is_required_input_field(field)]
    missing = [name for name in missing if name.strip("'") not in names]
    unknown = [f"'{name}'" for name in names if name not in kind.fields]
    if missing:
        return f"missing properties: {', '.join(missing)}"
    return f"additionalProperties {', '.join(unknown)} not allowed" if unknown else ""


def _at(place: str, reason: str) -> str:
    return f"field {place}, {reason}" if place else reason


def _wanted(kind: Any) -> list[str]:
    if is_list_type(kind):
        return ["array"]
    if is_scalar_type(kind):
        return _SCALARS.get(kind.name, [])
    return ["string"] if is_enum_type(kind) else ["object"] if kind is not None else []


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Number):
        return "integer" if value.lstrip("-").isdigit() else "number"
    kinds = ((str, "string"), (Object, "object"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
