"""The specification of the mock's own API: valid, complete, and kept by both services."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dashboards
import pytest
from openapi_spec_validator import validate
from portals import credential, in_place, plan, product

from mockserver import MockDashboard, MockGateway
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.http.client import Answer, Client
from mockserver.serving.control_access import ControlAccess
from mockserver.serving.control_spec import FILE, ControlSpec
from mockserver.serving.mock_server import MockServer
from mockserver.serving.wsgi_app import application

SERVICES = ("gateway", "dashboard")
DOCUMENT = load_yaml(spec_path(FILE))
CONTRACTS = {service: Contract(ControlSpec(service).document) for service in SERVICES}
CASES = [
    pytest.param(service, operation, id=f"{service} {operation.id}")
    for service, contract in CONTRACTS.items()
    for operation in contract.operations.values()
]
TEXT = ("text/plain", "text/html")


@pytest.fixture(name="mock_of")
def _mock_of(gateway: MockGateway, portal_dashboard: MockDashboard) -> Callable[[str], MockServer]:
    """The mock of a service, in which there is what the examples of the specification name."""
    seeds = DOCUMENT["paths"]["/_mock/seed"]["post"]["requestBody"]["content"]["application/json"]["example"]
    gateway.client.post("/_mock/seed", json=seeds).raise_for_status()
    product(portal_dashboard, "Docs", "orders")
    plan(portal_dashboard)
    product(portal_dashboard, "Orders", "orders")
    credential(portal_dashboard, "Orders", alias="mobile")
    return {"gateway": gateway, "dashboard": portal_dashboard}.__getitem__


def ask(mock: MockServer, operation: Operation, path: str, body: Any = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    with Client(mock.url) as client:
        return client.send(operation.method, path, [], data)


def query_of(definition: Any) -> list[dict[str, Any]]:
    return [parameter for parameter in definition["parameters"] if parameter.get("in") == "query"]


def path_of(contract: Contract, operation: Operation) -> str:
    """The path of an operation with the examples of its parameters."""
    path = operation.path
    for parameter in map(contract.resolve, contract.definition(operation)["parameters"]):
        path = path.replace("{" + parameter["name"] + "}", str(parameter.get("example")))
    return path


def bodies_of(definition: Any) -> list[Any]:
    """The examples of an operation's body; [None] if it takes none."""
    if "requestBody" not in definition:
        return [None]
    media = definition["requestBody"]["content"]["application/json"]
    return [media["example"]] if "example" in media else [e["value"] for e in media["examples"].values()]


def violations(contract: Contract, operation: Operation, answer: Answer) -> list[str]:
    kind = dict(answer.headers).get("Content-Type", "")
    return contract.response_violations(operation, answer.status, kind, answer.body)


