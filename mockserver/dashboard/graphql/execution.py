"""Execution of GraphQL requests: parse, limits, validation, cost, and the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution import get_variable_values
from graphql.validation import NoSchemaIntrospectionCustomRule

from mockserver.dashboard.graphql import limits
from mockserver.dashboard.graphql.schema import Context, schema_of
from mockserver.dashboard.replies import Refusal
from mockserver.http.failures import describe, log_failure
from mockserver.http.messages import DropConnection
from mockserver.storage.backend import BackendUnavailable

MAX_ERRORS = 20  # of the validation of a document, and of the coercion of variables


class RequestError(Exception):
    """A request of which nothing is executed; `errors` are in the form of a response."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = [dict(error.formatted) for error in errors]


@dataclass(frozen=True)
class Query:
    """The members of a GraphQL request; an empty `operation_name` names none."""

    text: str
    operation_name: str = ""
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Prepared:
    """A document that is valid and within the limits, and the operation of it that the request names."""

    document: DocumentNode
    operation: OperationDefinitionNode
    query: Query

    @property
    def is_read_only(self) -> bool:
        """True if the operation is a query."""
        return self.operation.operation is OperationType.QUERY


def prepare(context: Context, query: Query) -> Prepared:
    """Parse and validate a document, check its limits, and find its operation.

    Raises:
        RequestError: the document is invalid or exceeds a limit, or the operation or a variable is.
    """
    try:
        return _prepared(context, query)
    except GraphQLError as error:
        raise RequestError([error]) from None
    except RecursionError:
        raise RequestError([GraphQLError("The document or its variables are nested too deep.")]) from None


def _prepared(context: Context, query: Query) -> Prepared:
    limits.check_length(query.text)
    document = parse(query.text, max_tokens=limits.MAX_TOKENS)
    limits.check_shape(document)
    schema, hidden = schema_of(context.dashboard.contract), not context.dashboard.introspection
    rules = [*specified_rules, NoSchemaIntrospectionCustomRule] if hidden else specified_rules
    if errors := validate(schema, document, rules, MAX_ERRORS, hide_suggestions=hidden):
        raise RequestError(errors)
    operation = get_operation_ast(document, query.operation_name or None)
    if operation is None:
        raise GraphQLError(_no_operation(query.operation_name))
    variables = get_variable_values(
        schema,
        operation.variable_definitions or (),
        dict(query.variables or {}),
        max_errors=MAX_ERRORS,
        hide_suggestions=hidden,
    )
    if isinstance(variables, list):
        raise RequestError(variables)
    limits.check_cost(schema, document, operation, variables, context.page_length)
    return Prepared(document, operation, query)


def _no_operation(name: str) -> str:
    if name:
        return f"The document has no operation {name!r}; give operationName the name of one that it has."
    return "The document has several operations; name one of them in operationName."


def run(context: Context, prepared: Prepared) -> dict[str, Any]:
    """Execute an operation; returns the response with `data`, and with `errors` if fields failed.

    Raises:
        DropConnection: a fault drops the connection.
    """
    result = execute(
        schema_of(context.dashboard.contract),
        prepared.document,
        context_value=context,
        variable_values=dict(prepared.query.variables or {}),
        operation_name=prepared.query.operation_name or None,
        hide_suggestions=not context.dashboard.introspection,
    )
    assert isinstance(result, ExecutionResult)
    response: dict[str, Any] = {"data": result.data}
    if result.errors:
        response = {"errors": [_formatted(error) for error in result.errors], **response}
    return response


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """The error of a field; one that a rule of REST causes has its status and message in `extensions`."""
    formatted: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, DropConnection):
        raise cause
    if isinstance(cause, Refusal):
        formatted["extensions"] = {"status": cause.status, "message": cause.message}
    elif isinstance(cause, BackendUnavailable):
        formatted["extensions"] = {"status": 500, "message": str(cause)}
    elif cause is not None:
        log_failure(f"the field {error.path} of GraphQL", cause)
        formatted["message"] = describe(cause)
        formatted["extensions"] = {"status": 500, "message": describe(cause)}
    return formatted
