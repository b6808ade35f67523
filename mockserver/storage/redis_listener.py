"""The thread that receives the messages on a channel of a Redis server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.storage.bounded_connection import CONNECT_SECONDS
from mockserver.storage.redis_client import RedisClient

RETRY_SECONDS = 0.5  # between attempts to restore a lost subscription
LONGEST = 100  # characters of a message of a mock that are looked at; a mock sends less
LOG = logging.getLogger("tyk-contract")


class RedisListener:
    """A thread that calls a function with each message on a channel.

    It ends only when `closing` is set: it subscribes again after an outage, and survives any message and any
    error of the function.
    """

    def __init__(
        self,
        client: RedisClient,
        channel: str,
        receive: Callable[[bytes], None],
        closing: threading.Event,
    ) -> None:
        self._client = client
        self._channel = channel
        self._receive = receive
        self._closing = closing
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
                    LOG.warning("%s; messages of other mocks are lost until then", error)
                self._is_lost = True
                self._closing.wait(RETRY_SECONDS)

    def _listen(self, subscription: Any) -> None:
        with self._client.guarded():
            subscription.subscribe(self._channel)
        while not self._closing.is_set():
            with self._client.guarded():
                message = subscription.get_message(timeout=RETRY_SECONDS)
                data = bytes(message["data"]) if message else b""
            self._subscribed.set()
            self._is_lost = False
            if message:
                self._receive(data)


class Topics:
    """The messages of the mocks of a group; those of `sender` are ignored."""

    def __init__(
        self, client: RedisClient, channel: str, sender: str, callbacks: Mapping[str, Callable[[], None]]
    ) -> None:
        self._client = client
        self._channel = channel
        self._sender = sender
        self._callbacks = callbacks

    def receive(self, data: bytes) -> None:
        """Call the callback of the topic that another mock published."""
        sender, _, topic = data[:LONGEST].decode("ascii", "replace").partition(" ")
        if sender == self._sender:
            return
        callback = self._callbacks.get(topic)
        if callback is None:
            warning = f"a message on {self._channel} is not a mock's; such messages are ignored"
            self._client.warn_once(self._channel, warning)
            return
        try:
            callback()
        except Exception as error:  # noqa: BLE001  the thread has to go on, whatever it was
            LOG.warning("the %s that another mock asked for failed: %s", topic, error)
