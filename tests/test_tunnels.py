"""Tunnels through a proxy: how long a client waits for one."""

from __future__ import annotations

import math

import pytest

from mockserver.http.deadline import Deadline
from mockserver.http.proxy import Proxy, ProxyError


class _SlowProxy:
    """A socket to a proxy that never ends its answer, with the time limits that its reads have."""

    def __init__(self) -> None:
        self.limits: list[float] = []
        self._limit = math.inf

    def sendall(self, data: bytes) -> None:
        assert data.startswith(b"CONNECT a.test:443 ")

    def settimeout(self, seconds: float) -> None:
        self._limit = seconds

    def recv(self, size: int) -> bytes:
        self.limits.append(self._limit)
        return b"x" * size


def test_each_read_of_a_tunnel_keeps_to_the_deadline() -> None:
    """A proxy that sends its answer byte by byte does not stretch the time of an exchange."""
    sock = _SlowProxy()
    with pytest.raises(ProxyError, match="gives no answer to CONNECT"):
        Proxy("127.0.0.1", 1).open_tunnel(sock, "a.test:443", Deadline(60))
    assert max(sock.limits) <= 60
    assert sock.limits == sorted(sock.limits, reverse=True)
    assert sock.limits[-1] < sock.limits[0]
