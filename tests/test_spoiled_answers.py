"""Answers that a hostile server spoils: the suite and its commands blame the server, and act on nothing in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dashboards import add
from hostile import answering, hostile

from contract_tests.dashboard import test_update_delete as updates
from contract_tests.dashboard.client import Dashboard, path_of
from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine import preflight
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge
from mockserver import MockDashboard, MockGateway
from mockserver.evidence.recorder import Recorder
from mockserver.evidence.scenarios import load_scenarios
from mockserver.http.client import Answer, Client


class Renaming(Client):
    """A client to whom every policy that it writes is named differently."""

    name = "victim"

    def send(self, method: str, target: str, *rest: Any, **more: Any) -> Answer:
        answer = super().send(method, target, *rest, **more)
        if method not in {"POST", "PUT"} or answer.status != 200:
            return answer
        return Answer.of(200, answer.headers, json.dumps({"key": self.name, "status": "ok"}).encode())


@pytest.mark.parametrize("name", ["victim", "policies/../keys/victim", "0" * 24, ""])
def test_a_recorder_removes_what_it_sent_alone(name: str) -> None:
    """A name that a gateway answers with and that was not sent is not deleted by the recorder."""
    [(scenario, _)] = load_scenarios(("policies/id-strings",))
    scenario.steps = [step for step in scenario.steps if "request" in step]
    with MockGateway() as gateway, Renaming(gateway.url) as client:
        client.name = name
        list(Recorder(client, gateway.secret).record(scenario))
        sent = {step["request"]["target"] for step in scenario.steps}
        deleted = {entry.target for entry in gateway.journal if entry.method == "DELETE"}
        assert deleted <= sent


@pytest.fixture(name="mock")
def _mock() -> Iterator[MockDashboard]:
    with MockDashboard(with_gateway=False) as dashboard:
        yield dashboard


@pytest.fixture(name="run")
def _run(mock: MockDashboard) -> Iterator[Run]:
    run = Run.open(
        DASHBOARD, RunOptions(url=mock.url, secret=mock.key, service="dashboard"), mock.state.contract
    )
    yield run
    run.close()


def test_leftovers_on_a_dashboard_are_counted(mock: MockDashboard, run: Run) -> None:
    """The look at a Dashboard counts what earlier runs left on all pages of its list."""
    for _ in range(12):
        add(mock, name=run.ownership.new_id(), _id=run.ownership.new_object_id())
    add(mock, name="mine")
    assert preflight.look(DASHBOARD, mock.url, mock.key, "auto").leftovers == 12


@pytest.mark.parametrize("end", ["\0victim", "&x=victim", "/../victim", "?victim", "\ud800"])
def test_an_id_that_a_dashboard_cannot_have_chosen_is_not_used(
    run: Run, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """An id in the answer to a create that is no plain name of the run fails the test that created."""
    dashboard = Dashboard(run, SchemaJudge(run.contract))
    honest = Exchange.document.fget  # type: ignore[attr-defined]

    def document(exchange: Exchange) -> dict[str, Any]:
        is_create = exchange.method == "POST"
        return {"Status": "OK", "Message": f"{run.ownership.run}1{end}"} if is_create else honest(exchange)

    monkeypatch.setattr(Exchange, "document", property(document))
    with pytest.raises(Mismatch, match="is not of this run"):
        dashboard.create()


def test_any_id_has_a_path() -> None:
    """The path of a policy is percent-encoded, also if its id has half of a surrogate pair."""
    assert path_of("a/\ud800") == "/api/portal/policies/a%2F%ED%A0%80"


def test_the_first_spoiled_answer_is_named(mock: MockDashboard, run: Run) -> None:
    """The judge names the first answer that is missing, or not as declared, and none if all are as declared."""
    judge = SchemaJudge(run.contract)
    honest = run.target.send("GET", "/api/portal/policies")
    assert judge.first_violation([honest]) is None
    assert honest.answer is not None
    with hostile(
        answering(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n5")
    ) as url:
        other = Run.open(
            DASHBOARD, RunOptions(url=url, secret="k", service="dashboard"), run.contract, timeout=1
        )
        spoiled = other.target.send("GET", "/api/portal/policies")
        other.close()
    violation = judge.first_violation([honest, spoiled])
    assert violation is not None
    assert violation.exchange is spoiled


@pytest.mark.parametrize("place", ["access_rights", "access_rights_array"])
def test_rights_that_a_dashboard_adds_are_not_sent_back(
    mock: MockDashboard, run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A policy that is read with the name of another API fails the test, which does not send it back."""
    test: Any = updates.test_a_policy_as_read_can_be_sent_back
    honest, foreign = Exchange.document.fget, {"api_id": "victim-api"}  # type: ignore[attr-defined]

    def document(exchange: Exchange) -> dict[str, Any]:
        policy: dict[str, Any] = honest(exchange)
        rights = policy.get(place)
        if isinstance(rights, dict):
            return {**policy, place: {**rights, "victim-api": foreign}}
        return {**policy, place: [*rights, foreign]} if isinstance(rights, list) else policy

    monkeypatch.setattr(Exchange, "document", property(document))
    with pytest.raises(Mismatch, match=r"access_rights with tyk-contract-\S* alone"):
        test.declaration.function(Dashboard(run, SchemaJudge(run.contract)))
    assert not any(entry.method == "PUT" for entry in mock.journal)
