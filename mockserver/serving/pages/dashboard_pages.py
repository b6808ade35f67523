"""The page that only a Dashboard has: its organisations with their users, policies and APIs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from mockserver.dashboard.dashboard import Dashboard
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.pages.rendering import SHOWN, Overview, rendered

USER_MEMBERS = (
    "email_address",
    "first_name",
    "last_name",
    "active",
    "user_permissions",
)  # not the access key


def overview(dispatcher: Dispatcher) -> Overview:
    """What the first page tells of a Dashboard."""
    dashboard: Dashboard = dispatcher.service.state
    report = dashboard.deployment.report()
    facts = {
        "Version": f"Tyk Dashboard {dashboard.version}",
        "Organisations": len(dashboard.organisations.all()),
        "Policies": len(dashboard.policies.all("")),
        "APIs": len(dashboard.apis.all("")),
        "Nodes": len(report.nodes),
        "Places that are not right": sum(not placement.is_right for placement in report.placements),
        "Gateways beside": [f"{gateway.url}/_mock/" for gateway in dashboard.deployment.beside],
    }
    return Overview(facts, [])


def add_pages(pages: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the pages of the Dashboard of a dispatcher."""
    dashboard: Dashboard = dispatcher.service.state

    @pages.get("/pages/organisations")
    def organisations() -> Response:
        return rendered(
            "dashboard",
            "organisations.html",
            organisations=[
                _contents(dashboard, organisation) for organisation in dashboard.organisations.all()
            ],
            most=SHOWN,
        )


def _contents(dashboard: Dashboard, organisation: dict[str, Any]) -> dict[str, Any]:
    """An organisation with what belongs to it."""
    org_id = organisation["id"]
    return {
        "id": org_id,
        "name": organisation.get("owner_name", ""),
        "users": [{name: user[name] for name in USER_MEMBERS} for user in dashboard.users.all(org_id)],
        "policies": dashboard.policies.all(org_id),
        "apis": dashboard.apis.all(org_id),
    }
