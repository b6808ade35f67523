"""A run against a Dashboard removes what it wrote, also what no answer told it the id of."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from serving import COMMAND, QUIET, deadline

from contract_tests.dashboard.apis import rights_to_new_apis
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine import leftovers
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.resources import Get
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.target import RunEnded
from mockserver import MockDashboard
from mockserver.http.client import Client

POLICIES = "/api/portal/policies"


@pytest.fixture(name="dashboard")
def _dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(with_gateway=False) as dashboard:
        yield dashboard


@pytest.fixture(name="run")
def _run(dashboard: MockDashboard) -> Iterator[Run]:
    options = RunOptions(url=dashboard.url, secret=dashboard.key, max_time=60)
    run = Run.open(DASHBOARD, options, dashboard.state.contract)
    yield run
    run.close()


def test_a_policy_whose_id_no_answer_told_is_removed(run: Run, dashboard: MockDashboard) -> None:
    """A policy that was created though its answer got lost is found by its name, and nothing else is removed."""
    [other] = dashboard.policies.seed({"name": "of others"})
    run.target.send("POST", POLICIES, json.dumps({"name": run.ownership.new_id()}).encode())
    dashboard.policies.seed({"name": "tyk-contract-00000000-1"})
    assert len(dashboard.policies) == 3
    assert run.cleanup.finish() == []
    assert [policy["name"] for policy in dashboard.policies.values()] == [
        "of others",
        "tyk-contract-00000000-1",
    ]
    assert other in dashboard.policies


def test_apis_that_a_run_left_are_found(dashboard: MockDashboard) -> None:
    """An API that an earlier run left is found by its name and removed; one of others stays."""
    for name in ("tyk-contract-0123abcd-1", "of others"):
        dashboard.state.apis.create(dashboard.state.organisation, {"name": name})
    with Client(dashboard.url) as client:
        found = leftovers.find(client, DASHBOARD, dashboard.key)
        assert [(leftover.kind, leftover.name) for leftover in found] == [("API", "tyk-contract-0123abcd-1")]
        assert leftovers.remove(client, DASHBOARD, dashboard.key, found) == []
    assert [api.name for api in dashboard.state.apis.all(dashboard.state.organisation)] == ["of others"]


def test_an_api_that_the_dashboard_names_falsely_is_not_adopted(run: Run, dashboard: MockDashboard) -> None:
    """An API of others that the answer to a create names is neither granted nor removed by a test."""
    other = dashboard.state.apis.create(dashboard.state.organisation, {"name": "of others"})
    dashboard.state.apis.create = lambda *_, **__: other  # type: ignore[method-assign]  # the defect
    client = Dashboard(run, SchemaJudge(run.contract))
    with pytest.raises(NotApplicable, match="shows no API under the id"):
        rights_to_new_apis(client, "jwt")
    run.cleanup.finish()
    assert dashboard.state.apis.all(dashboard.state.organisation) == [other]


def test_a_policy_that_cannot_be_removed_is_named(run: Run, dashboard: MockDashboard) -> None:
    """A policy of the run that is still listed after the clean-up is returned by its database id."""
    run.target.send("POST", POLICIES, json.dumps({"name": run.ownership.new_id()}).encode())
    dashboard.fault("deletePolicy", status=500, times=0)
    assert run.cleanup.finish() == [f"{POLICIES}/{policy_id}" for policy_id in dashboard.policies]


def test_a_run_that_wrote_nothing_lists_and_deletes_nothing(run: Run, dashboard: MockDashboard) -> None:
    """A run without writes, such as one with --read-only, sends nothing at its end."""
    dashboard.policies.seed({"name": run.ownership.new_id()})
    assert run.cleanup.finish() == []
    assert len(dashboard.policies) == 1
    assert len(dashboard.journal) == 0


def test_a_list_that_names_a_thing_of_others_like_the_run_is_not_believed(
    run: Run, dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy of others that the list alone shows under a name of the run is not removed."""
    [other] = dashboard.policies.seed({"name": "of others"})
    name = run.ownership.new_id()
    run.target.send("POST", POLICIES, json.dumps({"name": name}).encode())
    honest = DASHBOARD.listing.listed

    def things(get: Get) -> list[tuple[str, str]]:
        return [(other, name), *((thing, name) for thing in honest(get) if thing != other)]

    monkeypatch.setattr(type(DASHBOARD.listing), "things", lambda _, get: things(get))
    run.cleanup.finish()
    assert list(dashboard.policies) == [other]


def test_clean_does_not_believe_a_list_alone(
    run: Run, dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy of others that the list alone shows under a name of a run is no leftover."""
    other, name = *dashboard.policies.seed({"name": "of others"}), run.ownership.new_id()
    [left] = dashboard.policies.seed({"name": name})
    monkeypatch.setattr(type(DASHBOARD.listing), "things", lambda *_: [(other, name), (left, name)])
    with Client(dashboard.url) as client:
        found = leftovers.find(client, DASHBOARD, dashboard.key)
        assert {leftover.target for leftover in found} == {f"{POLICIES}/{left}"}
        leftovers.remove(client, DASHBOARD, dashboard.key, found)
    assert list(dashboard.policies) == [other]


def test_a_clean_up_without_time_says_that_a_policy_may_be_left(run: Run, dashboard: MockDashboard) -> None:
    """A clean-up that cannot list says that policies may be left whose ids no answer told."""
    dashboard.fault("addPolicy", drop=True, times=1)
    run.target.send("POST", POLICIES, json.dumps({"name": run.ownership.new_id()}).encode())
    run.target.limit.set(0)
    with pytest.raises(RunEnded):
        run.cleanup.finish()
    unnamed = f"any policy {run.ownership.run}... whose creation was not answered"
    assert run.cleanup.remains() == [unnamed]
    run.target.limit.set(60)
    assert run.cleanup.finish() == run.cleanup.remains() == []


@pytest.mark.slow
def test_an_interrupted_create_is_told(dashboard: MockDashboard) -> None:
    """A run that is interrupted while a Dashboard creates a policy says so, and names the command that finds it."""
    asked, take = threading.Event(), dashboard.mock.faults.take
    dashboard.fault("*", delay=0.001, times=0)

    def hang(operation: str, received: Any = None) -> Any:
        if operation == "addPolicy":
            asked.set()
        if asked.is_set():
            dashboard.mock.closing.wait(100)
        return take(operation, received)

    dashboard.mock.faults.take = hang  # type: ignore[method-assign]
    command = [*COMMAND, "verify", dashboard.url, "--service", "dashboard", "--key", dashboard.key]
    with (
        subprocess.Popen(
            command, env=QUIET, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process,
        deadline(process),
    ):
        assert asked.wait(60)
        process.terminate()
        _, said = process.communicate()
    assert process.returncode == 2
    assert re.search(r"any policy tyk-contract-[0-9a-f]{8}-\.\.\. whose creation was not answered", said)
    assert "`tyk-contract clean URL --service dashboard`" in said
