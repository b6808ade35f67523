"""The answer of an upstream in the shape of a query (pkg/engine/resolve of graphql-go-tools)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from mockserver.gateway.graphql.documents import place_of
from mockserver.gateway.graphql.introspection import answer_of
from mockserver.gateway.graphql.normalisation import (
    INTROSPECTION,
    LEFT_OUT_IF,
    TYPE_NAME,
    Field,
    Fragment,
    Operation,
    Selection,
    Spread,
)
from mockserver.gateway.graphql.printing import merged
from mockserver.gateway.graphql.refusals import Location, QueryError
from mockserver.golang import json_places, json_reader, json_writer
from mockserver.golang.json_places import Place
from mockserver.golang.json_reader import JSONSyntaxError, Number, Object

_ERROR_MEMBERS = ("message", "locations", "path", "extensions")
_NUMBERS = ("Int", "Float")
_BOOLEAN = "Boolean"
_UNRESOLVED = "unable to resolve"
MOST_FIELDS = 1_000_000  # of an answer; a gateway has no limit
MOST_CHARACTERS = 64 << 20  # of the names of fields in it


class WrongType(Exception):
    """A value of the upstream that is no text, where the schema has one."""


class TooMuch(Exception):
    """The answer would have more fields or characters than the mock writes."""


class _Null(Exception):
    """No value for a field that may not be null."""


@dataclass(frozen=True)
class _Value:
    """A JSON value at a place of a document; the node is None if there is none."""

    node: Any
    document: str = "null"
    start: int = 0
    end: int | None = None
    children: Sequence[tuple[str, _Value]] = ()

    @property
    def text(self) -> str:
        """The text of the value."""
        return self.document[self.start : self.end]

    @cached_property
    def _members(self) -> dict[str, _Value]:
        return dict(reversed(self.children)) if isinstance(self.node, Object) else {}

    def member(self, name: str) -> _Value:
        """The first member of a name."""
        return self._members.get(name, _NOTHING)


_NOTHING = _Value(None)


def _value(text: str) -> _Value:
    """The value of a text; nothing for a text that is no JSON."""
    try:
        node, _ = json_reader.read(text.encode("utf-8", "surrogatepass"))
    except JSONSyntaxError:
        return _NOTHING
    return _placed(text, node, json_places.places(text))


def _placed(text: str, node: Any, place: Place) -> _Value:
    if not isinstance(node, list):
        return _Value(node, text, place.start, place.end)
    named = node if isinstance(node, Object) else [("", item) for item in node]
    pairs = zip(named, place.children, strict=True)
    children = [(name, _placed(text, child, inner)) for (name, child), inner in pairs]
    return _Value(node, text, place.start, place.end, children)


def resolved(schema: GraphQLSchema, operation: Operation, variables: dict[str, Any], body: bytes) -> str:
    """The body of the answer to an operation, from the body that the upstream gave.

    Raises:
        WrongType: the upstream gave another value for a text.
        TooMuch: the answer would take too long.
    """
    answer = _value(body.decode("utf-8", "go-json"))
    resolver = _Resolver(schema, variables)
    errors = [_error(each) for _, each in answer.member("errors").children]
    try:
        data = resolver.fields(operation.selections, operation.root, answer.member("data"))
    except _Null:
        data = "null"
        errors.append(json_writer.write(QueryError(_UNRESOLVED, (), (resolver.place,)).document()))
    listed = ",".join(filter(None, errors))
    return "{" + (f'"errors":[{listed}],' if listed else "") + f'"data":{data}}}'


def _error(error: _Value) -> str:
    """An error of the upstream with the members that a gateway passes on; "" without a message."""
    members = {name: error.member(name) for name in _ERROR_MEMBERS}
    if members["message"].node is None:
        return ""
    shown = [f'"{name}":{value.text}' for name, value in members.items() if value.node is not None]
    return "{" + ",".join(shown) + "}"


@dataclass
class _Resolver:
    """A walk through a query and an answer.

    Attributes:
        place: the place of the last field.
        fields_left: how many more fields may be written.
        characters_left: how many more characters of their names may be written.
    """

    schema: GraphQLSchema
    variables: dict[str, Any]
    place: Location = (0, 0)
    fields_left: int = MOST_FIELDS
    characters_left: int = MOST_CHARACTERS

    def fields(self, selections: Sequence[Selection], parent: GraphQLNamedType, value: _Value) -> str:
        """The text of an object; "null" if all its fields are of other types.

        Raises:
            _Null: a field that may not be null has no value.
        """
        parts: list[str] = []
        is_skipped = self._add(selections, parent, value, parts)
        if not parts:
            return "{}" if is_skipped else "null"
        return "{" + ",".join(parts) + "}"

    def _add(
        self, selections: Sequence[Selection], parent: GraphQLNamedType, value: _Value, parts: list[str]
    ) -> bool:
        """Add the members of an object; True if a directive left one out."""
        is_skipped = False
        for selection in self._merged(selections):
            if isinstance(selection, Spread):
                continue
            if self._is_left_out(selection):
                is_skipped = True
            elif isinstance(selection, Field):
                self.place = place_of(selection.node)
                parts.append(f'"{selection.key}":{self._field(selection, parent, value)}')
            elif value.member(TYPE_NAME).node in self._names(selection.type):
                is_skipped |= self._add(selection.selections, parent, value, parts)
        return is_skipped

    def _merged(self, selections: Sequence[Selection]) -> list[Selection]:
        """The selections with one field for each name, of which the number and the characters are counted.

        Raises:
            TooMuch: there are too many.
        """
        result = merged(selections)
        self.fields_left -= len(selections)
        self.characters_left -= sum(len(each.key) for each in result if isinstance(each, Field))
        if self.fields_left < 0 or self.characters_left < 0:
            raise TooMuch
        return result

    def _names(self, named: GraphQLNamedType) -> set[str]:
        possible = self.schema.get_possible_types(named) if is_abstract_type(named) else [named]
        return {each.name for each in possible}

    def _is_left_out(self, selection: Field | Fragment) -> bool:
        for directive in selection.node.directives or ():
            wanted = LEFT_OUT_IF.get(directive.name.value)
            for argument in directive.arguments or ():
                value = argument.value
                if isinstance(value, VariableNode):
                    given = self.variables.get(value.name.value)
                    if given is wanted or (wanted is False and given is not True):
                        return True
        return False

    def _field(self, selected: Field, parent: GraphQLNamedType, value: _Value) -> str:
        if selected.name == TYPE_NAME:
            return self._type_name(selected, parent, value)
        if selected.name in INTROSPECTION:
            return self._schema(selected)
        return self._text(selected, selected.definition.type, value.member(selected.key), is_item=False)

    def _type_name(self, selected: Field, parent: GraphQLNamedType, value: _Value) -> str:
        found = value.member(selected.key)
        if found.node is None and not isinstance(value.node, Object) and not self._is_root(parent):
            raise WrongType
        return json_writer.write(parent.name) if found.node is None else found.text

    def _is_root(self, named: GraphQLNamedType) -> bool:
        return named in (self.schema.query_type, self.schema.mutation_type)

    @cached_property
    def _whole_schema(self) -> _Value:
        return _value(answer_of(self.schema)).member("data").member("__schema")

    def _schema(self, selected: Field) -> str:
        """The part of the schema that a field asks for."""
        whole = self._whole_schema
        if selected.name == "__schema":
            return self._text(selected, selected.definition.type, whole, is_item=False)
        names = [argument.value for argument in selected.node.arguments or ()]
        wanted = getattr(names[0], "value", "") if names else ""
        types = (each for _, each in whole.member("types").children)
        found = next((each for each in types if each.member("name").node == wanted), _NOTHING)
        return self._text(selected, selected.definition.type, found, is_item=False)

    def _text(self, selected: Field, kind: Any, value: _Value, *, is_item: bool) -> str:
        if is_non_null_type(kind):
            text = self._nullable(selected, kind.of_type, value, is_item=is_item)
            if text == "null":
                raise _Null
            return text
        try:
            return self._nullable(selected, kind, value, is_item=is_item)
        except _Null:
            return "null"

    def _nullable(self, selected: Field, kind: Any, value: _Value, *, is_item: bool) -> str:
        if is_list_type(kind):
            return self._list(selected, kind.of_type, value)
        if is_leaf_type(kind):
            return _leaf(kind.name, value)
        if value.node is None and not is_item:
            return "null"
        return self.fields(selected.selections, get_named_type(kind), value)

    def _list(self, selected: Field, kind: Any, value: _Value) -> str:
        if isinstance(value.node, Object) or not isinstance(value.node, list):
            return "null"
        items = [self._text(selected, kind, item, is_item=True) for _, item in value.children]
        return "[" + ",".join(items) + "]"


def _leaf(name: str, value: _Value) -> str:
    """The text of a leaf. A number or a bool that has another type is null, a text that has is an error."""
    if name in _NUMBERS or name == _BOOLEAN:
        is_right = isinstance(value.node, Number if name in _NUMBERS else bool)
        return value.text if is_right else "null"
    if value.node is not None and (not isinstance(value.node, str) or isinstance(value.node, Number)):
        raise WrongType
    return value.text
