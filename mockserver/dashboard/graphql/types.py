"""GraphQL types of the schemas of a contract, made by rule.

| schema | GraphQL |
| --- | --- |
| object with `properties` | object type; for input with the suffix "Input", and no member required |
| map of any values | JSON |
| map of objects | a list of entries, each with `key` and `value` |
| array | list, without null elements |
| int64, float64, time, object id, string, boolean | Int64, Float64, Time, ID, String, Boolean |

A member of an output type may be null if the schema is nullable, or if REST leaves the member out at times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from mockserver.dashboard.graphql.scalars import FLOAT64, INT64, JSON, TIME_TEXT

Schema = Mapping[str, Any]
_SCALARS = {"string": GraphQLString, "boolean": GraphQLBoolean, "integer": INT64, "number": FLOAT64}
_NAMED = {"object-id": GraphQLID, "time": TIME_TEXT}


class Types:
    """The GraphQL types of schemas by name: for output, or with `is_input` for input."""

    def __init__(self, schemas: Mapping[str, Schema], *, is_input: bool = False) -> None:
        self._schemas = schemas
        self._is_input = is_input
        self._named: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        """The type of a schema with properties, by its name in components."""
        if name not in self._named:
            self._named[name] = self._struct(name, self._schemas[name])
        return self._named[name]

    def _type(self, schema: Schema, name: str) -> Any:
        """The nullable type of a schema; `name` is that of an object without a name of its own."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = self._schemas[name]
        if schema.get("x-go") in _NAMED:
            return _NAMED[schema["x-go"]]
        kind = schema.get("type")
        if kind == "array":
            return GraphQLList(GraphQLNonNull(self._type(schema["items"], name)))
        if kind != "object":
            return _SCALARS[kind] if kind else JSON
        if entry := _entry(schema):
            return GraphQLList(GraphQLNonNull(self._entry_type(self._type(entry, name))))
        if "properties" not in schema:
            return JSON
        if name not in self._schemas:
            name = self._name_of_equal(schema) or name
        if name not in self._named:
            self._named[name] = self._struct(name, schema)
        return self._named[name]

    def _name_of_equal(self, schema: Schema) -> str:
        """The name of the schema with the properties of an object that has no name; "" if there is none."""
        return next((n for n, s in self._schemas.items() if s.get("properties") == schema["properties"]), "")

    def _struct(self, name: str, schema: Schema) -> Any:
        members = schema["properties"]
        maps = [member for member, inner in members.items() if _entry(inner)]

        def types() -> dict[str, Any]:
            return {member: self._type(inner, name + _camel(member)) for member, inner in members.items()}

        if self._is_input:
            return GraphQLInputObjectType(
                f"{name}Input",
                lambda: {
                    member: GraphQLInputField(kind, description=members[member].get("description"))
                    for member, kind in types().items()
                },
                description=schema.get("description"),
                out_type=lambda value: {**value, **{m: _map_of(value[m]) for m in maps if m in value}},
            )
        return GraphQLObjectType(
            name,
            lambda: {
                member: GraphQLField(
                    kind if self._may_be_null(members[member]) else GraphQLNonNull(kind),
                    description=members[member].get("description"),
                    resolve=_resolve_map if member in maps else None,
                )
                for member, kind in types().items()
            },
            description=schema.get("description"),
        )

    def _entry_type(self, value: Any) -> Any:
        name = f"{value.name.removesuffix('Input')}Entry"
        if name not in self._named:
            text = f"A key of a map, and the {value.name} that it has."
            key = GraphQLNonNull(GraphQLString)
            if self._is_input:
                inputs = {"key": GraphQLInputField(key), "value": GraphQLInputField(GraphQLNonNull(value))}
                self._named[name] = GraphQLInputObjectType(f"{name}Input", inputs, description=text)
            else:
                fields = {"key": GraphQLField(key), "value": GraphQLField(GraphQLNonNull(value))}
                self._named[name] = GraphQLObjectType(name, fields, description=text)
        return self._named[name]

    def _may_be_null(self, member: Schema) -> bool:
        target = self._schemas[member["$ref"].rpartition("/")[2]] if "$ref" in member else {}
        return bool({**target, **member}.get("nullable") or "x-omit" in member)


def _entry(schema: Schema) -> Schema | None:
    """The schema of the values of a map, if they have one type; None for all other schemas."""
    values = schema.get("additionalProperties")
    return values if isinstance(values, dict) and values and schema.get("type") == "object" else None


def _map_of(entries: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """The map of entries; of equal keys the last one counts, as in JSON."""
    return None if entries is None else {entry["key"]: entry["value"] for entry in entries}


def _resolve_map(document: Mapping[str, Any], info: Any) -> list[dict[str, Any]] | None:
    values = document.get(info.field_name)
    return None if values is None else [{"key": key, "value": value} for key, value in values.items()]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
