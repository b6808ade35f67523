"""Walks: what a state machine makes, and how a failing one becomes short."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.engine import generated_requests
from contract_tests.engine.target import Target
from contract_tests.gateway.client import Gateway, Options
from contract_tests.model import state_machine, walks
from contract_tests.model.walks import Outcome, Walk
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
    target = Target(mock.url, mock.secret, mock.gateway.contract)
    yield Gateway(target, Options(mock.gateway.version))
    target.close()


def test_walks_are_the_same_each_time() -> None:
    """And write, reload and read."""
    made = state_machine.made()
    assert made == state_machine.made() == generated_requests.walks(str(default_version()))
    verbs = {step.verb for walk in made for step in walk}
    assert verbs == {"POST", "PUT", "DELETE", "GET", "LIST", "RELOAD"}


def test_walks_share_their_reloads(mock: MockGateway) -> None:
    """However many they are, they cost as many as the one with most; a sound gateway agrees with all."""
    with judged(mock) as gateway:
        outcomes = walks.take(gateway, state_machine.made())
    assert (
        gateway.target.reloads
        == max(walk.count(walks.Step("RELOAD")) for walk in outcomes)
        == state_machine.RELOADS
    )
    assert not any(outcome.mismatch for outcome in outcomes.values())


def test_a_failing_walk_becomes_a_short_script(mock: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PUT that keeps old tags: write tags, load, write none, load, read."""
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
        failing: list[tuple[Walk, Outcome]] = [
            each for each in walks.take(gateway, state_machine.made()).items() if each[1].mismatch
        ]
        before = gateway.target.reloads
        outcome = walks.shrunk(gateway, *failing[0])
    sent = [exchange.method for exchange in outcome.exchanges]
    assert sent[:4] in (["PUT", "GET", "PUT", "GET"], ["POST", "GET", "PUT", "GET"])
    assert set(sent[4:]) <= {"GET"}
    assert outcome.mismatch is not None
    assert "/tags is" in outcome.mismatch.actual
    assert gateway.target.reloads - before <= 4 * state_machine.RELOADS