def test_the_document_is_valid() -> None:
    """The file, and the document that each service serves, are valid OpenAPI, without a name twice."""
    for document in (DOCUMENT, *(contract.raw for contract in CONTRACTS.values())):
        validate(document)
    text = spec_path(FILE).read_text()
    names = re.findall(r"operationId: (\w+)", text)
    assert len(names) == len(set(names)) == len(Contract(DOCUMENT).operations)
    types = [name.lower() for part in DOCUMENT["components"].values() for name in part]
    assert len(types) == len(set(types))  # generators make a type of each, whatever it describes


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_is_described_and_every_operation_served(
    service: str, mock_of: Callable[[str], MockServer]
) -> None:
    """Each route below /_mock/ of a service is an operation of the document, and each operation has a route."""
    app = application(mock_of(service)._server.dispatcher, ControlAccess())
    served = {
        (method, path)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("control.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for path in _templates(rule.rule)
    }
    assert served == {operation.shape for operation in CONTRACTS[service].operations.values()}


def _templates(rule: str) -> Iterator[str]:
    """The paths of a Flask rule, each choice of names on its own, with {} for a parameter."""
    choice = re.search(r"<any\(([^)]*)\):\w+>", rule)
    for name in re.split(r",\s*", choice[1]) if choice else [""]:
        path = rule.replace(choice[0], name) if choice else rule
        yield re.sub(r"<\w+>", "{}", path)


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_an_answer_is_as_described(
    service: str, operation: Operation, mock_of: Callable[[str], MockServer]
) -> None:
    """Each operation, asked with the examples of the document, answers with success as its schema says."""
    mock, contract = mock_of(service), CONTRACTS[service]
    definition = contract.definition(operation)
    path = path_of(contract, operation)
    examples = [f"{parameter['name']}={parameter['example']}" for parameter in query_of(definition)]
    for target in [path, f"{path}?{'&'.join(examples)}"] if examples else [path]:
        for body in bodies_of(definition):
            if body is not None:
                assert contract.request_violations(operation, json.dumps(body).encode()) == []
            answer = ask(mock, operation, target, body)
            assert answer.status in (200, 201), answer.body
            assert violations(contract, operation, answer) == []


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_an_unknown_parameter_is_refused(
    service: str, operation: Operation, mock_of: Callable[[str], MockServer]
) -> None:
    """Each operation refuses a parameter that it does not have, and names those that it has."""
    mock, contract = mock_of(service), CONTRACTS[service]
    definition = contract.definition(operation)
    names = [parameter["name"] for parameter in query_of(definition)]
    body = bodies_of(definition)[0]
    for name in names or ["limit"]:
        answer = ask(mock, operation, f"{path_of(contract, operation)}?{name}x=1", body)
        message = json.loads(answer.body)["message"]
        assert (answer.status, violations(contract, operation, answer)) == (400, [])
        assert f"there is no parameter '{name}x'" in message
        assert ("leave it out" if not names else f"did you mean '{name}'?") in message


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_an_unknown_member_is_refused(
    service: str, operation: Operation, mock_of: Callable[[str], MockServer]
) -> None:
    """Each operation refuses a member that its body does not have with the nearest one, or any body."""
    mock, contract = mock_of(service), CONTRACTS[service]
    definition, path = contract.definition(operation), path_of(contract, operation)
    body = bodies_of(definition)[0]
    if body is None:
        answer = ask(mock, operation, path, {"journal": True})
        complaint = "takes no body; leave it out"
        assert ask(mock, operation, path, {}).status in (200, 201)
    else:
        name = next(iter(body))
        answer = ask(mock, operation, path, {f"{name}x": body[name]})
        complaint = f"did you mean '{name}'?"
    assert (answer.status, violations(contract, operation, answer)) == (400, [])
    assert complaint in json.loads(answer.body)["message"]


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_a_refused_client_is_answered_as_described(
    service: str, operation: Operation, mock_of: Callable[[str], MockServer]
) -> None:
    """Each operation refuses a web page of another site with a described answer."""
    contract = CONTRACTS[service]
    with Client(mock_of(service).url) as client:
        answer = client.send(operation.method, path_of(contract, operation), [("Origin", "http://a.test")])
    assert (answer.status, violations(contract, operation, answer)) == (403, [])


@pytest.mark.parametrize(
    "operation", [case for case in CONTRACTS["dashboard"].operations.values() if "{" in case.path]
)
def test_an_unknown_name_is_answered_as_described(
    portal_dashboard: MockDashboard, operation: Operation
) -> None:
    """The portal refuses a name that nothing has with a described answer."""
    contract = CONTRACTS["dashboard"]
    body = bodies_of(contract.definition(operation))[0]
    answer = ask(portal_dashboard, operation, re.sub(r"\{\w+\}", "no", operation.path), body)
    assert (answer.status, violations(contract, operation, answer)) == (404, [])


def test_a_conflict_is_answered_as_described(portal_dashboard: MockDashboard) -> None:
    """The portal refuses a change of a plan whose policy is gone with a described answer."""
    object_id = in_place(plan(portal_dashboard))
    assert dashboards.ask(portal_dashboard, "DELETE", f"/api/portal/policies/{object_id}")[0] == 200
    contract = CONTRACTS["dashboard"]
    operation = contract.operations["updatePlan"]
    answer = ask(portal_dashboard, operation, "/_mock/portal/plans/Gold", {"quota_max": 1})
    assert (answer.status, violations(contract, operation, answer)) == (409, [])


def test_the_examples_of_answers_fit_their_schemas() -> None:
    """Each answer of the document has an example for each media type, and one in JSON fits its schema."""
    contract = Contract(DOCUMENT)
    count = 0
    for operation in contract.operations.values():
        for status, response in contract.definition(operation)["responses"].items():
            for kind, media in contract.resolve(response)["content"].items():
                assert "example" in media, (operation.id, status)
                body = json.dumps(media["example"]).encode()
                found = contract.response_violations(operation, int(status), kind, body)
                assert found == [], (operation.id, status)
                count += 1
    assert count > 100


def test_a_dashboard_serves_no_operation_of_a_gateway() -> None:
    """The document of a service has the shared operations and its own, and no key of ours."""
    of_gateway, of_dashboard = (set(CONTRACTS[service].operations) for service in SERVICES)
    assert of_gateway - of_dashboard == {"seed", "getState", "why"}
    assert {"reset", "getJournal", "addFault"} <= of_gateway & of_dashboard
    assert "x-service" not in json.dumps([contract.raw["paths"] for contract in CONTRACTS.values()])


def test_a_client_may_ask_with_head(gateway: MockGateway) -> None:
    """HEAD is answered where GET is, with the same check of parameters."""
    with Client(gateway.url) as client:
        assert client.send("HEAD", "/_mock/journal?limit=1").status == 200
        assert client.send("HEAD", "/_mock/journal?limits=1").status == 400


def test_the_document_is_in_the_sources() -> None:
    """The document lies under spec/, so that clients can be generated without a mock."""
    assert (Path(__file__).parent.parent / "spec" / FILE).is_file()
