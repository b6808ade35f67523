"""POST /tyk/keys/preview: the sessions that real gateways of each version answered."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from contract_tests.engine.checks import expect
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.sessions import VOLATILE, preview
from contract_tests.gateway.client import Gateway
from mockserver.contract.spec_files import known_versions, spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recording import Scenario, in_any_order, read_recording
from mockserver.golang import json_writer

PREFIX = "apply/random-"
RECORDED = 18  # scenarios, with four policies each and twelve sessions that name some of them


@pytest.mark.parametrize("number", range(RECORDED))
@behaviour("sessions-are-as-recorded")
def test_sessions_are_as_recorded(gateway: Gateway, number: int) -> Steps:
    """A session of several policies is the one that a real gateway of this version answered."""
    requests = [
        (step["request"], step["response"]) for step in _scenario(gateway, number).steps if "request" in step
    ]
    policies = [
        json.loads(request["body"]) for request, _ in requests if request["target"] == "/tyk/policies"
    ]
    ids = {policy["id"]: gateway.new_id() for policy in policies}
    for policy in policies:
        gateway.create(**{**policy, "id": ids[policy["id"]]})
    yield RELOAD

    ids["gone"] = gateway.new_id()
    for request, response in requests:
        if request["target"] == "/tyk/keys/preview":
            exchange = preview(gateway, _renamed(request["body"], ids))
            expected = _as_now(_renamed(response["body"], ids), exchange)
            expect(exchange, 200, expected, expected="200 with this session")


def _scenario(gateway: Gateway, number: int) -> Scenario:
    version = gateway.version
    release = known_versions().get(f"{version.major}.{version.minor}")
    if release is None or version < release:
        raise NotApplicable(f"no gateway {version} was recorded")
    return _scenarios(release)[number]


@cache
def _scenarios(release: GatewayVersion) -> list[Scenario]:
    return read_recording(spec_path(f"gateway/recordings/{release}.jsonl"), PREFIX).scenarios


def _renamed(text: str, ids: dict[str, str]) -> str:
    """A body with the policies of this run in place of the recorded ones."""
    for name, new_name in ids.items():
        text = text.replace(f'"{name}"', f'"{new_name}"')
    return text


def _as_now(recorded: str, exchange: Exchange) -> str:
    """A recorded session with the times of the answer, and with unordered arrays in the answer's order."""
    session: dict[str, Any] = json.loads(recorded)
    answer = exchange.document
    volatile = [name for name in VOLATILE if name in session and name in answer]
    if not session.get("last_updated", "").isdigit():  # then the value is the policy's, and no time
        volatile.remove("last_updated")
    session |= {name: answer[name] for name in volatile}
    for (parent, name), (answer_parent, _) in zip(in_any_order(session), in_any_order(answer), strict=False):
        if sorted(map(json.dumps, parent[name])) == sorted(map(json.dumps, answer_parent[name])):
            parent[name] = answer_parent[name]
    return json_writer.write(session) + "\n"
