"""record --proxy: a proxy before a real service that judges live traffic and writes a recording."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    UNREACHABLE,
    USAGE,
    connection_of,
    secret_of,
    service_of,
    version_asked,
)
from mockserver.cli.help_format import EXAMPLES
from mockserver.cli.running import Running, add_log_options, exposure
from mockserver.cli.serve import stop_on_signals
from mockserver.console.credentials import ADMIN_SECRET
from mockserver.console.terminal import show, show_error

if TYPE_CHECKING:
    from contract_tests.engine.preflight import DetectedVersion
    from mockserver.evidence.live_recording import LiveRecording
    from mockserver.evidence.live_traffic import Traffic
    from mockserver.http.connection_settings import ConnectionSettings
    from mockserver.http.server import HttpServer

PROXY_EPILOG = f"""Exit codes with --proxy: 0 no violation was seen, 1 a request or an answer violates
the specification, 2 usage error, or something could not be recorded, 3 the service cannot be reached
at the start.

{EXAMPLES}tyk-contract record http://gateway:8080 --out mine.jsonl
tyk-contract record --proxy http://gateway:8080 --port 9080 --out live.jsonl
tyk-contract record --proxy http://dashboard:3000 --service dashboard --out live.jsonl
"""
_OF_SCENARIOS = ("directory", "conf", "scenarios")  # options that mean nothing to live traffic
_TOLD = {
    "beside": "for other paths than those of the operations: forwarded, neither judged nor recorded",
    "unanswered": "without an answer of the service",
    "refused": "refused by the proxy",
    "unjudged": "too long to be judged",
    "unmasked": "not recorded, for a body cannot be masked",
    "failed": "not recorded, for the proxy failed",
}


def add_proxy(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the proxy."""
    proxy = parser.add_argument_group("live traffic")
    proxy.add_argument(
        "--proxy",
        metavar="URL",
        help="URL of a gateway or Dashboard to stand before, as in http://gateway:8080. A secret or key that "
        "is given is masked wherever it stands; others are masked where they are seen.",
    )
    proxy.add_argument(
        "--port", type=int, default=0, metavar="PORT", help="Port of the proxy; 0 for a free one (0)."
    )
    proxy.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="Address of the proxy (127.0.0.1)."
    )
    add_log_options(parser, "with --proxy, a line for each request, and for each violation and warning.")


def run_proxy(options: argparse.Namespace) -> int:
    """Forward and record until SIGTERM or SIGINT; return the exit code."""
    from mockserver.evidence.live_recording import LiveRecording
    from mockserver.evidence.live_traffic import LIMITS, Traffic
    from mockserver.http.forwarder import Forwarder
    from mockserver.http.server import HttpServer
    from mockserver.serving.service_server import listen, url_of

    if options.url:
        raise ValueError(
            f"{options.url} and --proxy exclude each other; give the URL of the service with --proxy"
        )
    if ignored := [f"--{name}" for name in _OF_SCENARIOS if getattr(options, name)]:
        raise ValueError(f"{', '.join(ignored)}: --proxy plays no scenarios; leave it out")
    running, service = Running(options), service_of(options)
    connection = replace(connection_of(options), reads_environment=False)  # as it forwards without a proxy
    known = tuple(filter(None, (secret_of(options), ADMIN_SECRET.of(options), *connection.secrets)))
    forwarder = Forwarder(options.proxy, settings=connection)
    detected = _detected(options, connection)
    today = datetime.now(UTC).date().isoformat()
    with listen(options.host, options.port) as listener:
        recording = LiveRecording(options.out, service.name, detected.version, today)
        traffic = Traffic(service.name, service.contract(detected.version), forwarder, recording, known)
        server = HttpServer(traffic.answer, listener, limits=LIMITS, refused=traffic.refused)
        host, port = server.address
        url = url_of(server.address)
        forwarder.own_hosts = frozenset(
            {url.removeprefix("http://"), f"localhost:{port}", f"{options.host}:{port}"}
        )
        values = {
            "service": service.name, "version": str(detected.version), "url": url, "address": host,
            "port": port, "target": options.proxy, "recording": str(options.out),
        }  # fmt: skip
        text = f"{service.title} {detected.version} ({detected.source}) at {options.proxy} recorded on {url}"
        running.warn(*exposure((host, port), options.host, "--host"))
        with running.logged({"": traffic}):
            asyncio.run(_serve(server, lambda: running.started(text, values)))
    recording.close()
    return _told(traffic, recording, f"{service.name} {detected.version} in {options.out}")


async def _serve(server: HttpServer, started: Callable[[], None]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    stop_on_signals(end)
    await server.run(stop, started)


def _detected(options: argparse.Namespace, settings: ConnectionSettings) -> DetectedVersion:
    """The version of the service, which must be there.

    Raises:
        PreflightError: it cannot be reached, or its version is unknown.
    """
    from contract_tests.engine.exchange import json_of
    from contract_tests.engine.preflight import PreflightError, find_version
    from mockserver.http.client import Client, ClientError

    service = service_of(options)
    try:
        with Client(settings.located(options.proxy), settings=settings) as client:
            greeting = client.send("GET", service.probe)
    except ClientError as error:
        message = f"{options.proxy} cannot be recorded: {error}; is a {service.name} running there?"
        raise PreflightError(message, UNREACHABLE) from error
    told = json_of(greeting.body.decode("utf-8", "replace"))
    return find_version(service, told, version_asked(options) or "auto")


def _told(traffic: Traffic, recording: LiveRecording, where: str) -> int:
    """Print what was seen; return the exit code."""
    counts = traffic.counts
    show(f"recorded exchanges with {where}: {recording.steps}")
    show(*(f"  {counts[kind]} {words}" for kind, words in _TOLD.items() if counts[kind]))
    counters = {
        "violations of requests": traffic.requests,
        "violations of answers": traffic.replies,
        "requests with warnings": traffic.warnings,
    }
    for operation in sorted({name for counter in counters.values() for name in counter}):
        parts = [
            f"{words}: {counter[operation]}" for words, counter in counters.items() if counter[operation]
        ]
        show(f"  {operation:32} {', '.join(parts)}")
    if recording.failure:
        show_error(f"tyk-contract: {recording.failure}")
    if recording.failure or counts["unmasked"] or counts["failed"]:
        return USAGE
    return BROKEN if traffic.requests or traffic.replies else CONFORMS
