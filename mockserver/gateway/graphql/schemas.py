"""GraphQL schemas of API definitions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, specified_scalar_types

_SIZE = 64  # of the cache; a schema is built once for each text
_EMPTY = "type Query"  # stands for the schema of an empty text, which has a query without fields


@lru_cache(_SIZE)
def schema_of(text: str) -> GraphQLSchema | None:
    """The schema of a text in the schema definition language; None if it cannot be read."""
    try:
        schema = build_schema(text if text.strip() else _EMPTY, assume_valid=True)
        members: Any = schema.to_kwargs()
        return GraphQLSchema(**{**members, "types": (*members["types"], *specified_scalar_types.values())})
    except (GraphQLError, TypeError, RecursionError):
        return None
