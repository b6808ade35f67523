"""Requests to APIs: judged as the gateway judges them, and handed on. `answer(Visit(...))` is the way in."""

from __future__ import annotations

from mockserver.gateway.proxy.middleware import answer
from mockserver.gateway.proxy.request_context import Visit

__all__ = ["Visit", "answer"]
