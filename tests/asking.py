"""Requests to a mock and raw bytes, for tests, and a wait with a deadline."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mockserver import MockGateway
from mockserver.http.client import Answer, Client
from mockserver.http.server import HttpServer

HANGS = 60.0  # seconds that only what hangs takes


def call(gateway: MockGateway, method: str, target: str, body: Any = None) -> tuple[int, Any]:
    """The status and the JSON of the answer to a request with the secret."""
    data = None if body is None else json.dumps(body).encode()
    answer = send(gateway, method, target, secret_of(gateway), data)
    return answer.status, json.loads(answer.body)


def secret_of(gateway: MockGateway) -> list[tuple[str, str]]:
    """The header with the secret, for `send`."""
    return [("X-Tyk-Authorization", gateway.secret)]


def send(gateway: MockGateway, *request: Any, timeout: float = 10) -> Answer:
    """Send one request over a new connection."""
    with Client(gateway.url, timeout) as client:
        return client.send(*request)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Ask again and again until a condition is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition} is not true after {seconds} s"


def connect(gateway: MockGateway) -> socket.socket:
    """A connection to the gateway, which waits ten seconds for an answer."""
    host, port = gateway.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def read_to_end(connection: socket.socket) -> bytes:
    """The bytes until the connection ends; the date is blanked."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return re.sub(rb"Date: [^\r]*", b"Date: X", b"".join(parts))


@contextmanager
def limited(gateway: MockGateway, **limits: Any) -> Iterator[HttpServer]:
    """Give the server of a gateway other limits for a block, by their names in `Limits`."""
    server = gateway._server._server
    original = server.limits
    server.limits = replace(original, **limits)
    try:
        yield server
    finally:
        server.limits = original


def talk(gateway: MockGateway, data: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes, read until the connection ends; the date is blanked."""
    with connect(gateway) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection)
