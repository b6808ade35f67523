"""What a quick run leaves out."""

from __future__ import annotations

from contract_tests.engine.ownership import APIS, ORGANISATIONS
from mockserver.contract.behaviours import Behaviour
from mockserver.contract.openapi import Contract

LEFT_OUT = "left out by --quick"
TOLD = (
    "quick: generated requests, walks, plain reloads, whatever needs an API (requests to it, OAuth, "
    "organisations) and all but one case of each test are left out"
)
_NEED_APIS = (APIS, ORGANISATIONS, "/tyk/oauth")  # beginnings of paths


def takes_its_time(row: Behaviour, contract: Contract) -> bool:
    """Whether a row needs APIs, generated requests, or a look at the whole run."""
    operation = contract.operations.get(row.operation)
    return (
        (row.operation == "any" and row.level == "extended")  # requests that a gateway hands on
        or (operation is not None and operation.path.startswith(_NEED_APIS))
        or row.operation == "all"
        or "generated" in row.id
    )
