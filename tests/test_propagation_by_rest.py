"""`tyk-contract propagation` of a Dashboard that is no mock."""

from __future__ import annotations

import pytest
from dashboards import add, ask
from placements import OTHER_ORGANISATION, Command, change, publish

from mockserver import MockDashboard, MockGateway


@pytest.fixture(name="command")
def _command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    monkeypatch.delenv("TYK_DASHBOARD_KEY", raising=False)
    return Command(capsys)


@pytest.fixture(name="by_rest")
def _by_rest(monkeypatch: pytest.MonkeyPatch, dashboard: MockDashboard) -> list[str]:
    """The arguments for a Dashboard that is no mock: it has nothing below /_mock/."""
    monkeypatch.setattr("mockserver.cli.propagation_sources.MOCK", "/none/propagation")
    return [dashboard.url, "--key", dashboard.key]


def test_a_dashboard_that_is_no_mock_is_read_by_rest(
    dashboard: MockDashboard, command: Command, by_rest: list[str]
) -> None:
    """Without /_mock/ the policies are read by REST, gateways are asked, and the output says so."""
    gold = add(dashboard, id="gold")
    with MockGateway(secret="s3cret") as gateway:
        arguments = [*by_rest, "--gateway", gateway.url]
        publish(dashboard, gateway)
        ended = command(*arguments)
        assert (ended.code, "read by REST" in ended.out) == (0, True)
        change(dashboard, gold, rate=9)
        assert command(*arguments).code == 1
        ask(dashboard, "DELETE", f"/api/portal/policies/{gold}")
        ended = command(*arguments)
        assert (ended.code, "still has it" in ended.out) == (1, True)


def test_other_organisations_are_not_judged_by_rest(
    dashboard: MockDashboard, command: Command, by_rest: list[str]
) -> None:
    """A policy of an organisation that the key does not belong to is no deleted one; a mock's are all known."""
    add(dashboard, id="gold")
    with MockGateway(secret="s3cret") as gateway:
        publish(dashboard, gateway)
        gateway.policies.seed({"id": "foreign", "org_id": OTHER_ORGANISATION})
        report = command.json(*by_rest, "--gateway", gateway.url)
    assert [placement["policy_id"] for placement in report["placements"]] == ["gold"]
    assert report["converged"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name them with --gateway URL"),
        (["--gateway", "http://127.0.0.1:1", "--key", "wrong"], "answers 401 without a list"),
    ],
)
def test_a_dashboard_that_is_no_mock_needs_more(
    dashboard: MockDashboard, command: Command, by_rest: list[str], arguments: list[str], message: str
) -> None:
    """Without a gateway or with a wrong key another Dashboard ends the command with exit code 2."""
    ended = command(by_rest[0], *arguments)
    assert (ended.code, message in ended.err) == (2, True), ended.err
