"""Sample policies: rights to one API, and a policy with a value of its own in each member."""

from __future__ import annotations

from itertools import count
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.golang.scalars import Bool, Float64, GoType, Int64
from mockserver.golang.structs import Field, Slice, Struct

_NOT_SENT = frozenset({  # the Dashboard sets or derives them, or they have tests of their own
    "auth_type", "auth_types", "state", "access_rights_array", "graphql_enabled", "_id", "id", "name",
    "org_id", "active", "is_inactive", "date_created", "last_updated", "meta_data", "access_rights",
})  # fmt: skip
_OF_SESSIONS = "set_by_policy"
LATER = frozenset({  # no export of a Dashboard has them
    "endpoints", "json_rpc_methods", "json_rpc_methods_access_rights", "mcp_primitives", "mcp_access_rights",
    "post_expiry_action", "post_expiry_grace_period",
})  # fmt: skip


def right(api_id: str) -> dict[str, Any]:
    """The rights to an API that need not exist."""
    return {"api_id": api_id, "api_name": "Orders", "versions": ["Default"], "allowed_urls": []}


def full_policy(contract: Contract, api_id: str, number: int, *, later: bool) -> dict[str, Any]:
    """A policy with each member that exports have, or with `later` the rights and members that none has.

    No two numbers and texts are the same, and two policies share none if their numbers differ.
    """
    values = count(1000 * number)
    policy = {
        field.name: _filled(field, values, number)
        for field in _struct(contract, "Policy").fields
        if field.name not in _NOT_SENT and (field.name in LATER) is later
    }
    return {**policy, "access_rights": {api_id: full_right(contract, api_id, number, later=later)}}


def full_right(contract: Contract, api_id: str, number: int, *, later: bool) -> dict[str, Any]:
    """The rights to an API with each member that exports have, or with those that none has."""
    values = count(1000 * number + 500)
    members = {
        field.name: _filled(field, values, number)
        for field in _struct(contract, "AccessRight").fields
        if (field.name in LATER) is later
    }
    return {**members, "api_id": api_id}


def _struct(contract: Contract, name: str) -> Struct:
    kind = contract.type_of(name)
    assert isinstance(kind, Struct)
    return kind


def _filled(field: Field, values: count[int], number: int) -> Any:
    """A value of a member; smoothing is always enabled, for else it counts as not sent."""
    flag = field.name == "enabled" or number % 2 == 1
    return _value(field.type, values, number, flag=flag)


def _value(kind: GoType, values: count[int], number: int, *, flag: bool) -> Any:
    match kind:
        case Struct():
            members = (field for field in kind.fields if field.name != _OF_SESSIONS)
            return {field.name: _filled(field, values, number) for field in members}
        case Slice():
            return [_value(kind.element, values, number, flag=flag) for _ in range(2)]
        case Bool():
            return flag
        case Int64():
            return next(values)
        case Float64():
            return next(values) + 0.5
    return f"text-{next(values)}"
