"""An API of orders on a mock, a policy and a key for it, and requests to it."""

from __future__ import annotations

import json
from typing import Any

from asking import call, send

from mockserver import MockGateway
from mockserver.http.client import Answer

ORDERS = {
    "name": "Orders", "api_id": "orders", "org_id": "acme", "auth": {"auth_header_name": "Authorization"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test/base", "strip_listen_path": True},
}  # fmt: skip
RIGHTS = {"orders": {"api_id": "orders", "versions": ["Default"]}}
GOLD = {"id": "gold", "org_id": "acme", "rate": 1000, "per": 60, "quota_max": -1, "access_rights": RIGHTS}


def serve(gateway: MockGateway, *policies: dict[str, Any], **members: Any) -> None:
    """Write an API and policies, and load them."""
    for policy in policies or (GOLD,):
        call(gateway, "POST", "/tyk/policies", policy)
    assert call(gateway, "POST", "/tyk/apis", {**ORDERS, **members})[0] == 200
    gateway.reload()


def key(gateway: MockGateway, *policies: str, **members: Any) -> str:
    """Make a key; its full id."""
    session = {"org_id": "acme", "apply_policies": list(policies or ("gold",)), **members}
    status, told = call(gateway, "POST", "/tyk/keys/mykey", session)
    assert status == 200, told
    return str(told["key"])


def get(gateway: MockGateway, credential: str, path: str = "/orders/a", *headers: tuple[str, str]) -> Answer:
    """A request to the API."""
    return send(gateway, "GET", path, [("Authorization", credential), *headers])


def told(answer: Answer) -> tuple[int, str]:
    """Status and the gateway's own error."""
    return answer.status, json.loads(answer.body).get("error", "")


def left(answer: Answer) -> str:
    """The remaining quota that an answer reports."""
    return dict(answer.headers)["X-Ratelimit-Remaining"]
