"""The registry's part for the gateway's handlers."""

from __future__ import annotations

from mockserver.service.registry import Handlers

SERVICE = "gateway"
handles = Handlers(SERVICE).handles
