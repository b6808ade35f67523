"""The quick profile: the tests that `--quick` leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from contract_tests.engine.resources import Resource
from mockserver.contract.behaviours import Behaviour
from mockserver.contract.openapi import Contract

LEFT_OUT = "left out by --quick"


def is_slow(row: Behaviour, contract: Contract, resources: Iterable[Resource]) -> bool:
    """True if a row needs a slow resource, generated requests, or the log of the whole run."""
    operation = contract.operations.get(row.operation)
    slow_paths = tuple(resource.paths for resource in resources if resource.is_slow)
    return (
        (row.operation == "any" and row.level == "extended")  # requests that the service forwards
        or (operation is not None and operation.path.startswith(slow_paths))
        or row.operation == "all"
        or "generated" in row.id
    )
