"""Notifications of a Dashboard on the Redis that gateways listen on."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from dashboards import ADMIN, add, ask
from redis_server import Redis

from mockserver import MockDashboard
from mockserver.contract.spec_files import default_version
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import SPEC
from mockserver.service.notifications import CHANNEL
from mockserver.serving.mock_dashboard import Settings
from mockserver.storage.redis_backend import RedisBackend


@contextmanager
def listening(redis: Redis, **config: Any) -> Iterator[tuple[MockDashboard, Queue[bytes]]]:
    """A Dashboard on a Redis, and the messages on the channel of gateways."""
    messages: Queue[bytes] = Queue()
    closing = threading.Event()
    RedisBackend(redis.url).listen(CHANNEL, messages.put, closing)
    backend = RedisBackend(redis.url)
    settings, _ = Config.of({"listen_port": 0, **config})
    try:
        with MockDashboard.of(Settings(default_version(SPEC), settings), backend) as dashboard:
            yield dashboard, messages
            dashboard.reset()
    finally:
        closing.set()


def test_a_change_is_notified_with_a_signature(redis: Redis) -> None:
    """A new policy is a PolicyChanged: signed by SHA-256 of command, payload and node secret, algorithm 5."""
    with listening(redis, shared_node_secret="n0de") as (dashboard, messages):
        add(dashboard)
        message = json.loads(messages.get(timeout=10))
    signature = hashlib.sha256(b"PolicyChanged" + b"n0de").hexdigest()
    assert message == {"command": "PolicyChanged", "payload": "", "signature": signature, "algorithm": 5}


def test_each_kind_of_change_has_its_command(redis: Redis) -> None:
    """Writes of policies and APIs, and the admin's reload, send the commands that gateways know, in order."""
    with listening(redis) as (dashboard, messages):
        policy_id = add(dashboard)
        ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", {"name": "Silver"})
        ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
        api = {"name": "Orders", "proxy": {"listen_path": "/orders/"}}
        object_id = ask(dashboard, "POST", "/api/apis", {"api_definition": api})[1]["Meta"]
        ask(dashboard, "PUT", f"/api/apis/{object_id}", {"api_definition": api})
        ask(dashboard, "DELETE", f"/api/apis/{object_id}")
        ask(dashboard, "GET", "/admin/system/reload", None, *ADMIN)
        commands = [json.loads(messages.get(timeout=10))["command"] for _ in range(7)]
    assert commands == [*["PolicyChanged"] * 3, "ApiAdded", "ApiUpdated", "ApiRemoved", "GroupReload"]


def test_an_import_is_notified_once(redis: Redis) -> None:
    """An import of many policies sends one notification, and a refused write none."""
    with listening(redis) as (dashboard, messages):
        policies = [{"name": f"policy {number}"} for number in range(5)]
        ask(dashboard, "POST", "/admin/policies/import", {"Data": policies}, *ADMIN)
        assert ask(dashboard, "POST", "/api/portal/policies", {"name": ""})[0] == 400
        ask(dashboard, "GET", "/admin/system/reload", None, *ADMIN)
        commands = [json.loads(messages.get(timeout=10))["command"] for _ in range(2)]
    assert commands == ["PolicyChanged", "GroupReload"]


def test_notify_on_change_switches_notifications_off(redis: Redis) -> None:
    """With notify_on_change false no change is notified."""
    with listening(redis, notify_on_change=False) as (dashboard, messages):
        add(dashboard)
        RedisBackend(redis.url).send(CHANNEL, b"end")
        assert messages.get(timeout=10) == b"end"


def test_a_redis_that_is_gone_does_not_spoil_a_write(
    dashboard: MockDashboard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that cannot be notified is stored all the same, and the log says who was not told."""
    from mockserver.storage.backend import BackendUnavailable

    def fail(channel: str, message: bytes) -> None:
        raise BackendUnavailable("the store at redis://127.0.0.1 is gone")

    monkeypatch.setattr(dashboard.mock.backend, "send", fail)
    with caplog.at_level(logging.WARNING):
        add(dashboard)
    assert "is gone; gateways are not told of PolicyChanged" in caplog.text
    assert len(dashboard.policies) == 1
