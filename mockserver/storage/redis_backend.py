"""A backend in Redis, for the mocks of one group on several machines or in several processes.

Each map is a hash, each lock a key, and topics are published on a channel. Their names begin with
`tyk-contract:`; several groups on one Redis server need separate databases.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import redis

from mockserver.storage.backend import BackendUnavailable, KeyValueMap

PREFIX = "tyk-contract:"
CHANNEL = PREFIX + "topics"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0  # until a hanging server counts as unavailable
LOCK_SECONDS = 10.0  # until the lock of a crashed mock is free again
RETRY_SECONDS = 0.5  # between attempts to restore a lost subscription


class RedisBackend:
    """The backend of a group of mocks, in Redis.

    Raises:
        ValueError: the URL is not one of a Redis server.
        BackendUnavailable: the server does not answer.
    """

    is_shared = True

    def __init__(self, url: str) -> None:
        try:
            # the library's types allow a synchronous and an asynchronous result for each method
            self._redis: Any = redis.Redis.from_url(
                url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
            )
        except ValueError as error:
            raise ValueError(
                f"{url!r} is not the URL of a Redis server; give one such as redis://localhost:6379/0"
            ) from error
        self._name = "{host}:{port}/{db}".format(
            **{"host": "localhost", "port": 6379, "db": 0, **self._redis.get_connection_kwargs()}
        )
        self._sender = uuid.uuid4().hex  # a mock ignores its own messages
        with self.guarded():
            self._redis.ping()

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Convert an error of the Redis client into BackendUnavailable."""
        try:
            yield
        except redis.RedisError as error:
            raise BackendUnavailable(
                f"the store at {self._name} does not answer: {error}; check that it is running"
            ) from error

    def key_values(self, name: str) -> KeyValueMap:
        return _RedisHash(self, self._redis, PREFIX + name, json.dumps, json.loads)

    def files(self, name: str) -> KeyValueMap:
        return _RedisHash(self, self._redis, PREFIX + name, _bytes_of, bytes)

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return _Lock(self, self._redis, PREFIX + "lock:" + name)

    def close(self) -> None:
        """Do nothing, for other mocks may use the Redis at the same time."""

    def publish(self, topic: str) -> None:
        with self.guarded():
            self._redis.publish(CHANNEL, f"{self._sender} {topic}")

    def subscribe(self, callback: Callable[[str], None], closing: threading.Event) -> None:
        subscribed = threading.Event()
        arguments = (callback, closing, subscribed)
        threading.Thread(target=self._listen, args=arguments, name="tyk-contract-store", daemon=True).start()
        subscribed.wait(CONNECT_SECONDS)

    def _listen(
        self, callback: Callable[[str], None], closing: threading.Event, subscribed: threading.Event
    ) -> None:
        while not closing.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(CHANNEL)
                    while not closing.is_set():
                        message = channel.get_message(timeout=RETRY_SECONDS)
                        subscribed.set()
                        if message:
                            sender, _, topic = message["data"].decode().partition(" ")
                            if sender != self._sender:
                                callback(topic)
            except (redis.RedisError, BackendUnavailable):
                closing.wait(RETRY_SECONDS)


class _RedisHash:
    """A key-value map in a Redis hash."""

    def __init__(
        self,
        backend: RedisBackend,
        client: Any,
        key: str,
        write: Callable[[Any], str | bytes],
        read: Callable[[Any], Any],
    ) -> None:
        self._guarded = backend.guarded
        self._redis = client
        self._key = key
        self._write = write
        self._read = read

    def get(self, name: str, default: Any = None, /) -> Any:
        with self._guarded():
            value = self._redis.hget(self._key, _field(name))
        return default if value is None else self._read(value)

    def __setitem__(self, name: str, value: Any, /) -> None:
        with self._guarded():
            self._redis.hset(self._key, _field(name), self._write(value))

    def pop(self, name: str, default: Any, /) -> Any:
        with self._guarded(), self._redis.pipeline() as transaction:
            value, _ = transaction.hget(self._key, _field(name)).hdel(self._key, _field(name)).execute()
        return default if value is None else self._read(value)

    def copy(self) -> dict[str, Any]:
        with self._guarded():
            values = self._redis.hgetall(self._key)
        return {name.decode("utf-8", "surrogateescape"): self._read(value) for name, value in values.items()}

    def clear(self) -> None:
        with self._guarded():
            self._redis.delete(self._key)


class _Lock:
    """A lock in Redis; each thread that enters the block acquires it separately."""

    def __init__(self, backend: RedisBackend, client: Any, name: str) -> None:
        self._guarded = backend.guarded
        self._lock = client.lock(name, timeout=LOCK_SECONDS, sleep=0.001)

    def __enter__(self) -> None:
        with self._guarded():
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        # the lock may have expired during a long block
        with self._guarded(), contextlib.suppress(redis.exceptions.LockError):
            self._lock.release()


def _field(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _bytes_of(file: bytes | Callable[[], str]) -> bytes:
    return file if isinstance(file, bytes) else file().encode()
