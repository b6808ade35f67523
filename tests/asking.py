"""Requests to a mock, for tests."""

from __future__ import annotations

import json
from typing import Any

from mockserver import MockGateway
from mockserver.http.client import Answer, Client


def call(gateway: MockGateway, method: str, target: str, body: Any = None) -> tuple[int, Any]:
    """Send a request with the secret; status and JSON come back."""
    data = None if body is None else json.dumps(body).encode()
    answer = send(gateway, method, target, [("X-Tyk-Authorization", gateway.secret)], data)
    return answer.status, json.loads(answer.body)


def send(gateway: MockGateway, *request: Any, timeout: float = 10) -> Answer:
    """Send one request over a connection of its own."""
    with Client(gateway.url, timeout) as client:
        return client.send(*request)
