"""The mock as a node of the mock Dashboard, in one process and in several."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import call, wait_until
from dashboard_stand_in import DashboardStandIn
from dashboards import add, ask
from redis_server import Redis
from serving import serving

from mockserver import MockDashboard, MockGateway
from mockserver.contract.spec_files import version_of
from mockserver.dashboard.nodes.notifications import message
from mockserver.gateway.config import Config
from mockserver.gateway.node import node
from mockserver.gateway.seeding import SeedError
from mockserver.gateway.source import ReloadHangs
from mockserver.service.configuration import ConfigError
from mockserver.service.notifications import CHANNEL
from mockserver.storage.redis_backend import RedisBackend

GOLD = {"id": "gold", "org_id": "acme", "rate": 5}


def _config(url: str, **values: Any) -> dict[str, Any]:
    return {
        "node_secret": "mock-node-secret", "secret": "s", "listen_port": 0, "use_db_app_configs": True,
        "policies": {"policy_source": "service", "policy_connection_string": url},
        "db_app_conf_options": {"connection_string": url}, **values,
    }  # fmt: skip


@pytest.fixture(name="stand_in")
def _stand_in() -> Iterator[DashboardStandIn]:
    with DashboardStandIn() as dashboard:
        dashboard.lists["policies"] = [GOLD]
        yield dashboard


def test_a_change_reaches_another_gateway_by_its_pings(dashboard: MockDashboard) -> None:
    """A gateway elsewhere reloads once for a change of a Dashboard that its next ping tells."""
    add(dashboard, id="gold")
    with MockGateway(config=_config(dashboard.url)) as gateway:
        assert set(gateway.policies) == {"gold"}
        add(dashboard, id="silver", name="Silver")
        assert set(gateway.policies) == {"gold"}
        gateway.advance(2.5)
        gateway.advance(1)
        assert set(gateway.policies) == {"gold", "silver"}
        pulls = [entry for entry in dashboard.journal if entry.operation == "getNodePolicies"]
        gateway.advance(2.5)
        gateway.advance(1)
        assert len([e for e in dashboard.journal if e.operation == "getNodePolicies"]) == len(pulls)
    assert not dashboard.state.nodes.all()


def test_a_change_reaches_gateways_on_the_same_redis(redis: Redis) -> None:
    """A gateway with the Redis of a Dashboard reloads when that notifies, whatever its pings tell."""
    with MockDashboard(with_gateway=False) as source:
        config = Config.of(_config(source.url))[0]
        with MockGateway.of(version_of("5.14"), config, backend=RedisBackend(redis.url)) as gateway:
            wait_until(lambda: gateway.gateway.ready)
            add(source, id="gold")
            RedisBackend(redis.url).send(CHANNEL, message("PolicyChanged", "", "mock-node-secret"))
            wait_until(lambda: set(gateway.policies) == {"gold"})


def test_the_gateway_beside_a_dashboard_has_all_of_it() -> None:
    """The gateway beside a Dashboard has all policies and APIs, also after a reset, and leaves no trace in the journal."""
    with MockDashboard() as dashboard:
        gateway = dashboard.gateway
        assert gateway is not None
        for _ in range(2):
            add(dashboard, id="gold")
            ask(
                dashboard,
                "POST",
                "/api/apis",
                {"api_definition": {"name": "Orders", "proxy": {"listen_path": "/o/"}}},
            )
            gateway.advance(1)
            assert set(gateway.policies) == {"gold"}
            assert [api["name"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["Orders"]
            assert {entry.operation for entry in dashboard.journal} == {"addPolicy", "addApi"}
            dashboard.reset()
            assert not gateway.policies
            assert len(dashboard.state.nodes.all()) == 1


def test_a_long_reload_is_not_repeated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long reload the gateway waits for many times its duration, unless a key is written."""
    monkeypatch.setattr(node, "SHORT_SECONDS", 0.0)
    monkeypatch.setattr(node, "PAUSES", 100_000)
    with MockDashboard() as dashboard:
        gateway = dashboard.gateway
        assert gateway is not None
        gateway.gateway.catch_up()
        add(dashboard, id="gold")
        gateway.advance(3)
        assert not gateway.policies
        ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"]})
        assert set(gateway.policies) == {"gold"}
        add(dashboard, id="silver", name="Silver")
        gateway.advance(1_000_000)
        gateway.advance(1)
        assert set(gateway.policies) == {"gold", "silver"}


