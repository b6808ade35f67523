"""Joining: a gateway becomes the node of the Dashboard that its configuration names."""

from __future__ import annotations

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.node import Node
from mockserver.gateway.node.notifications import CLIENT_IDPS, ZEROCONF, Receiver, dashboard_of
from mockserver.service.mock import Mock
from mockserver.service.notifications import CHANNEL


def join(gateway: Gateway, mock: Mock) -> Node:
    """Make a gateway a node, which does nothing until its `start`.

    Raises:
        ConfigError: the configuration lacks a key without which a real gateway does not start.
    """
    node = Node(gateway)
    gateway.source = node
    others = {
        ZEROCONF: lambda payload: node.find(dashboard_of(payload)),
        CLIENT_IDPS: lambda _: node.refresh_client_idps(),
    }
    receiver = Receiver(gateway.config, gateway.queue_reload, others)
    mock.backend.listen(CHANNEL, receiver.receive, mock.closing, gateway.queue_reload)
    return node
