"""The members of a policy that only a Dashboard has."""

from __future__ import annotations

from functools import cache

from mockserver.contract import members
from mockserver.contract.spec_files import spec_path


@cache
def of_dashboard_alone() -> frozenset[str]:
    """The names of members of a policy that a Dashboard has, and no gateway of any version."""
    return frozenset(_of_policy("dashboard") - _of_policy("gateway"))


def _of_policy(service: str) -> set[str]:
    return {member.name for member in members.load(spec_path(service)) if member.schema == "Policy"}
