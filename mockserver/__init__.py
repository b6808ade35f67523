"""Mocks of the policy APIs of the Tyk Gateway and the Tyk Dashboard that behave like the real ones."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.serving.mock_dashboard import MockDashboard
    from mockserver.serving.mock_gateway import MockGateway
    from mockserver.serving.wsgi_app import create_app

__all__ = ["MockDashboard", "MockGateway", "create_app"]

_HOMES = {
    "MockDashboard": "mockserver.serving.mock_dashboard",
    "MockGateway": "mockserver.serving.mock_gateway",
    "create_app": "mockserver.serving.wsgi_app",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that loading the pytest plugin costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
