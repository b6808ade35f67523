"""What tests share: a gateway for each module, which is reset for each test, and a Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis_server import Redis

from mockserver import MockGateway


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


@pytest.fixture(name="gateway")
def _gateway(shared: MockGateway) -> MockGateway:
    shared.reset()
    return shared


@pytest.fixture(scope="module", name="redis")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()
