"""The mock as a data plane of a control plane that a stand-in plays."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import send, wait_until
from control_plane_stand_in import ControlPlaneStandIn

from mockserver import MockGateway
from mockserver.contract.spec_files import spec_path, version_of
from mockserver.gateway.config import Config
from mockserver.service.configuration import ConfigError

ORG = "5e9d9544a1dcd60001d0ed20"
GOLD = {"id": "gold", "org_id": ORG, "rate": 5, "per": 60, "access_rights": {"orders": {"api_id": "orders"}}}
ORDERS = {
    "api_definition": {
        "api_id": "orders", "name": "Orders", "org_id": ORG, "active": True, "use_standard_auth": True,
        "auth": {"auth_header_name": "Authorization"},
        "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    }
}  # fmt: skip
SESSION = {"org_id": ORG, "apply_policies": ["gold"], "rate": 5, "per": 60}


@pytest.fixture(name="control")
def _control() -> Iterator[ControlPlaneStandIn]:
    with ControlPlaneStandIn() as control:
        control.policies, control.apis = [GOLD], [ORDERS]
        yield control


def _plane(
    control: ControlPlaneStandIn, version: str = "5.14.0", backup: Path | None = None, **values: Any
) -> MockGateway:
    host, port = control.address
    config = {
        "listen_port": 0, "secret": "s", "policies.policy_source": "rpc", "slave_options.use_rpc": True,
        "slave_options.connection_string": f"{host}:{port}", "slave_options.rpc_key": ORG,
        "slave_options.api_key": "the-api-key", "slave_options.group_id": "eu",
        "slave_options.call_timeout": 5, "slave_options.key_space_sync_interval": 10,
        "auth_override.force_auth_provider": True, "auth_override.auth_provider.storage_engine": "rpc",
        **values,
    }  # fmt: skip
    gateway = MockGateway.of(version_of(version), Config.of(config)[0], backup=backup)
    assert gateway.gateway.source is not None
    gateway.gateway.source.settle(10)
    return gateway


def _loaded(gateway: MockGateway) -> list[str]:
    return [policy.policy_id for policy in gateway.gateway.store.loaded.listed]


def _answer(gateway: MockGateway, target: str, *headers: tuple[str, str]) -> int:
    return send(gateway, "GET", target, [("X-Tyk-Authorization", "s"), *headers]).status


def test_a_plane_loads_what_its_control_plane_has(control: ControlPlaneStandIn) -> None:
    """A data plane logs in with its group, and loads policies and APIs; /tyk/policies is a text 404 there."""
    with _plane(control) as gateway:
        assert _loaded(gateway) == ["gold"]
        assert list(gateway.gateway.apis.loaded.by_id) == ["orders"]
        assert _answer(gateway, "/ready") == 200
        answer = send(gateway, "GET", "/tyk/policies", [("X-Tyk-Authorization", "s")])
        assert (answer.status, answer.body) == (404, b"404 page not found\n")
        assert _answer(gateway, "/tyk/apis/orders") == 404
        assert send(gateway, "GET", "/tyk/policies").status == 403
    assert control.calls[-1][0] == "Disconnect"


@pytest.mark.parametrize("version", ["5.8.15", "5.12.0", "5.14.0"])
def test_calls_have_the_recorded_names_and_members(control: ControlPlaneStandIn, version: str) -> None:
    """The calls of a data plane have the names, and their arguments the members, of the recorded ones."""
    recording = spec_path(f"dashboard/recordings/mdcb-{version}.jsonl")
    recorded: dict[str, Any] = {}
    for line in recording.read_text().splitlines()[1:]:
        call = json.loads(line)
        argument = call["argument"]
        recorded[call["call"]] = next(iter(argument.values())) if isinstance(argument, dict) else argument
    control.apis = [{"api_definition": {**ORDERS["api_definition"], "tags": ["edge"]}}]
    segment = {"db_app_conf_options.node_is_segmented": True, "db_app_conf_options.tags": ["edge"]}
    with _plane(control, version, **segment) as gateway:
        _answer(gateway, "/orders/", ("Authorization", f"{ORG}unknown"))
        gateway.advance(11)
        wait_until(lambda: {"CheckReload", *recorded} - {"Disconnect"} <= set(control.names()))
    assert set(control.names()) == set(recorded)
    for name in control.names():
        argument = control.last(name)
        if not isinstance(argument, dict):
            assert isinstance(argument, type(recorded[name]))
            continue
        assert argument.keys() == recorded[name].keys(), name
        if "Node" in argument:
            node = json.loads(argument["Node"])
            assert list(node) == list(recorded[name]["Node"])
            assert list(node["host_details"]) == list(recorded[name]["Node"]["host_details"])


def test_a_login_tells_what_is_loaded(control: ControlPlaneStandIn) -> None:
    """Each liveness check logs in again, and tells the ids of the loaded policies and APIs."""
    with _plane(control) as gateway:
        gateway.advance(10.5)
        node = json.loads(control.last("LoginWithGroup")["Node"])
        assert node["stats"]["loaded_policies"] == [{"policy_id": "gold"}]
        assert node["stats"]["loaded_apis"] == [{"api_id": "orders"}]
        body = send(gateway, "GET", "/hello").body
        assert json.loads(body)["details"]["rpc"]["status"] == "pass"


def test_a_change_reaches_a_plane_by_the_long_poll(control: ControlPlaneStandIn) -> None:
    """A data plane reloads when its long poll says so."""
    with _plane(control) as gateway:
        control.policies = [{**GOLD, "id": "silver"}]
        control.change()
        wait_until(lambda: _loaded(gateway) == ["silver"])


def test_a_plane_fetches_unknown_keys(control: ControlPlaneStandIn) -> None:
    """A data plane fetches a key that it lacks once, and anew when it hears that it changed."""
    key = f"{ORG}mine"
    control.sessions[f"apikey-{key}"] = SESSION
    with _plane(control) as gateway:
        assert _answer(gateway, "/orders/", ("Authorization", key)) == 200
        assert _answer(gateway, "/orders/", ("Authorization", key)) == 200
        assert [name for name, _ in control.calls].count("GetKey") == 1
        del control.sessions[f"apikey-{key}"]
        control.changed_keys = [key]
        gateway.advance(10.5)
        assert _answer(gateway, "/orders/", ("Authorization", key)) == 403


def test_a_plane_that_is_cut_off_serves_and_catches_up(control: ControlPlaneStandIn) -> None:
    """A data plane without its control plane serves what it has, says so in /hello, and catches up later."""
    with _plane(control) as gateway:
        control.go()
        gateway.advance(10.5)
        health = json.loads(send(gateway, "GET", "/hello").body)
        assert (health["status"], health["details"]["rpc"]["output"]) == ("warn", "Could not connect to RPC")
        gateway.reload()
        assert _loaded(gateway) == ["gold"]
        control.policies = [GOLD, {**GOLD, "id": "silver"}]
        control.come_back()
        gateway.advance(10.5)
        wait_until(lambda: _loaded(gateway) == ["gold", "silver"])


def test_a_plane_starts_from_its_backup(control: ControlPlaneStandIn, tmp_path: Path) -> None:
    """A data plane that is started without its control plane loads its backup, and what is new afterwards."""
    backup = tmp_path / "backup.json"
    with _plane(control, backup=backup):
        pass
    assert backup.stat().st_mode & 0o077 == 0
    control.go()
    with _plane(control, backup=backup) as gateway:
        assert _loaded(gateway) == ["gold"]
        assert list(gateway.gateway.apis.loaded.by_id) == ["orders"]
        control.policies = []
        control.come_back()
        gateway.advance(10.5)
        wait_until(lambda: _loaded(gateway) == [])


def test_a_plane_without_backup_is_not_ready(
    control: ControlPlaneStandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A data plane that has neither a control plane nor a backup serves nothing, is not ready, and says so."""
    control.go()
    with caplog.at_level(logging.WARNING), _plane(control, backup=tmp_path / "none.json") as gateway:
        assert _answer(gateway, "/ready") == 503
    assert "there is no backup of the policy either" in caplog.text


def test_a_refused_plane_has_its_backup(control: ControlPlaneStandIn, tmp_path: Path) -> None:
    """A data plane that the control plane does not let in loads its backup."""
    backup = tmp_path / "backup.json"
    with _plane(control, backup=backup):
        pass
    control.is_open, control.policies = False, []
    with _plane(control, backup=backup) as gateway:
        assert _loaded(gateway) == ["gold"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"slave_options.api_key": ""}, "slave_options.api_key is empty"),
        ({"slave_options.rpc_key": ""}, "slave_options.rpc_key is empty"),
        ({"slave_options.connection_string": "nowhere"}, "slave_options.connection_string is 'nowhere'"),
        ({"slave_options.use_ssl": True}, "without TLS"),
    ],
)
def test_a_plane_that_cannot_log_in_does_not_start(
    control: ControlPlaneStandIn, values: dict[str, Any], complaint: str
) -> None:
    """A configuration without which a data plane cannot log in is refused at the start, and named."""
    with pytest.raises(ConfigError, match=complaint):
        _plane(control, **values)
