"""The fields that a query asks for, held against the lists of a right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.gateway.graphql.normalisation import Field, Fragment, Operation, Selection
from mockserver.gateway.graphql.refusals import invalid

ALL = "*"  # as a field: all fields of the type


def check_fields(operations: Sequence[Operation], right: Mapping[str, Any]) -> None:
    """Check that a right allows each field of a document; its restricted types count if it allows none.

    Of several fields that it does not allow a gateway names any one, and the mock the first.
    Source: pkg/graphql/request_fields_validator.go:50 of graphql-go-tools.

    Raises:
        InvalidQuery: a field is restricted.
    """
    for operation in operations:
        for type_name, name in _fields(operation.selections):
            if right["allowed_types"]:
                allowed = _listed(right["allowed_types"], type_name)
                if ALL not in allowed and name not in allowed:
                    raise invalid(f"field: {name} is restricted on type: {type_name}")
                continue
            restricted = _listed(right["restricted_types"], type_name)
            if ALL in restricted:
                raise invalid(f"all fields of {type_name} type are restricted")
            if name in restricted:
                raise invalid(f"field: {name} is restricted on type: {type_name}")


def _fields(selections: Sequence[Selection]) -> Iterator[tuple[str, str]]:
    """The type and the name of each field."""
    for selection in selections:
        if isinstance(selection, Field):
            yield selection.parent.name, selection.name
        if isinstance(selection, Field | Fragment):
            yield from _fields(selection.selections)


def _listed(types: Sequence[Mapping[str, Any]] | None, name: str) -> Sequence[str]:
    """The fields that the last entry for a type has."""
    entries = [entry["fields"] or [] for entry in types or () if entry["name"] == name]
    return entries[-1] if entries else []
