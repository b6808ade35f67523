"""GraphQL schemas of API definitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, specified_scalar_types

MOST_CHARACTERS = 2_000_000  # of a schema, which takes 150 times as many bytes; a gateway has no limit
_LONG = 50_000  # characters of a schema of which few are remembered
_SIZE, _SIZE_OF_LONG = 64, 2  # of the caches; a schema is built once for each text as long as it is in one
_EMPTY = "type Query"  # stands for the schema of an empty text, which has a query without fields


def schema_of(text: str) -> GraphQLSchema | None:
    """The schema of a text in the schema definition language; None if it cannot be read, or is too long."""
    if len(text) <= _LONG:
        return _schema_of(text)
    return _schema_of_long(text) if len(text) <= MOST_CHARACTERS else None


def _built(text: str) -> GraphQLSchema | None:
    try:
        schema = build_schema(text if text.strip() else _EMPTY, assume_valid=True)
        members: Any = schema.to_kwargs()
        return GraphQLSchema(**{**members, "types": (*members["types"], *specified_scalar_types.values())})
    except (GraphQLError, TypeError, RecursionError):
        return None


_schema_of, _schema_of_long = lru_cache(_SIZE)(_built), lru_cache(_SIZE_OF_LONG)(_built)


def in_order(schema: GraphQLSchema, is_wanted: Callable[[Any], bool]) -> list[str]:
    """The names of the types of a kind in the order of the schema's text."""
    places = {
        name: named.ast_node.loc.start
        for name, named in schema.type_map.items()
        if is_wanted(named) and named.ast_node is not None and named.ast_node.loc is not None
    }
    return sorted(places, key=places.__getitem__)
