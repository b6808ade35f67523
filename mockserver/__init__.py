"""A mock of the Tyk Gateway's policy API that behaves like a real one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.serving.mock_gateway import MockGateway
    from mockserver.serving.wsgi_app import create_app

__all__ = ["MockGateway", "create_app"]

_HOMES = {"MockGateway": "mockserver.serving.mock_gateway", "create_app": "mockserver.serving.wsgi_app"}


def __getattr__(name: str) -> Any:
    """Import on first use, so that loading the pytest plugin costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
