"""A client of a Redis server: its calls are limited in time and size, and its errors are in one form."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import redis

from mockserver.storage import redis_errors
from mockserver.storage.backend import BackendUnavailable
from mockserver.storage.bounded_connection import limited
from mockserver.storage.store_url import StoreUrl

ANSWER_SECONDS = 5.0  # for one operation, its connection included
ANSWER_BYTES = 64 << 20  # of one operation
CONNECTIONS = 1024  # at most; more than the threads that answer requests
LOG = logging.getLogger("tyk-contract")


class RedisClient:
    """A client of one database of a Redis server.

    Attributes:
        redis: the client of redis-py; its calls belong into a block of `guarded`.
        database: the number of the database.

    Raises:
        ValueError: the URL is not one of a Redis server.
        BackendUnavailable: the server does not answer as a Redis server does.
    """

    def __init__(self, url: str) -> None:
        place = StoreUrl.parse(url)
        pool = redis.ConnectionPool(
            **place.arguments, max_connections=CONNECTIONS, socket_timeout=ANSWER_SECONDS, protocol=2
        )
        # the library's types allow a synchronous and an asynchronous result for each method
        self.redis: Any = redis.Redis(connection_pool=pool)
        self.database = place.database
        self._name = place.name
        self._warned: set[str] = set()
        with self.guarded():
            is_redis = self.redis.ping()
        if not is_redis:
            raise self.unavailable("does not answer as a Redis server does; correct its URL")

    @contextlib.contextmanager
    def guarded(self, key: str = "", wait: float = 0) -> Iterator[Any]:
        """Yield `redis`, limit its calls in time and size, and make their errors BackendUnavailable.

        `key` is the Redis key that they use, and `wait` the seconds that they may wait for another mock.
        """
        try:
            with limited(ANSWER_SECONDS + wait, ANSWER_BYTES):
                yield self.redis
        except Exception as error:  # noqa: BLE001  a server that is no Redis makes the client raise anything
            # without its cause, whose text may have the password in it
            raise self.unavailable(redis_errors.reason(error, key)) from None

    def unavailable(self, reason: str) -> BackendUnavailable:
        """The error that names this server before the reason."""
        return BackendUnavailable(f"the store at {self._name} {reason}")

    def warn_once(self, subject: str, text: str) -> None:
        """Log a warning, unless one of the same subject was logged before."""
        if subject not in self._warned:
            self._warned.add(subject)
            LOG.warning("the store at %s: %s", self._name, text)
