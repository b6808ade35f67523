"""Shelves on a Redis, for gateways of one group on several machines, as real ones have it.

Each shelf is a hash, each lock a key, and what gateways tell each other is published on a channel. All
begin with `tyk-contract:`; several groups on one Redis take a database of their own each.
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

from mockserver.storage.backend import Shelf, StoreLost

PREFIX = "tyk-contract:"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0  # after which a Redis that hangs counts as gone
LOCK_SECONDS = 10.0  # after which the lock of a gateway that died is free
AGAIN = 0.5  # seconds until a channel that was lost is looked for again


class RedisShelves:
    """The shelves of a group of gateways.

    Raises:
        ValueError: the URL is none of a Redis.
        StoreLost: nobody answers there.
    """

    def __init__(self, url: str) -> None:
        try:
            # its methods are typed as if each were sync and async at once
            self._redis: Any = redis.Redis.from_url(
                url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
            )
        except ValueError as error:
            raise ValueError(f"{url!r} is no URL of a Redis, as redis://localhost:6379/0 is") from error
        self._name = "{host}:{port}/{db}".format(
            **{"host": "localhost", "port": 6379, "db": 0, **self._redis.get_connection_kwargs()}
        )
        self._own = uuid.uuid4().hex  # so that a gateway does not hear itself
        with self.held():
            self._redis.ping()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Turn what goes wrong with the Redis into StoreLost."""
        try:
            yield
        except redis.RedisError as error:
            raise StoreLost(
                f"the store at {self._name} does not answer: {error}; see that it runs"
            ) from error

    def shelf(self, name: str) -> Shelf:
        return _RedisShelf(self, self._redis, PREFIX + name, json.dumps, json.loads)

    def files(self, name: str) -> Shelf:
        return _RedisShelf(self, self._redis, PREFIX + name, _bytes_of, bytes)

    def lock(self, name: str) -> AbstractContextManager[Any]:
        return _Lock(self, self._redis, PREFIX + "lock:" + name)

    def tell(self, what: str) -> None:
        with self.held():
            self._redis.publish(PREFIX + "told", f"{self._own} {what}")

    def listen(self, hear: Callable[[str], None], closing: threading.Event) -> None:
        listening = threading.Event()
        arguments = (hear, closing, listening)
        threading.Thread(target=self._listen, args=arguments, name="tyk-contract-store", daemon=True).start()
        listening.wait(CONNECT_SECONDS)

    def _listen(
        self, hear: Callable[[str], None], closing: threading.Event, listening: threading.Event
    ) -> None:
        while not closing.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(PREFIX + "told")
                    while not closing.is_set():
                        message = channel.get_message(timeout=AGAIN)
                        listening.set()
                        if message:
                            sender, _, what = message["data"].decode().partition(" ")
                            if sender != self._own:
                                hear(what)
            except (redis.RedisError, StoreLost):
                closing.wait(AGAIN)


class _RedisShelf:
    """A hash of Redis."""

    def __init__(
        self,
        shelves: RedisShelves,
        client: Any,
        key: str,
        write: Callable[[Any], str | bytes],
        read: Callable[[Any], Any],
    ) -> None:
        self._held = shelves.held
        self._redis = client
        self._key = key
        self._write = write
        self._read = read

    def get(self, name: str, default: Any = None, /) -> Any:
        with self._held():
            found = self._redis.hget(self._key, _field(name))
        return default if found is None else self._read(found)

    def __setitem__(self, name: str, value: Any, /) -> None:
        with self._held():
            self._redis.hset(self._key, _field(name), self._write(value))

    def pop(self, name: str, default: Any, /) -> Any:
        with self._held(), self._redis.pipeline() as both:
            found, _ = both.hget(self._key, _field(name)).hdel(self._key, _field(name)).execute()
        return default if found is None else self._read(found)

    def copy(self) -> dict[str, Any]:
        with self._held():
            found = self._redis.hgetall(self._key)
        return {name.decode("utf-8", "surrogateescape"): self._read(value) for name, value in found.items()}

    def clear(self) -> None:
        with self._held():
            self._redis.delete(self._key)


class _Lock:
    """A lock of Redis, which each thread takes anew each time."""

    def __init__(self, shelves: RedisShelves, client: Any, name: str) -> None:
        self._held = shelves.held
        self._lock = client.lock(name, timeout=LOCK_SECONDS, sleep=0.001)

    def __enter__(self) -> None:
        with self._held():
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        with self._held(), contextlib.suppress(redis.exceptions.LockError):  # it took too long, and was freed
            self._lock.release()


def _field(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _bytes_of(file: bytes | Callable[[], str]) -> bytes:
    return file if isinstance(file, bytes) else file().encode()
