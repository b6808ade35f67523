"""What nodes of a mock Dashboard have, and the command that shows it, for tests."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from dashboards import ask, read

from mockserver import MockDashboard, MockGateway
from mockserver.cli.main import main
from mockserver.dashboard.nodes.deployment import GatewayBeside
from mockserver.dashboard.nodes.nodes import OVER_MDCB, Node, digests_of
from mockserver.dashboard.nodes.propagation import Loaded

OTHER_ORGANISATION = "5" * 24


def propagation(dashboard: MockDashboard) -> dict[str, Any]:
    """The report of a Dashboard."""
    status, report = ask(dashboard, "GET", "/_mock/propagation")
    assert status == 200, report
    assert isinstance(report, dict)
    return report


def states(dashboard: MockDashboard) -> dict[str, tuple[str, str, str, bool]]:
    """The state, what was given, what is loaded, and whether that is right, by policy."""
    placements = propagation(dashboard)["placements"]
    return {
        placement["policy_id"]: (
            placement["state"], placement["given"], placement["loaded"], placement["is_right"]
        )
        for placement in placements
    }  # fmt: skip


def watch(dashboard: MockDashboard, gateway: MockGateway, node_id: str = "") -> None:
    """Let a Dashboard know a gateway of its process."""

    def loaded() -> Loaded:
        return Loaded(tuple(gateway.policies.values()), gateway.gateway.version)

    dashboard.state.deployment.beside = [GatewayBeside(gateway.url, loaded, lambda: node_id)]


def plane(dashboard: MockDashboard, *loaded: str) -> Node:
    """A data plane over MDCB that was given all policies, and says that it has loaded these ids."""
    state = dashboard.state
    node = state.nodes.add(Node("plane", OVER_MDCB, organisation=state.organisation, group="eu"))
    digests = digests_of(state.policies_of_nodes(state.organisation))
    state.nodes.deliver(node, digests, state.changes.count)
    state.nodes.saw(node, loaded=frozenset(loaded))
    return node


def publish(dashboard: MockDashboard, gateway: MockGateway) -> None:
    """Let a gateway have the policies of a Dashboard, as if it had pulled them."""
    gateway.policies.seed(*dashboard.state.policies_of_nodes())


def change(dashboard: MockDashboard, policy_id: str, **members: Any) -> None:
    """Change a policy."""
    policy = {**read(dashboard, policy_id), **members}
    assert ask(dashboard, "PUT", f"/api/portal/policies/{policy_id}", policy)[0] == 200


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Command:
    """The command, run in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main(["propagation", *arguments])
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, *self._capsys.readouterr())

    def json(self, *arguments: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self(*arguments, "--format", "json").out)
        return document
