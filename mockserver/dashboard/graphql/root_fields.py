"""The root fields of the schema, which permissions and faults treat as operations."""

from __future__ import annotations

METHODS = {  # of the REST operations that need the same permission, by root field
    "policy": "GET",
    "policies": "GET",
    "createPolicy": "POST",
    "updatePolicy": "PUT",
    "deletePolicy": "DELETE",
}


def operation_id(field: str) -> str:
    """The id by which a fault names a root field, such as "graphql.policies"."""
    return f"graphql.{field}"


OPERATION_IDS = frozenset(map(operation_id, METHODS))
