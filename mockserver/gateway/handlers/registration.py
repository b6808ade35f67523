"""The registration of the gateway's handlers."""

from __future__ import annotations

from typing import TypeAlias

from mockserver.gateway.gateway import Gateway
from mockserver.service import registry

SERVICE = "gateway"
Call: TypeAlias = registry.Call[Gateway]
handles = registry.Handlers(SERVICE).handles


def on_files(gateway: Gateway) -> bool:
    """True if a write of a policy or API may block: others share the storage, or it waits for the disk."""
    return gateway.storage_is_shared or gateway.fsync
