"""A backend in Redis, for the mocks of one group on several machines or in several processes.

Each map is a hash, each lock a key, and topics are published on a channel. Their names begin with
`tyk-contract:`, and nothing else on the server is read or changed. What other programs write under these
names or publish is ignored, or refused with BackendUnavailable. Several groups on one server need separate
databases. The channel has the number of the database in its name, for channels belong to no database.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from mockserver.storage.backend import BackendUnavailable, IsOwn, KeyValueMap
from mockserver.storage.redis_client import RedisClient
from mockserver.storage.redis_listener import RedisListener

PREFIX = "tyk-contract:"
CHANNEL = PREFIX + "topics:"  # and the number of the database
LOCK_SECONDS = 10.0  # until the lock of a crashed mock is free again
LOCK_WAIT_SECONDS = LOCK_SECONDS + 1  # a lock that is held longer is not a mock's
_FOREIGN = object()  # stands for a value that no mock wrote


class RedisBackend:
    """The backend of a group of mocks, in Redis.

    Raises:
        ValueError: the URL is not one of a Redis server.
        BackendUnavailable: the server does not answer as a Redis server does.
    """

    is_shared = True

    def __init__(self, url: str) -> None:
        self._client = RedisClient(url)
        self._channel = f"{CHANNEL}{self._client.database}"
        self._sender = uuid.uuid4().hex  # a mock ignores its own messages
        self._maps: set[str] = set()  # their keys

    def key_values(self, name: str, is_own: IsOwn) -> KeyValueMap:
        self._maps.add(PREFIX + name)
        return _RedisHash(self._client, PREFIX + name, json.dumps, lambda text: _read_json(text, is_own))

    def files(self, name: str) -> KeyValueMap:
        self._maps.add(PREFIX + name)
        return _RedisHash(self._client, PREFIX + name, _bytes_of, _check_bytes)

    def clear(self) -> None:
        if self._maps:
            with self._client.guarded() as redis:
                redis.delete(*self._maps)

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return _RedisLock(self._client, PREFIX + "lock:" + name)

    def close(self) -> None:
        """Do nothing, for other mocks may use the Redis at the same time."""

    def publish(self, topic: str) -> None:
        with self._client.guarded() as redis:
            redis.publish(self._channel, f"{self._sender} {topic}")

    def subscribe(
        self,
        callbacks: Mapping[str, Callable[[], None]],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        def receive(message: bytes) -> None:
            sender, _, topic = message.decode("ascii", "replace").partition(" ")
            if sender == self._sender:
                return
            if callback := callbacks.get(topic):
                callback()
            else:
                warning = f"a message on {self._channel} is not a mock's; such messages are ignored"
                self._client.warn_once(self._channel, warning)

        self.listen(self._channel, receive, closing, restored)

    def send(self, channel: str, message: bytes) -> None:
        with self._client.guarded() as redis:
            redis.publish(channel, message)

    def listen(
        self,
        channel: str,
        callback: Callable[[bytes], None],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        RedisListener(self._client, channel, callback, closing, restored).start()


class _RedisHash:
    """A key-value map in a Redis hash; a value that `read` refuses with ValueError counts as absent."""

    def __init__(
        self,
        client: RedisClient,
        key: str,
        write: Callable[[Any], str | bytes],
        read: Callable[[bytes], Any],
    ) -> None:
        self._client = client
        self._key = key
        self._write = write
        self._read = read

    def get(self, name: str, default: Any = None, /) -> Any:
        with self._client.guarded(self._key) as redis:
            value = redis.hget(self._key, _field(name))
        return self._own(value, default)

    def __setitem__(self, name: str, value: Any, /) -> None:
        text = self._write(value)
        with self._client.guarded(self._key) as redis:
            redis.hset(self._key, _field(name), text)

    def pop(self, name: str, default: Any, /) -> Any:
        with self._client.guarded(self._key) as redis, redis.pipeline() as transaction:
            transaction.hget(self._key, _field(name)).hdel(self._key, _field(name))
            value, _ = transaction.execute(raise_on_error=False)  # else its text gets the command
            if isinstance(value, Exception):
                raise value
        return self._own(value, default)

    def copy(self) -> dict[str, Any]:
        with self._client.guarded(self._key) as redis:
            values = redis.hgetall(self._key)
            items = [(name.decode("utf-8", "surrogateescape"), value) for name, value in values.items()]
        own = {name: self._own(value, _FOREIGN) for name, value in items}
        return {name: value for name, value in own.items() if value is not _FOREIGN}

    def _own(self, value: Any, default: Any) -> Any:
        """The value that a mock wrote; the default for none, and for a foreign one."""
        if value is None:
            return default
        try:
            return self._read(value)
        except (TypeError, ValueError, RecursionError):
            warning = f"a value in {self._key} is not a mock's; such values are ignored until a reset"
            self._client.warn_once(self._key, warning)
            return default


class _RedisLock:
    """A lock in Redis; each thread that enters the block acquires it separately."""

    def __init__(self, client: RedisClient, key: str) -> None:
        self._client = client
        self._key = key
        self._lock = client.redis.lock(key, timeout=LOCK_SECONDS, sleep=0.001)

    def __enter__(self) -> None:
        with self._client.guarded(self._key, LOCK_WAIT_SECONDS):
            is_acquired = self._lock.acquire(blocking_timeout=LOCK_WAIT_SECONDS)
        if not is_acquired:
            reason = f"does not give the lock {self._key}, which is held too long; remove that key"
            raise self._client.unavailable(reason)

    def __exit__(self, *_: object) -> None:
        # whatever happens, the work of the block is done, and the lock ends by itself
        with contextlib.suppress(BackendUnavailable), self._client.guarded(self._key):
            self._lock.release()


def _read_json(text: bytes, is_own: IsOwn) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: the text is not JSON, holds half of a surrogate pair, or is not a mock's own.
        TypeError, RecursionError: it is not even a text, or nested too deeply.
    """
    value = json.loads(text)
    if b"\\ud" in text.lower():  # else it has no surrogates
        json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")
    if not is_own(value):
        raise ValueError
    return value


def _field(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _check_bytes(content: bytes) -> bytes:
    if not isinstance(content, bytes):
        raise TypeError
    return content


def _bytes_of(file: bytes | Callable[[], str]) -> bytes:
    return file if isinstance(file, bytes) else file().encode()
