"""The registration of the gateway's handlers."""

from __future__ import annotations

from typing import TypeAlias

from mockserver.gateway.gateway import Gateway
from mockserver.service import registry

SERVICE = "gateway"
Call: TypeAlias = registry.Call[Gateway]
handles = registry.Handlers(SERVICE).handles
