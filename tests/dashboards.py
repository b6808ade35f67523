"""Requests to a mock Dashboard."""

from __future__ import annotations

import json
from typing import Any

from mockserver import MockDashboard
from mockserver.http.client import Client

ADMIN = (("admin-auth", "mock-admin-secret"),)
RIGHT = {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}


def ask(
    dashboard: MockDashboard, method: str, target: str, body: Any = None, *headers: tuple[str, str]
) -> tuple[int, Any]:
    """The status and the document of an answer; the key is sent unless headers are given."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    with Client(dashboard.url) as client:
        answer = client.send(method, target, headers or [("Authorization", dashboard.key)], data)
    return answer.status, json.loads(answer.body)


def add(dashboard: MockDashboard, **members: Any) -> str:
    """Create a policy; its database id."""
    status, answer = ask(dashboard, "POST", "/api/portal/policies", {"name": "Gold", **members})
    assert status == 200, answer
    return str(answer["Message"])


def read(dashboard: MockDashboard, policy_id: str) -> dict[str, Any]:
    """A policy, which must exist."""
    status, policy = ask(dashboard, "GET", f"/api/portal/policies/{policy_id}")
    assert status == 200, policy
    assert isinstance(policy, dict)
    return policy


def names(dashboard: MockDashboard, query: str = "") -> list[str]:
    """The names of the policies in a list."""
    status, listing = ask(dashboard, "GET", f"/api/portal/policies{query}")
    assert status == 200, listing
    return [policy["name"] for policy in listing["Data"]]
