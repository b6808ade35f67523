"""`tyk-contract propagation`: what it reads, what it prints, and how it ends."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from dashboards import ADMIN, add, ask
from placements import OTHER_ORGANISATION, Command, change, publish
from test_nodes import Gateway

from mockserver import MockDashboard, MockGateway
from mockserver.cli import propagation
from mockserver.dashboard.nodes.nodes import Node

PAGE = (Path(__file__).parent.parent / "docs" / "propagation.md").read_text()


@pytest.fixture(name="command")
def _command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    monkeypatch.delenv("TYK_DASHBOARD_KEY", raising=False)
    return Command(capsys)


def test_the_example_of_the_page_holds(dashboard: MockDashboard, command: Command) -> None:
    """docs/propagation.md shows what the command prints of a node with an older version."""
    add(dashboard, name="Silver", id="silver")
    gold = add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.node.hostname = "edge-1"
    gateway.pull()
    change(dashboard, gold, rate=9)
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    ended = command(dashboard.url)
    varying = r"\([0-9a-f]{16} at [0-9TZ:-]+\)"
    assert re.sub(varying, "()", ended.out) == re.sub(varying, "()", shown[1])
    assert (ended.code, ended.err) == (1, "")


def test_delivered_is_converged_and_said_to_be_unconfirmed(
    dashboard: MockDashboard, command: Command
) -> None:
    """If all is delivered the exit code is 0, nothing counts as confirmed, and the next step says so."""
    add(dashboard, id="gold")
    Gateway(dashboard).register().pull()
    ended = command(dashboard.url)
    assert ended.code == 0
    assert "converged: policies 1, nodes 1, right 1 of 1, confirmed 0 of 1" in ended.out
    assert "delivered is not loaded" in ended.out


@pytest.mark.parametrize("name", ["id", "hostname", "url"])
def test_a_gateway_confirms_its_node(dashboard: MockDashboard, command: Command, name: str) -> None:
    """A gateway is its node by id, by host name, or by the host in its URL, and confirms what it was given."""
    add(dashboard, id="gold")
    node = Gateway(dashboard).register()
    node.pull()
    node.node.hostname = "127.0.0.1" if name == "url" else "edge"
    prefix = {"id": f"{node.node_id}=", "hostname": "edge=", "url": ""}[name]
    with MockGateway(secret="s3cret") as gateway:
        before = command.json(dashboard.url, "--gateway", prefix + gateway.url)
        publish(dashboard, gateway)
        after = command.json(dashboard.url, "--gateway", prefix + gateway.url)
    for report, loaded in ((before, "absent"), (after, "current")):
        (placement,) = report["placements"]
        assert (placement["node"], placement["state"]) == (node.node_id, "confirmed")
        assert (placement["given"], placement["loaded"]) == ("current", loaded)
        assert report["converged"] is (loaded == "current")


def test_a_gateway_confirms_that_a_policy_is_gone(dashboard: MockDashboard, command: Command) -> None:
    """A node that was given a policy before its deletion is right when its gateway does not have it."""
    gold = add(dashboard, id="gold")
    node = Gateway(dashboard).register()
    node.pull()
    ask(dashboard, "DELETE", f"/api/portal/policies/{gold}")
    assert command(dashboard.url).code == 1
    with MockGateway(secret="s3cret") as gateway:
        ended = command(dashboard.url, "--gateway", f"{node.node_id}={gateway.url}")
    assert (ended.code, "right 0 of 0" in ended.out) == (0, True)


def test_a_node_that_is_named_must_exist(dashboard: MockDashboard, command: Command) -> None:
    """A name of no node, or of two, is a usage error."""
    with MockGateway(secret="s3cret") as gateway:
        ended = command(dashboard.url, "--gateway", f"edge={gateway.url}")
        assert (ended.code, "there is no such node" in ended.err) == (2, True)
        for name in "ab":
            dashboard.state.nodes.add(Node(name, "http", "edge"))
        ended = command(dashboard.url, "--gateway", f"edge={gateway.url}")
        assert (ended.code, "several nodes have this host name" in ended.err) == (2, True)


def test_a_gateway_that_is_no_node_is_shown_for_itself(dashboard: MockDashboard, command: Command) -> None:
    """A gateway that no node is known to be has a row of its own, beside those of the nodes."""
    add(dashboard, id="gold")
    node = Gateway(dashboard).register()
    node.pull()
    with MockGateway(secret="s3cret") as gateway:
        publish(dashboard, gateway)
        report = command.json(dashboard.url, "--gateway", gateway.url)
    rows = [(placement["node"], placement["state"]) for placement in report["placements"]]
    assert rows == [(node.node_id, "delivered"), (gateway.url, "confirmed")]


def test_what_a_gateway_confirms_is_in_the_history(dashboard: MockDashboard, command: Command) -> None:
    """What a gateway says to the command is noted with the change, once it is today's policy."""
    gold = add(dashboard, id="gold")
    with MockGateway(secret="s3cret") as gateway:
        publish(dashboard, gateway)
        change(dashboard, gold, rate=9)
        command(dashboard.url, "--gateway", gateway.url)
        assert [event.event for event in dashboard.changes[-1].events] == ["written"]
        publish(dashboard, gateway)
        command(dashboard.url, "--gateway", gateway.url)
    confirmed = dashboard.changes[-1].events[-1]
    assert (confirmed.event, confirmed.node) == ("confirmed", gateway.url)


