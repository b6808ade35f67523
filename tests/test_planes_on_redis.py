"""The mock as a data plane whose Redis goes and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from asking import send, wait_until
from control_plane_stand_in import ControlPlaneStandIn
from redis_server import Redis

from mockserver import MockGateway
from mockserver.contract.spec_files import version_of
from mockserver.gateway.config import Config
from mockserver.storage.redis_backend import RedisBackend

pytestmark = pytest.mark.slow  # a Redis that stops and starts

ORG = "5e9d9544a1dcd60001d0ed20"
GOLD = {"id": "gold", "org_id": ORG, "rate": 5, "per": 60, "access_rights": {"orders": {"api_id": "orders"}}}
KEY = f"{ORG}one"
KEYS_SECONDS = 10  # between two questions for changed keys


@pytest.fixture(name="control")
def _control() -> Iterator[ControlPlaneStandIn]:
    with ControlPlaneStandIn() as control:
        control.policies = [GOLD]
        yield control


@contextmanager
def _plane(control: ControlPlaneStandIn, redis: Redis) -> Iterator[MockGateway]:
    host, port = control.address
    config = {
        "listen_port": 0, "secret": "s", "policies.policy_source": "rpc", "slave_options.use_rpc": True,
        "slave_options.connection_string": f"{host}:{port}", "slave_options.rpc_key": ORG,
        "slave_options.api_key": "the-api-key", "slave_options.key_space_sync_interval": KEYS_SECONDS,
    }  # fmt: skip
    backend = RedisBackend(redis.url)
    with MockGateway.of(version_of("5.14"), Config.of(config)[0], backend=backend) as gateway:
        assert gateway.gateway.source is not None
        gateway.gateway.source.settle(10)
        yield gateway


@contextmanager
def _away(redis: Redis) -> Iterator[None]:
    """Without the Redis, which comes back empty."""
    redis.stop()
    try:
        yield
    finally:
        redis.start()


def _rate(gateway: MockGateway) -> object:
    return [policy.policy["rate"] for policy in gateway.gateway.store.loaded.listed]


def test_a_plane_reloads_without_its_redis(control: ControlPlaneStandIn, redis: Redis) -> None:
    """A data plane that cannot tell its group of changes reloads itself at each of them."""
    with _plane(control, redis) as gateway, _away(redis):
        for rate in (6, 7):
            control.policies = [{**GOLD, "rate": rate}]
            control.change()
            wait_until(lambda rate=rate: _rate(gateway) == [rate])


def test_a_group_is_told_of_a_change_when_its_redis_is_back(
    control: ControlPlaneStandIn, redis: Redis
) -> None:
    """The gateway of a group that is told of a change without its Redis tells the others afterwards."""
    with _plane(control, redis) as gateway, _plane(control, redis) as other:
        with _away(redis):
            control.policies = [{**GOLD, "rate": 6}]
            control.change()
            wait_until(lambda: [6] in (_rate(gateway), _rate(other)))
        wait_until(lambda: _rate(gateway) == _rate(other) == [6])


def test_a_key_that_went_without_the_redis_goes_when_it_is_back(
    control: ControlPlaneStandIn, redis: Redis
) -> None:
    """A data plane that cannot forget a key without its Redis forgets it when that is back."""
    with _plane(control, redis) as gateway:
        with _away(redis):
            control.changed_keys = [KEY]
            gateway.advance(KEYS_SECONDS + 0.5)
        wait_until(lambda: _has_stored(gateway))
        gateway.advance(KEYS_SECONDS + 0.5)
        assert send(gateway, "GET", f"/tyk/keys/{KEY}", [("X-Tyk-Authorization", "s")]).status == 404


def _has_stored(gateway: MockGateway) -> bool:
    """Store the key. True if that was possible."""
    headers = [("X-Tyk-Authorization", "s")]
    body = f'{{"org_id": "{ORG}", "apply_policies": ["gold"]}}'.encode()
    return send(gateway, "POST", f"/tyk/keys/{KEY}", headers, body).status == 200
