"""The services at both ends of a transfer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contract_tests.engine.preflight import look
from contract_tests.engine.service import Service
from mockserver.cli.json_service import JsonService
from mockserver.cli.transfer.dashboard_target import DashboardTarget
from mockserver.cli.transfer.gateway_target import GatewayTarget
from mockserver.cli.transfer.plan import Target
from mockserver.contract import behaviours
from mockserver.contract.versions import GatewayVersion
from mockserver.http.client import Client
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import Deadline
from mockserver.http.json_answers import document_of
from mockserver.http.pacing import Pacer


@contextmanager
def opened(
    service: Service,
    url: str,
    secret: str,
    wanted: str | None,
    within: Deadline,
    *,
    settings: ConnectionSettings,
    pacer: Pacer,
) -> Iterator[tuple[JsonService, GatewayVersion]]:
    """A service at a URL, and its version.

    Raises:
        ValueError: it cannot be reached, is another server, refuses the secret, or its version is unknown.
    """
    is_gateway = service.name == "gateway"
    detected = look(service, url, secret, (wanted if is_gateway else None) or "auto", settings=settings)
    header = (service.auth_header, f"{detected.scheme}{secret}")
    with JsonService(url, header, within, settings=settings, pacer=pacer, has_long_listings=True) as client:
        yield client, detected.version


def target_of(service: Service, client: JsonService, version: GatewayVersion, *, is_mock: bool) -> Target:
    """What an import writes to: a service at a client."""
    if service.name == "gateway":
        return GatewayTarget(client, is_mock=is_mock)
    has_switch = "explicit-ids-need-a-switch" in behaviours.load(service.folder).of(version)
    return DashboardTarget(client, is_mock=is_mock, has_switch=has_switch)


def is_mock(url: str, within: Deadline, settings: ConnectionSettings) -> bool:
    """True if a gateway is a mock of ours, which is asked without the secret: a real one may forward it.

    Raises:
        ClientError: there is no answer.
    """
    with Client(url, within=within, settings=settings) as client:
        answer = client.send("GET", "/_mock/faults")
    is_safe = answer.get("X-Content-Type-Options") == "nosniff"
    return answer.status == 200 and is_safe and isinstance(document_of(answer.body), list)
