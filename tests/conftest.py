"""The gateway that most tests of the mock share: one for a module, reset for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver import MockGateway


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


@pytest.fixture(name="gateway")
def _gateway(shared: MockGateway) -> MockGateway:
    shared.reset()
    return shared
