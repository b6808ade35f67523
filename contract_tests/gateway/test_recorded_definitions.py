"""API definitions with all members: what real gateways of each version answered to reads of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, first_difference, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.open_apis import EXTENSION, write
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, OPEN_APIS
from mockserver.contract.spec_files import known_versions, spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recording import Scenario, Step, in_any_order, read_recording

ORGANISATION = "acme"  # in the recordings
VOLATILE = ("dbId", "servers")  # members at any depth
DOCUMENTS = (
    "api-every", "api-other", "api-disabled", "api-compliant", "api-native", "api-several", "api-unused",
    "api-single",
)  # fmt: skip
CLASSIC_DOCUMENTS = ("api-every", "api-other", "api-disabled")


@pytest.mark.parametrize("name", DOCUMENTS)
@behaviour("open-apis-keep-all-members")
def test_open_apis_keep_all_members(gateway: Gateway, name: str) -> Steps:
    """An API in OpenAPI form with all members is read in both forms as a gateway of its version answered."""
    scenario = _scenario(gateway, "forms/open-apis")
    new_name = gateway.new_id()
    write(gateway, _as_of_run(gateway, _written(scenario, name), name, new_name))
    yield RELOAD

    for path in (OPEN_APIS, APIS):
        _expect_recorded(gateway, scenario, path, name, new_name)


@pytest.mark.parametrize("name", CLASSIC_DOCUMENTS)
@behaviour("apis-keep-all-members")
def test_apis_keep_all_members(gateway: Gateway, name: str) -> Steps:
    """An API in the classic form with all members is read as a gateway of its version answered."""
    scenario = _scenario(gateway, "forms/classic-apis")
    new_name = gateway.new_id()
    needs_store(gateway)
    sent = _as_of_run(gateway, _written(scenario, name), name, new_name)
    exchange = gateway.send("POST", APIS, sent)
    if exchange.status == 500 and "Dashboard" in exchange.text:
        raise NotApplicable("the gateway loads its APIs from a Dashboard")
    expect_written(exchange, new_name, "added")
    yield RELOAD

    _expect_recorded(gateway, scenario, APIS, name, new_name)


@behaviour("idle-targets-are-kept")
def test_idle_targets_are_kept(gateway: Gateway) -> Steps:
    """A target of load balancing with a weight of 0 is read with the API in OpenAPI form."""
    name = gateway.new_id()
    recorded = _written(_scenario(gateway, "forms/open-apis"), "api-several")
    sent = _as_of_run(gateway, recorded, "api-several", name)
    write(gateway, sent)
    yield RELOAD

    exchange = gateway.send("GET", f"{OPEN_APIS}/{name}")
    targets = exchange.object_at(EXTENSION, "upstream", "loadBalancing").get("targets", [])
    expected = sorted(sent[EXTENSION]["upstream"]["loadBalancing"]["targets"], key=lambda item: item["url"])
    if targets != expected:
        raise Mismatch(f"targets {expected}", repr(targets), exchange)


def _scenario(gateway: Gateway, name: str) -> Scenario:
    return _scenarios(_release(gateway))[name]


def _release(gateway: Gateway) -> GatewayVersion:
    """The recorded version whose release the gateway is of, and not older than."""
    version = gateway.version
    release = known_versions().get(f"{version.major}.{version.minor}")
    if release is None or version < release:
        raise NotApplicable(f"no gateway {version} was recorded")
    return release


@cache
def _scenarios(release: GatewayVersion) -> dict[str, Scenario]:
    scenarios = read_recording(spec_path(f"gateway/recordings/{release}.jsonl"), "forms/").scenarios
    return {scenario.name: scenario for scenario in scenarios}


def _written(scenario: Scenario, name: str) -> str:
    """The text of the recorded definition of this id."""
    texts: list[str] = [step["request"]["body"] for step in scenario.steps if _has(step, "POST")]
    return next(text for text in texts if f'"{name}"' in text)


def _has(step: Step, method: str) -> bool:
    return "request" in step and step["request"]["method"] == method


def _as_of_run(gateway: Gateway, text: str, name: str, new_name: str) -> dict[str, Any]:
    """A recorded document with the id and the organisation of this run."""
    text = text.replace(name, new_name).replace(f'"{ORGANISATION}"', f'"{gateway.ownership.run}"')
    document: dict[str, Any] = json.loads(text)
    return document


def _expect_recorded(gateway: Gateway, scenario: Scenario, path: str, name: str, new_name: str) -> None:
    """Expect an answer with all recorded members, but for volatile ones and orders of chance.

    Only a gateway of another patch release than the recorded one may have more members.

    Raises:
        Mismatch: the gateway answers otherwise.
    """
    exchange = gateway.send("GET", f"{path}/{new_name}")
    if exchange.status != 200 or not isinstance(exchange.json, dict):
        raise Mismatch("200 with the API", f"{exchange.status} {shorten(exchange.text)}", exchange)
    (step,) = [
        step for step in scenario.steps if _has(step, "GET") and step["request"]["target"] == f"{path}/{name}"
    ]
    recorded = _as_of_run(gateway, step["response"]["body"], name, new_name)
    wanted, actual = _stable(recorded), _stable(exchange.json)
    if path == APIS:
        for document in (wanted, actual):
            document.pop("id", None)
    for document in (wanted, actual):
        for holder, place in in_any_order(document):
            holder[place].sort()
    is_recorded = gateway.version == _release(gateway)
    if difference := first_difference(wanted, actual, others=is_recorded):
        raise Mismatch("the API as it was recorded", difference, exchange)


def _stable(node: Any) -> Any:
    """A document without the members that differ from one gateway to the next."""
    if isinstance(node, dict):
        return {name: _stable(value) for name, value in node.items() if name not in VOLATILE}
    return [_stable(item) for item in node] if isinstance(node, list) else node
