"""The Dashboard as a service of the mock: its guard, and its replies without a route."""

from __future__ import annotations

import hmac
from functools import partial

from mockserver.dashboard import handlers, replies
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.graphql.root_fields import OPERATION_IDS
from mockserver.dashboard.handlers import dataplanes
from mockserver.dashboard.handlers.registration import key_of
from mockserver.dashboard.mdcb import scenarios as mdcb_scenarios
from mockserver.dashboard.nodes import scenarios as node_scenarios
from mockserver.dashboard.request_warnings import warnings_of
from mockserver.http.messages import Reply, Request
from mockserver.service.registry import check
from mockserver.service.service import Service

SCENARIOS = {**node_scenarios.SCENARIOS, **mdcb_scenarios.SCENARIOS}
ADMIN_PREFIX = "/admin/"  # of paths that require the admin secret
NODE_PREFIXES = ("/register/", "/system/")  # of paths that require the node secret
USER_PREFIXES = ("/api/", "/graphql/")  # of paths that require the key of a user


def dashboard_service(dashboard: Dashboard) -> Service:
    """The service of a Dashboard.

    Raises:
        SpecError: an operation of the contract has no handler, or a handler has no operation.
    """
    check(handlers.SERVICE, dashboard.contract)
    guard = Guard(dashboard)
    return Service(
        name=handlers.SERVICE,
        contract=dashboard.contract,
        state=dashboard,
        guard=guard.check,
        secrets=(dashboard.key, *(getattr(dashboard.config, name) for name in dashboard.config.SECRETS)),
        error=replies.error,
        not_found=lambda _: replies.NOT_FOUND,
        not_allowed=lambda _: replies.METHOD_NOT_ALLOWED,
        beside=dataplanes.beside,
        path_of=guard.path_of,
        warn=partial(warnings_of, dashboard),
        scenarios=SCENARIOS,
        also_faulty=OPERATION_IDS | mdcb_scenarios.TARGETS,
    )


class Guard:
    """The checks of a Dashboard before routing."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._admin_secret = dashboard.config.admin_secret.encode()

    def check(self, request: Request) -> Reply | str:
        """The rejection of a wrong key, else the path for routing, without a slash at its end.

        A slash at the end is accepted without a redirect (OP portal_catalogue.go:11, UIT
        Dashboard_connection.js:46).
        """
        path = request.url.path
        if path.startswith(ADMIN_PREFIX):
            secret = request.header("admin-auth").encode("latin-1")
            if not hmac.compare_digest(secret, self._admin_secret):
                return replies.UNAUTHORISED
        elif path.startswith(NODE_PREFIXES):
            if not self._dashboard.admission.has_secret(request):
                return replies.WRONG_NODE_SECRET
        elif f"{path}/".startswith(USER_PREFIXES) and self._dashboard.users.with_key(key_of(request)) is None:
            return replies.UNAUTHORISED
        return path.rstrip("/") or "/"

    def path_of(self, path: str) -> str:
        """The path of an operation; the configuration may move the probe."""
        return f"/{self._dashboard.config.health_check_endpoint_name}" if path == "/hello" else path
