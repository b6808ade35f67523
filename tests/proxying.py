"""A proxy that records live traffic, in a thread of the tests."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version, spec_path
from mockserver.evidence.live_recording import LiveRecording
from mockserver.evidence.live_traffic import LIMITS, Traffic
from mockserver.evidence.recording import Step, read_recording
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.forwarder import BOUNDS, Forwarder
from mockserver.http.received_body import Bounds
from mockserver.http.server import HttpServer
from mockserver.service.access_log import AccessLog


@dataclass
class Proxy:
    """A proxy: its URL, its traffic, the file of its recording, its log, and a secret of the service."""

    url: str
    traffic: Traffic
    path: Path
    recording: LiveRecording
    log: io.StringIO
    secret: str = "mock-secret"

    @property
    def text(self) -> str:
        """The recording so far."""
        return self.path.read_text("utf-8")

    @property
    def steps(self) -> list[Step]:
        """The steps recorded so far."""
        (scenario,) = read_recording(self.path).scenarios
        return scenario.steps


@contextmanager
def proxying(
    url: str,
    path: Path,
    service: str = "gateway",
    *,
    bounds: Bounds = BOUNDS,
    known: tuple[str, ...] = (),
    settings: ConnectionSettings | None = None,
) -> Iterator[Proxy]:
    """A proxy before the service at a URL."""
    folder = spec_path(service)
    version = default_version(folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        recording = LiveRecording(path, service, version, "2026-11-28")
        forwarder = Forwarder(url, bounds, settings)
        traffic = Traffic(service, Contract.load(version, folder), forwarder, recording, known)
        log = io.StringIO()
        traffic.access_log = AccessLog(log)
        server = HttpServer(traffic.answer, listener, limits=LIMITS, refused=traffic.refused)
        authority = f"127.0.0.1:{server.address[1]}"
        forwarder.own_hosts = frozenset({authority})
        started, stop, loops = threading.Event(), asyncio.Event(), list[asyncio.AbstractEventLoop]()

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.run(stop, started.set)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield Proxy(f"http://{authority}", traffic, path, recording, log)
        finally:
            loops[0].call_soon_threadsafe(stop.set)
            thread.join(20)
            traffic.access_log.close()
            recording.close()


def talk(proxy: Proxy, *parts: bytes) -> bytes:
    """What a proxy answers to parts of a request, until it closes the connection; without the date."""
    port = int(proxy.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        for part in parts[:-1]:
            connection.sendall(part)
            connection.recv(1000)
        connection.sendall(parts[-1])
        answer = b""
        while received := connection.recv(1 << 16):
            answer += received
    return re.sub(rb"Date: [^\r]*\r\n", b"", answer)