def test_the_wrong_secret_is_an_error(dashboard: MockDashboard, command: Command) -> None:
    """A gateway that refuses the secret ends the command with exit code 2, and no secret is shown."""
    with MockGateway(secret="other") as gateway:
        ended = command(dashboard.url, "--gateway", gateway.url)
    assert ended.code == 2
    assert "refuses the secret with 403; check --secret" in ended.err
    assert "s3cret" not in ended.out + ended.err


def test_a_gateway_that_is_gone_is_named(dashboard: MockDashboard, command: Command) -> None:
    """A gateway that does not answer is unknown, the table is printed, and the exit code is 3."""
    add(dashboard, id="gold")
    with MockGateway(secret="s3cret") as gateway:
        publish(dashboard, gateway)
    ended = command(dashboard.url, "--gateway", gateway.url)
    assert ended.code == 3
    assert f"node {gateway.url}: does not answer" in ended.out
    assert re.search(rf"^unknown +{gateway.url} +gold of ", ended.out, re.MULTILINE)


@pytest.mark.parametrize("arguments", [(), ("--gateway", "http://127.0.0.1:1"), ("--wait", "0.2")])
def test_a_dashboard_that_is_gone_is_an_error(command: Command, arguments: tuple[str, ...]) -> None:
    """A Dashboard that does not answer ends the command with exit code 3."""
    ended = command("http://127.0.0.1:1", *arguments)
    assert (ended.code, "the Dashboard does not answer" in ended.err, ended.out) == (3, True, "")


def test_waiting_ends_when_the_nodes_have_converged(
    dashboard: MockDashboard, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --wait the command reads again after each pause, and ends as soon as the nodes have converged."""
    add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    pauses: list[float] = []

    def pull(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            gateway.pull()

    monkeypatch.setattr(propagation, "time", SimpleNamespace(sleep=pull))
    ended = command(dashboard.url, "--wait", "60")
    assert (ended.code, pauses) == (0, [propagation.PAUSE] * 2)


def test_waiting_ends_at_its_deadline(
    dashboard: MockDashboard, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --wait the command ends when the time is over, with the last table, and has not read all the time."""
    add(dashboard, id="gold")
    Gateway(dashboard).register()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(propagation, "time", SimpleNamespace(sleep=pause))
    started = time.monotonic()
    ended = command(dashboard.url, "--wait", "0.3")
    assert (ended.code, "not converged" in ended.out) == (1, True)
    assert 0.3 <= time.monotonic() - started < 10
    assert 1 <= len(pauses) <= 3


def test_waiting_outlasts_a_gateway_that_starts(
    dashboard: MockDashboard, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that does not answer yet is waited for."""
    add(dashboard, id="gold")
    with MockGateway(secret="s3cret") as gateway:
        port = int(gateway.url.rpartition(":")[2])
    started: list[MockGateway] = []

    def start(_: float) -> None:
        started.append(MockGateway(secret="s3cret", port=port))
        publish(dashboard, started[0])

    monkeypatch.setattr(propagation, "time", SimpleNamespace(sleep=start))
    try:
        assert command(dashboard.url, "--gateway", gateway.url, "--wait", "30").code == 0
    finally:
        for running in started:
            running.close()


def test_a_node_without_policies_has_a_next_step(dashboard: MockDashboard, command: Command) -> None:
    """A node that was given nothing yet is named with the next step, also if there are no policies."""
    gateway = Gateway(dashboard).register()
    lines = command(dashboard.url).out.splitlines()
    assert lines[-2] == f"node {gateway.node_id} was given no policies yet"
    assert lines[-1] == "next: let gateways reload, so that they pull; or ask them with --gateway URL"


def test_the_routes_of_the_page_answer(dashboard: MockDashboard) -> None:
    """Each route below /_mock/ that docs/propagation.md names answers."""
    paths = set(re.findall(r"`GET (/_mock/[a-z]+)", PAGE))
    assert len(paths) == 4
    for path in paths:
        assert ask(dashboard, "GET", path)[0] == 200, path


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "x"])
def test_a_time_that_is_none_is_refused(command: Command, seconds: str) -> None:
    """--wait takes seconds alone."""
    assert command("http://127.0.0.1:1", f"--wait={seconds}").code == 2


def test_policies_of_two_organisations_are_awaited(dashboard: MockDashboard, command: Command) -> None:
    """A gateway must have the policies of all organisations of a mock Dashboard, and no others."""
    add(dashboard, id="gold", rate=1)
    state = dashboard.state
    other = {**state.policies_of_nodes()[0], "_id": "", "org_id": OTHER_ORGANISATION, "rate": 2}
    status, _ = ask(dashboard, "POST", "/admin/policies/import", {"Data": [other]}, *ADMIN)
    assert status == 200
    with MockGateway(secret="s3cret", gateway="5.14") as gateway:
        documents = state.policies_of_nodes()
        gateway.gateway.store.files.write("one", lambda: json.dumps(documents[0]))
        gateway.reload()
        report = command.json(dashboard.url, "--gateway", gateway.url)
        assert [placement["loaded"] for placement in report["placements"]] == ["absent", "current"]
        gateway.gateway.store.files.write("two", lambda: json.dumps(documents[1]))
        gateway.reload()
        report = command.json(dashboard.url, "--gateway", gateway.url)
        assert [placement["loaded"] for placement in report["placements"]] == ["current", "current"]
