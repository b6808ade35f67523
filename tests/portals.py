"""Requests to the portal of a mock Dashboard, and to the APIs of the gateway beside it."""

from __future__ import annotations

import json
from typing import Any

from dashboards import ask

from mockserver import MockDashboard
from mockserver.http.client import Client

API = {
    "use_standard_auth": True,
    "auth": {"auth_header_name": "Authorization"},
    "proxy": {"target_url": "http://upstream.test", "strip_listen_path": True},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "active": True,
}
GOLD = {"name": "Gold", "rate": 50, "per": 60, "quota_max": 3, "quota_renewal_rate": 3600}


def add_api(dashboard: MockDashboard, api_id: str, **members: Any) -> None:
    """Create an API with a listen path of its id; the Dashboard must let APIs keep their ids."""
    proxy = {**API["proxy"], "listen_path": f"/{api_id}/"}
    definition = {**API, "name": api_id.title(), "api_id": api_id, "proxy": proxy, **members}
    status, answer = ask(dashboard, "POST", "/api/apis", {"api_definition": definition})
    assert (status, answer["ID"]) == (200, api_id)


def portal(dashboard: MockDashboard, method: str, path: str, body: Any = None) -> Any:
    """The document of an answer of the portal, which must succeed."""
    status, document = answer(dashboard, method, path, body)
    assert status in (200, 201), document
    return document


def refused(dashboard: MockDashboard, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """The status and the message of an answer of the portal, which must be an error."""
    status, document = answer(dashboard, method, path, body)
    assert set(document) == {"status", "message"}, document
    assert document["status"] == "error"
    return status, document["message"]


def answer(dashboard: MockDashboard, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status and the document of an answer of the portal."""
    return ask(dashboard, method, f"/_mock/portal/{path}", body)


def use(dashboard: MockDashboard, key: str, api_id: str) -> tuple[int, str]:
    """The status and the error of an answer to a request with a key to an API of the gateway."""
    assert dashboard.gateway is not None
    with Client(dashboard.gateway.url) as client:
        reply = client.send("GET", f"/{api_id}/", [("Authorization", key)])
    return reply.status, json.loads(reply.body).get("error", "")


def origins(dashboard: MockDashboard, key: str) -> dict[str, str]:
    """The policy, or the session itself, that each value of a key's session comes from, by path."""
    assert dashboard.gateway is not None
    with Client(dashboard.gateway.url) as client:
        reply = client.send("POST", "/_mock/why", [], json.dumps({"key": key}).encode())
    assert reply.status == 200, reply.body
    return {reason["path"]: reason["origin"] for reason in json.loads(reply.body)["reasons"]}


def product(dashboard: MockDashboard, name: str = "Orders", *apis: str) -> Any:
    """A new product, of the API with its name unless others are given."""
    return portal(dashboard, "POST", "products", {"name": name, "apis": list(apis) or [name.lower()]})


def plan(dashboard: MockDashboard, **members: Any) -> Any:
    """A new plan."""
    return portal(dashboard, "POST", "plans", {**GOLD, **members})


def credential(dashboard: MockDashboard, *products: str, plan: str = "Gold", **members: Any) -> Any:
    """A new credential of products and a plan, by their names."""
    body = {"alias": "app", "products": list(products), "plan": plan, **members}
    return portal(dashboard, "POST", "credentials", body)


def in_place(offering: Any) -> str:
    """The id of the policy of a product or a plan."""
    return str(offering["policy"]["_id"])


def everything(dashboard: MockDashboard) -> Any:
    """All of the portal, and the policies."""
    lists = [portal(dashboard, "GET", name) for name in ("products", "plans", "credentials")]
    return lists, dict(dashboard.policies)
