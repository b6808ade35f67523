"""The answer to a query of the schema, which a gateway gives itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from graphql import DirectiveLocation, GraphQLSchema, graphql_sync, specified_directives

from mockserver.gateway.graphql.normalisation import (
    INTROSPECTION,
    LEFT_OUT_IF,
    Field,
    Fragment,
    Operation,
    Selection,
)
from mockserver.gateway.graphql.schemas import in_order
from mockserver.golang import json_writer

_TYPE = "kind name " + "ofType { kind name " * 8 + "ofType { kind name } " + "} " * 8
_INPUT = f"name description type {{ {_TYPE} }} defaultValue"
_QUERY = f"""{{ __schema {{
    queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }}
    types {{
        kind name description
        fields(includeDeprecated: true) {{
            name description args {{ {_INPUT} }} type {{ {_TYPE} }} isDeprecated deprecationReason
        }}
        inputFields {{ {_INPUT} }}
        interfaces {{ {_TYPE} }}
        enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
        possibleTypes {{ {_TYPE} }}
    }}
    directives {{ name description locations args {{ {_INPUT} }} isRepeatable }}
}} }}"""  # the members of the answer, in its order
_ORDER = {location.name: index for index, location in enumerate(DirectiveLocation)}
_LISTS = ("fields", "inputFields", "interfaces", "enumValues", "possibleTypes")
_EMPTY: dict[str, Any] = {"description": "", **{name: [] for name in _LISTS}}  # in place of null
_SCALARS = ("Int", "Float", "String", "Boolean", "ID")
_REASON = {"kind": "SCALAR", "name": "String", "ofType": None}  # of @deprecated; not required
_REWORDED = (
    ('`"4"`', "'4'"),
    ("`4`", "4"),
    ("`if` ", ""),
    ("`", "'"),
    ("https://en", "http://en"),
    ("'false'.", "'false' ."),
    ("suggestion for", "suggestion\n    for"),
    (
        "Formatted using the Markdown syntax, as specified by [CommonMark](https://commonmark.org/).",
        "Formatted in\n    [Markdown](https://daringfireball.net/projects/markdown/).",
    ),
)  # of the descriptions of what GraphQL itself has, and how a gateway words it
_SELECTED = ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"]
_LOCATIONS = {
    "include": _SELECTED,
    "skip": _SELECTED,
    "deprecated": ["FIELD_DEFINITION", "ENUM_VALUE"],
}  # of the built-in directives that a gateway tells


def is_introspection(operations: Sequence[Operation], name: str) -> bool:
    """True if the named operation, or the only one, asks for the schema and nothing else."""
    operation = chosen(operations, name)
    if operation is None or operation.kind != "query" or not operation.node.selection_set.selections:
        return False
    fields = [selection for selection in operation.selections if isinstance(selection, Field)]
    return all(field.name in INTROSPECTION for field in fields)


def asks_for_schema(operations: Sequence[Operation], name: str) -> bool:
    """True if the named operation, or an inline fragment of any, asks for the schema."""
    operation = chosen(operations, name)
    selections = operation.selections if operation is not None and operation.kind == "query" else ()
    inner = [sets for each in operations for sets in _fragments(each.selections)]
    return any(
        isinstance(selection, Field) and selection.name in INTROSPECTION
        for selected in (selections, *inner)
        for selection in selected
    )


def chosen(operations: Sequence[Operation], name: str) -> Operation | None:
    """The only operation of a document, or the one of a name; None if there is none."""
    if len(operations) == 1:
        return operations[0]
    return next((operation for operation in operations if operation.name == name), None)


def _fragments(selections: Sequence[Selection]) -> Iterable[Sequence[Selection]]:
    for selection in selections:
        if isinstance(selection, Fragment):
            yield selection.selections
        if isinstance(selection, Field | Fragment):
            yield from _fragments(selection.selections)


@lru_cache(64)
def answer_of(schema: GraphQLSchema) -> str:
    """The body of the answer: the whole schema, whatever the query asks for."""
    data = graphql_sync(schema, _QUERY).data
    assert data is not None  # for a schema that could be read
    document = data["__schema"]
    types = {named["name"]: named for named in document["types"]}
    directives = {directive["name"]: directive for directive in document["directives"]}
    built_in = {directive.name for directive in specified_directives}
    own = [name for name in directives if name not in built_in]
    document["types"] = [types[name] for name in _type_names(schema)]
    for name in _SCALARS:
        types[name]["description"] = _reworded(types[name]["description"])
    document["directives"] = [directives[name] for name in (*own, *_LOCATIONS)]
    reason = directives["deprecated"]["args"][0]
    reason["type"], reason["description"] = _REASON, _reworded(reason["description"])
    for name in LEFT_OUT_IF:
        directives[name]["description"] = _reworded(directives[name]["description"])
    for directive in document["directives"]:
        sorted_locations = sorted(directive["locations"], key=_ORDER.__getitem__)
        directive["locations"] = _LOCATIONS.get(directive["name"], sorted_locations)
    return json_writer.write({"data": {"__schema": _filled(document)}}) + "\n"


def _reworded(text: str) -> str:
    """A description of graphql-core as a gateway words it (pkg/asttransform of graphql-go-tools)."""
    for words, others in _REWORDED:
        text = text.replace(words, others)
    return text


def _type_names(schema: GraphQLSchema) -> list[str]:
    """The names of the types in the order of the schema, and after them those of the built-in scalars."""
    return [*in_order(schema, lambda named: True), *_SCALARS]


def _filled(document: Any, name: str = "") -> Any:
    """A part of the answer with empty texts and lists in place of null."""
    if isinstance(document, dict):
        return {name: _filled(value, name) for name, value in document.items()}
    if isinstance(document, list):
        return [_filled(value) for value in document]
    return _EMPTY.get(name) if document is None else document
