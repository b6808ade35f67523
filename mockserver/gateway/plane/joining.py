"""Joining: a gateway becomes a data plane of the control plane that its configuration names."""

from __future__ import annotations

from pathlib import Path

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.notifications import Receiver
from mockserver.gateway.plane.backup import FileBackup, StoreBackup
from mockserver.gateway.plane.plane import Plane
from mockserver.service.mock import Mock
from mockserver.service.notifications import CHANNEL


def join(gateway: Gateway, mock: Mock, backup: Path | None = None) -> Plane:
    """Make a gateway a data plane, which does nothing until its `start`.

    Its backup is in a file, else in the storage of the mock.

    Raises:
        ConfigError: the configuration lacks a key without which a gateway cannot log in.
    """
    place = FileBackup(backup) if backup is not None else StoreBackup(mock.backend)
    plane = Plane(gateway, place, mock.closing)
    gateway.source = plane
    receiver = Receiver(gateway.config, gateway.queue_reload, {})
    mock.backend.listen(CHANNEL, receiver.receive, mock.closing, gateway.queue_reload)
    return plane
