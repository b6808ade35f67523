"""What Dashboards and gateways have in common about their notifications on Redis.

Source: gateway/redis_signals.go:29, :66 and :215 @v5.14.0.
"""

from __future__ import annotations

import hashlib

CHANNEL = "tyk.cluster.notifications"
SHA256 = 5  # the number of the algorithm, of Go's crypto.Hash; a gateway drops a message that has a text here


def signature_of(command: str, payload: str, node_secret: str) -> str:
    """The signature of a notification: hex digits of SHA-256."""
    return hashlib.sha256(f"{command}{payload}{node_secret}".encode("utf-8", "surrogateescape")).hexdigest()
