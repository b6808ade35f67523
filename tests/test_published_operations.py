"""The operations of the vendor's descriptions, compared with those of spec/, version by version."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import known_versions, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

PUBLISHED: list[dict[str, Any]] = load_yaml(spec_path("gateway/published_operations.yaml"))["operations"]
RELEASES = list(known_versions().values())


def _name(method: str, path: str) -> str:
    """An operation without the names of its parameters."""
    return f"{method} {re.sub('{[^}]*}', '{}', path)}"


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_every_published_operation_is_described(release: GatewayVersion) -> None:
    """Each operation that the vendor publishes for a version is in openapi.yaml, unless it is absent or below an API."""
    described = {
        _name(operation.method, operation.path) for operation in Contract.load(release).operations.values()
    }
    published = {
        _name(row["method"], row["path"]): row.get("absent", False) or row.get("below_api", False)
        for row in PUBLISHED
        if release in Span.parse(row.get("since"))
    }
    assert {name for name in published if name not in described} == {
        name for name, is_absent in published.items() if is_absent
    }


def test_no_operation_is_listed_twice() -> None:
    """A published operation stands once in the list."""
    names = [_name(row["method"], row["path"]) for row in PUBLISHED]
    assert len(names) == len(set(names))
