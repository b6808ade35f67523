"""The routes under /_mock/portal of a Dashboard: products, plans, credentials, synchronisation.

The shape of this API is the mock's own; a real portal is another server, with an API of its own.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.portal.bodies import PortalError
from mockserver.dashboard.portal.credentials import Credentials
from mockserver.dashboard.portal.offerings import Offerings
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.json_bodies import json_body


def add_routes(control: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the routes of the portal beside the Dashboard of a dispatcher."""
    dashboard: Dashboard = dispatcher.service.state
    portal = dashboard.portal
    collections: dict[str, Offerings | Credentials] = {
        "products": portal.products,
        "plans": portal.plans,
        "credentials": portal.credentials,
    }

    @control.get("/portal/<any(products, plans, credentials):name>")
    def list_portal(name: str) -> Response:
        return jsonify(collections[name].all())

    @control.post("/portal/<any(products, plans, credentials):name>")
    def create_in_portal(name: str) -> tuple[Response, int]:
        return jsonify(collections[name].create(json_body())), 201

    @control.get("/portal/<any(products, plans, credentials):name>/<reference>")
    def read_in_portal(name: str, reference: str) -> Response:
        return jsonify(collections[name].get(reference))

    @control.patch("/portal/<any(products, plans, credentials):name>/<reference>")
    def update_in_portal(name: str, reference: str) -> Response:
        return jsonify(collections[name].update(reference, json_body()))

    @control.delete("/portal/credentials/<reference>")
    def revoke(reference: str) -> Response:
        portal.credentials.delete(reference)
        return jsonify(status="ok")

    @control.delete("/portal/<any(products, plans):name>/<reference>")
    def delete_in_portal(name: str, reference: str) -> Response:
        offerings = portal.products if name == "products" else portal.plans
        deleted = offerings.delete(reference)
        return jsonify(status="ok", credentials=portal.credentials.naming(deleted["id"]))

    @control.post("/portal/synchronise")
    def synchronise() -> Response:
        return jsonify(portal.synchronise(json_body() if request.get_data() else None))

    control.register_error_handler(PortalError, _refused)


def _refused(error: PortalError) -> tuple[Response, int]:
    return jsonify(status="error", message=str(error)), error.status