def test_a_node_takes_no_policies_of_its_own(stand_in: DashboardStandIn) -> None:
    """A gateway that a Dashboard feeds refuses to be seeded."""
    with (
        MockGateway(config=_config(stand_in.url)) as gateway,
        pytest.raises(SeedError, match="a Dashboard feeds it; create them there"),
    ):
        gateway.policies.seed({"id": "silver"})


def test_a_reload_that_hangs_says_so(stand_in: DashboardStandIn) -> None:
    """A reload from Python that a real gateway would never end raises an error with the cause."""
    with MockGateway(gateway="5.14", config=_config(stand_in.url)) as gateway:
        wait_until(lambda: set(gateway.policies) == {"gold"})
        stand_in.set({"refuse": {"GET /system/policies": [403, "Nonce failed"]}})
        with pytest.raises(ReloadHangs, match="restart the gateway"):
            gateway.reload()
        assert set(gateway.policies) == {"gold"}


def test_a_reset_makes_a_gateway_register_again(stand_in: DashboardStandIn) -> None:
    """A reset makes a node begin anew: it registers, and loads what its Dashboard then has."""
    with MockGateway(config=_config(stand_in.url)) as gateway:
        stand_in.take()
        stand_in.lists["policies"] = [{**GOLD, "id": "silver"}]
        gateway.reset()
        wait_until(lambda: set(gateway.policies) == {"silver"})
        assert "/register/node" in {request["path"] for request in stand_in.take()[0]}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"node_secret": ""}, "node_secret is empty"),
        (
            {"db_app_conf_options.connection_string": "", "disable_dashboard_zeroconf": True},
            "db_app_conf_options.connection_string is empty",
        ),
        (
            {"use_db_app_configs": False, "policies.policy_connection_string": ""},
            "policies.policy_connection_string is empty",
        ),
        ({"db_app_conf_options.connection_string": "ftp://x"}, "the connection string of the Dashboard"),
    ],
)
def test_a_node_without_its_dashboard_does_not_start(values: dict[str, Any], complaint: str) -> None:
    """A configuration with which a real gateway ends at its start is refused, and the key is named."""
    with pytest.raises(ConfigError, match=complaint):
        MockGateway(config=_config("http://127.0.0.1:9", **values))


def test_a_gateway_without_a_dashboard_loads_no_code_for_it() -> None:
    """A gateway that nothing feeds imports neither the node's nor the plane's modules."""
    code = (
        "import sys; from mockserver import MockGateway; MockGateway().close(); "
        "print([m for m in sys.modules if m.startswith(('mockserver.gateway.node', 'mockserver.gateway.plane', 'mockserver.golang.rpc'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.slow
def test_the_command_says_what_feeds_it(stand_in: DashboardStandIn, tmp_path: Path) -> None:
    """`serve` says which Dashboard feeds it, whether it is there or not, and starts in either case."""
    conf = tmp_path / "tyk.conf"
    conf.write_text(json.dumps(_config(stand_in.url)))
    with serving("--conf", conf) as mock:
        assert mock.process.stdout is not None
        assert mock.process.stdout.readline() == (
            f"fed by the Dashboard at {stand_in.url}: 1 policies and 0 APIs loaded\n"
        )
    stand_in.go()
    with serving("--conf", conf) as mock:
        assert mock.process.stdout is not None
        assert mock.process.stdout.readline() == (
            f"fed by the Dashboard at {stand_in.url}: nothing is loaded yet\n"
        )
