"""Fixtures of all tests: a gateway, a Dashboard and a control plane for each module, reset for each test, and a Redis."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator

import pytest
from portals import add_api
from redis_server import Redis

from mockserver import MockDashboard, MockGateway
from mockserver.dashboard.mdcb import control_plane


def pytest_configure(config: pytest.Config) -> None:
    """Put the cache of the product beside that of pytest, and not into the developer's home.

    Garbage is looked for less often: with the thousands of values that stay, it takes a quarter of the time.
    """
    gc.set_threshold(100_000, 50, 100)
    os.environ["XDG_CACHE_HOME"] = str(config.rootpath / ".pytest_cache")


@pytest.fixture(name="_cryptography", scope="session")
def _cryptography() -> None:
    """The library of certificates, imported to stay.

    `pytester` forgets the modules that a test imports, and this one cannot be imported twice: its errors are
    then others than those that it raises.
    """
    importlib.import_module("cryptography.x509")


@pytest.fixture(name="pytester")
def _pytester(_cryptography: None, pytester: pytest.Pytester) -> pytest.Pytester:
    return pytester


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


@pytest.fixture(name="gateway")
def _gateway(shared: MockGateway) -> MockGateway:
    shared.reset()
    return shared


@pytest.fixture(scope="module", name="shared_dashboard")
def _shared_dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(with_gateway=False) as dashboard:
        yield dashboard


@pytest.fixture(name="dashboard")
def _dashboard(shared_dashboard: MockDashboard) -> MockDashboard:
    shared_dashboard.reset()
    return shared_dashboard


@pytest.fixture(scope="module", name="shared_mdcb")
def _shared_mdcb() -> Iterator[MockDashboard]:
    with MockDashboard(mdcb_port=0) as dashboard:
        yield dashboard


@pytest.fixture(name="mdcb")
def _mdcb(shared_mdcb: MockDashboard, monkeypatch: pytest.MonkeyPatch) -> MockDashboard:
    """A Dashboard that serves data planes, and lets them wait for changes only shortly."""
    monkeypatch.setattr(control_plane, "LONG_POLL", 0.05)
    shared_mdcb.reset()
    return shared_mdcb


@pytest.fixture(scope="module", name="shared_portal_dashboard")
def _shared_portal_dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(config={"enable_duplicate_slugs": True}) as dashboard:
        yield dashboard


@pytest.fixture(name="portal_dashboard")
def _portal_dashboard(shared_portal_dashboard: MockDashboard) -> MockDashboard:
    """A Dashboard with a gateway, the APIs orders and invoices, and an empty portal."""
    shared_portal_dashboard.reset()
    for api_id in ("orders", "invoices"):
        add_api(shared_portal_dashboard, api_id)
    return shared_portal_dashboard


@pytest.fixture(scope="module", name="redis")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()
