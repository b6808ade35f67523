"""A GraphQL request held against the schema of an API and the rights of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import GraphQLSchema

from mockserver.gateway.graphql import introspection
from mockserver.gateway.graphql.depth import RootField, depths_of
from mockserver.gateway.graphql.extraction import check_extraction
from mockserver.gateway.graphql.fields import check_fields
from mockserver.gateway.graphql.normalisation import Operation, operations_of
from mockserver.gateway.graphql.refusals import invalid
from mockserver.gateway.graphql.requests import Request, read_request
from mockserver.gateway.graphql.validation import validate
from mockserver.gateway.graphql.variables import check_variables
from mockserver.gateway.policy_merging import larger

TOO_DEEP = "this mock does not judge a document that is nested so deep"


@dataclass(frozen=True)
class Query:
    """A valid request, and the operations of its document."""

    schema: GraphQLSchema
    request: Request
    operations: Sequence[Operation]

    @cached_property
    def is_introspection(self) -> bool:
        """True if the request asks for the schema alone, which a gateway answers itself."""
        return introspection.is_introspection(self.operations, self.request.operation)

    @property
    def asks_for_schema(self) -> bool:
        """True if the request asks for the schema, alone or beside other fields."""
        return introspection.asks_for_schema(self.operations, self.request.operation)

    @property
    def schema_text(self) -> str:
        """The answer to a request for the schema."""
        return introspection.answer_of(self.schema)

    @property
    def executed(self) -> Operation | None:
        """The operation that a gateway executes: the only one, or the named one; None if there is none."""
        return introspection.chosen(self.operations, self.request.operation)

    def is_too_deep(self, most: int, field_rights: Sequence[Mapping[str, Any]]) -> bool:
        """True if the request is deeper than its right allows; -1 allows any depth.

        A field of a root type that has a limit of its own counts by that; 0 there allows no selection.
        Without such limits 0 allows any depth too. Source: internal/graphengine/graphql_go_tools_v1.go:281
        @v5.12.0.
        """
        if self.is_introspection or (most == -1 and not field_rights):
            return False
        depths = depths_of(self.schema, self.operations)
        if not field_rights:
            return 0 < most < depths.total
        return any(_exceeds(field, most, field_rights) for field in depths.root_fields)

    def check_fields(self, right: Mapping[str, Any]) -> None:
        """Check the fields of the request.

        Raises:
            InvalidQuery: a field is restricted.
        """
        check_fields(self.operations, right)


def _exceeds(field: RootField, most: int, rights: Sequence[Mapping[str, Any]]) -> bool:
    name = (field.type_name, field.name)
    for right in rights:
        if (right["type_name"], right["field_name"]) == name:
            return larger(field.depth, right["limits"]["max_query_depth"])
    return larger(field.depth + 1, most)


def judge(schema: GraphQLSchema, body: bytes) -> Query:
    """The request in a body, held against the schema.

    Raises:
        BadRequest: the body is no GraphQL request.
        Unprocessable, Panic: values cannot be put into the variables of the request.
        InvalidQuery: the document does not fit the schema, or a variable its type.
    """
    try:
        request = read_request(body)
        operations = operations_of(schema, request.document)
        check_extraction(schema, operations, request)
        validate(schema, operations, request)
        named = [each for each in operations if request.operation in ("", each.name)]
        if named:
            check_variables(schema, named[0], request.variables)
    except RecursionError:
        raise invalid(TOO_DEEP) from None
    return Query(schema, request, operations)
