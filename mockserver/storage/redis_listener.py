"""The thread that receives the messages on a channel of a Redis server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from mockserver.storage.bounded_connection import CONNECT_SECONDS
from mockserver.storage.redis_client import RedisClient

RETRY_SECONDS = 0.5  # between attempts to restore a lost subscription
LONGEST = 64 << 10  # bytes of a message that are looked at; a longer one is cut there
LOG = logging.getLogger("tyk-contract")


class RedisListener:
    """A thread that calls a function with each message on a channel.

    It ends only when `closing` is set: it subscribes again after an outage, calls `restored` then, and
    survives any message and any error of the functions.
    """

    def __init__(
        self,
        client: RedisClient,
        channel: str,
        receive: Callable[[bytes], None],
        closing: threading.Event,
        restored: Callable[[], None],
    ) -> None:
        self._client = client
        self._channel = channel
        self._receive = receive
        self._closing = closing
        self._restored = restored
        self._subscribed = threading.Event()
        self._is_lost = False  # so that an outage is logged once

    def start(self) -> None:
        """Start the thread, and wait for its subscription, but not for a server that does not answer."""
        threading.Thread(target=self._run, name="tyk-contract-store", daemon=True).start()
        self._subscribed.wait(CONNECT_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                with self._client.redis.pubsub(ignore_subscribe_messages=True) as subscription:
                    self._listen(subscription)
            except Exception as error:  # noqa: BLE001  whatever it was, the thread has to go on
                if not self._is_lost:
                    LOG.warning("%s; messages on its channels are lost until then", error)
                self._is_lost = True
                self._closing.wait(RETRY_SECONDS)

    def _listen(self, subscription: Any) -> None:
        with self._client.guarded():
            subscription.subscribe(self._channel)
        while not self._closing.is_set():
            with self._client.guarded():
                message = subscription.get_message(timeout=RETRY_SECONDS)
                content = message["data"][:LONGEST] if message else b""
            self._subscribed.set()
            if self._is_lost:
                self._is_lost = False
                self._call(self._restored)
            if message:
                self._call(partial(self._receive, content))

    def _call(self, function: Callable[[], None]) -> None:
        try:
            function()
        except Exception as error:  # noqa: BLE001  as above
            LOG.warning("what a message on %s asked for failed: %s", self._channel, error)
