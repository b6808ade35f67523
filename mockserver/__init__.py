"""A mock of the Tyk Gateway's policy API that behaves like a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.serving.mock_gateway import MockGateway

__all__ = ["MockGateway"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that loading the pytest plugin costs nothing."""
    if name in __all__:
        from mockserver.serving import mock_gateway

        return getattr(mock_gateway, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
