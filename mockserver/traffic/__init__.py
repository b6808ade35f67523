"""Requests to APIs: judged as the gateway judges them, and handed on. `answer(Visit(...))` is the way in."""

from __future__ import annotations

from mockserver.traffic.chain import answer
from mockserver.traffic.visit import Visit

__all__ = ["Visit", "answer"]
