"""The pytest plugin: a mock gateway for any project's tests, and options for the contract suite.

Every session of every user imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.serving.mock_gateway import MockGateway


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tyk-contract", "the contract suite of tyk-contract")
    group.addoption(
        "--gateway-url",
        help="gateway that the contract suite judges; it starts a mock when left out. "
        "The secret is read from TYK_GW_SECRET.",
    )
    group.addoption(
        "--gateway-version", default="auto", help="version to judge it as (default: as /hello says)"
    )
    group.addoption("--gateway-read-only", action="store_true", help="write nothing to the gateway")
    group.addoption("--gateway-quick", action="store_true", help="leave out what takes its time")
    group.addoption("--gateway-allow-group-reload", action="store_true", help="try /tyk/reload/group too")
    group.addoption("--gateway-upstream", default="", help="URL that the suite's APIs stand before")
    group.addoption("--contract-unattended", action="store_true", help="tell pytest nothing of single tests")
    group.addoption("--contract-report", metavar="FILE", help="write the verdicts as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "behaviour(id): the row of spec/gateway/behaviours.yaml that the test holds"
    )


@pytest.fixture(scope="session")
def mock_gateway_options() -> dict[str, Any]:
    """Arguments of `MockGateway` for the fixture `mock_gateway`; override it to change them."""
    return {}


@pytest.fixture(scope="session")
def _mock_gateway(mock_gateway_options: dict[str, Any]) -> Iterator[MockGateway]:
    from mockserver.serving.mock_gateway import MockGateway

    with MockGateway(**mock_gateway_options) as gateway:
        yield gateway


@pytest.fixture
def mock_gateway(_mock_gateway: MockGateway) -> MockGateway:
    """A mock gateway without policies, faults or journal; `.url`, `.secret`, `.policies`."""
    _mock_gateway.reset()
    return _mock_gateway
