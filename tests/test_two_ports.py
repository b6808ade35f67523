"""A gateway whose own API has another port than requests to APIs (control_api_port)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from contract_tests.engine.configuration import Configuration
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import version_of
from mockserver.http.client import Client
from mockserver.serving.service_server import ServerError

KEYLESS = {
    "api_id": "orders", "name": "Orders", "org_id": "o", "active": True, "use_keyless": True,
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://127.0.0.1:1/"},
}  # fmt: skip


@pytest.fixture(name="separate", scope="module")
def _separate() -> Iterator[MockGateway]:
    with MockGateway(config={"control_api_port": 1}) as gateway:
        gateway.seed(apis=[KEYLESS])
        yield gateway


def _statuses(url: str, secret: str) -> list[int]:
    with Client(url) as client:
        sent = [("X-Tyk-Authorization", secret)]
        return [client.send("GET", path, sent).status for path in ("/hello", "/tyk/policies", "/orders/a")]


def test_each_port_has_its_own_requests(separate: MockGateway) -> None:
    """The gateway's API and probes are answered at one port, and requests to APIs at the other."""
    assert _statuses(separate.url, separate.secret) == [200, 200, 404]
    assert _statuses(separate.traffic_url, separate.secret) == [404, 404, 500]


def test_one_port_has_both() -> None:
    """Without the setting, and with the port that APIs have, there is one port."""
    with MockGateway() as gateway:
        gateway.seed(apis=[KEYLESS])
        assert gateway.traffic_url == gateway.url
        assert _statuses(gateway.url, gateway.secret) == [200, 200, 500]


def test_both_ports_are_free_after_a_stop() -> None:
    """A gateway that is closed listens on neither port."""
    with MockGateway(config={"control_api_port": 1}) as gateway:
        urls = (gateway.url, gateway.traffic_url)
    for url in urls:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_a_taken_port_for_traffic_stops_the_start() -> None:
    """A port for requests to APIs that is taken is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f":{port}: "):
            MockGateway(port=port, config={"control_api_port": 1})


@pytest.mark.parametrize("own", ["http://127.0.0.1:8081", "http://[::1]:8081"])
def test_requests_to_apis_go_to_their_port(own: str) -> None:
    """The suite sends requests to its APIs, and nothing else, to listen_port of the host that it is given."""
    host = own.removesuffix(":8081")
    options = RunOptions(url=own, secret="s")
    run = Run.open(GATEWAY, options, Contract.load(version_of(None)))
    run = run.under(Configuration({"control_api_port": 8081, "listen_port": 8080}))
    assert run.target.traffic_url == f"{host}:8080"
    run = run.under(Configuration({"control_api_port": 8080, "listen_port": 8080}))
    assert run.target.traffic_url == ""
    run.close()
