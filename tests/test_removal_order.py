"""The order in which a run's things are removed, where one of them was made from another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.exchange import Request
from contract_tests.engine.ownership import Ownership
from contract_tests.gateway.resources import APIS, OPEN_APIS, RESOURCES
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version


@pytest.mark.parametrize(
    ("prefix", "query", "body"),
    [
        (APIS, "?base_api_id=RUN1", {"api_id": "RUN2"}),
        (OPEN_APIS, "?base_api_id=RUN1", {"x-tyk-api-gateway": {"info": {"id": "RUN2"}}}),
        (APIS, "", {"api_id": "RUN1", "version_definition": {"name": "v1", "versions": {"v2": "RUN2"}}}),
        (OPEN_APIS, "", {"x-tyk-api-gateway": {"info": {"id": "RUN1", "versioning": {"name": "v1"}}}}),
    ],
    ids=["parameter", "parameter in OpenAPI form", "definition", "document"],
)
def test_an_api_is_removed_after_its_versions(prefix: str, query: str, body: dict[str, Any]) -> None:
    """An API that has others as versions is removed after them, for their removal writes it again."""
    ownership = Ownership(Contract.load(default_version()), RESOURCES)
    base, version = (f"{prefix}/{ownership.run}{number}" for number in (1, 2))
    target, text = (
        written.replace("RUN", ownership.run) for written in (f"{prefix}{query}", json.dumps(body))
    )
    ownership.check(Request("POST", target, text.encode()))
    ownership.note([base, version])
    assert [target for _, target in ownership.written()] == [version, base]
