"""The records of a portal are kept where its Dashboard keeps its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from portals import add_api, everything, plan, portal, product, use
from redis_server import Redis

from mockserver import MockDashboard
from mockserver.contract.spec_files import default_version
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import SPEC
from mockserver.gateway.config import Config as GatewayConfig
from mockserver.serving.mock_dashboard import Settings
from mockserver.storage.backend import Backend
from mockserver.storage.document_directory import DirectoryBackend


@pytest.fixture(name="backend", params=["directory", "Redis"])
def _backend(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Backend]:
    """A function that opens one and the same storage."""
    if request.param == "directory":
        return lambda: DirectoryBackend(tmp_path)
    from mockserver.storage.redis_backend import RedisBackend

    redis: Redis = request.getfixturevalue("redis")
    return lambda: RedisBackend(redis.url)


def start(backend: Backend) -> MockDashboard:
    """A Dashboard with a gateway on a storage; the gateway's keys are in memory."""
    config = Config().having("listen_port", 0).having("enable_duplicate_slugs", True)
    gateway = GatewayConfig().having("listen_port", 0)
    return MockDashboard.of(Settings(default_version(SPEC), config, gateway=gateway), backend)


def test_the_portal_outlives_its_process(backend: Callable[[], Backend]) -> None:
    """Products, plans and credentials are there again for the next mock, and a reset removes them."""
    with start(backend()) as dashboard:
        add_api(dashboard, "orders")
        product(dashboard), plan(dashboard)
        sent = {"alias": "app", "key": "mine", "products": ["Orders"], "plan": "Gold"}
        key = portal(dashboard, "POST", "credentials", sent)["key"]
        portal(dashboard, "PATCH", "products/Orders", {"description": "All orders."})
        before = everything(dashboard)
        assert use(dashboard, key, "orders") == (200, "")
    with start(backend()) as dashboard:
        assert everything(dashboard) == before
        assert portal(dashboard, "GET", "credentials/app")["session"] is None
        dashboard.reset()
        assert everything(dashboard) == ([[], [], []], {})
