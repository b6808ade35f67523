"""Walks: a state machine generates them, and a failing one is shortened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.gateway import generated
from contract_tests.gateway.client import Gateway, clients
from contract_tests.gateway.service import GATEWAY
from contract_tests.model import state_machine, walks
from contract_tests.model.walks import Walk, WalkOutcome
from mockserver import MockGateway
from mockserver.contract.spec_files import default_version
from mockserver.http.messages import Reply
from mockserver.service.registry import HANDLERS, Call


@pytest.fixture(name="mock")
def _mock() -> Iterator[MockGateway]:
    with MockGateway() as mock:
        yield mock


@contextmanager
def judged(mock: MockGateway) -> Iterator[Gateway]:
    """The mock as a test of the suite sees it."""
    contract = mock.gateway.contract
    run = Run.open(GATEWAY, RunOptions(url=mock.url, secret=mock.secret), contract)
    yield clients(run, SchemaJudge(contract))()
    run.close()


def test_walks_are_the_same_each_time() -> None:
    """The walks of two calls are the same, and they write, reload and read."""
    first = state_machine.walks()
    assert first == state_machine.walks()
    assert first == generated.walks(default_version())
    verbs = {step.verb for walk in first for step in walk}
    assert verbs == {"POST", "PUT", "DELETE", "GET", "LIST", "RELOAD"}


def test_walks_share_their_reloads(mock: MockGateway) -> None:
    """All walks cost as many reloads as the one with most; a sound gateway agrees with all of them."""
    with judged(mock) as gateway:
        outcomes = walks.take(gateway, state_machine.walks())
    assert (
        gateway.target.reloads
        == max(walk.count(walks.Step("RELOAD")) for walk in outcomes)
        == state_machine.RELOADS
    )
    assert not any(outcome.mismatch for outcome in outcomes.values())


def test_a_failing_walk_becomes_a_short_script(mock: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that takes two writes and two reloads to show is reported with a walk of few more steps."""
    update = HANDLERS["gateway", "updatePolicy"]

    def keeps_tags(call: Call) -> Reply:
        body, name = json.loads(call.body), call.params["polID"]
        known = call.state.store.loaded.by_id.get(name)
        if known and not body.get("tags"):
            body["tags"] = known.policy["tags"]
        request = call.request._replace(body=json.dumps(body).encode())
        return update.answer(call._replace(request=request))

    monkeypatch.setitem(HANDLERS, ("gateway", "updatePolicy"), update._replace(answer=keeps_tags))
    with MockGateway() as broken, judged(broken) as gateway:
        failing: list[tuple[Walk, WalkOutcome]] = [
            each for each in walks.take(gateway, state_machine.walks()).items() if each[1].mismatch
        ]
        before = gateway.target.reloads
        outcome = walks.shrunk(gateway, *failing[0])
    sent = [exchange.method for exchange in outcome.exchanges]
    writes = [method for method in sent if method != "GET"]
    assert writes[-1] == "PUT"
    assert 2 <= len(writes) <= 4  # older versions of Hypothesis leave some more
    assert outcome.mismatch is not None
    assert "/tags is" in outcome.mismatch.actual
    assert gateway.target.reloads - before <= 4 * state_machine.RELOADS
