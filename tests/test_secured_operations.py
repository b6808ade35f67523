"""The secured operations that the suite asks without the secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.client import ServiceClient
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge, operation_of
from contract_tests.engine.secured_operations import groups_below, requests_of
from contract_tests.engine.service import Service
from contract_tests.gateway.service import GATEWAY
from mockserver import MockDashboard, MockGateway
from mockserver.contract.spec_files import known_versions
from mockserver.http.client import Client

SERVICES = [pytest.param(GATEWAY, "/tyk", id="gateway"), pytest.param(DASHBOARD, "/api", id="dashboard")]
NOT_ASKED: dict[str, set[str]] = {  # they name nothing of the run
    "gateway": {"emptyAllKeySets"},
    "dashboard": set(),
}


@contextmanager
def client_of(service: Service, *, read_only: bool = False) -> Iterator[ServiceClient]:
    """A client of a run over the newest version of a service."""
    version = list(known_versions(service.folder).values())[-1]
    options = RunOptions(url="http://127.0.0.1:9", secret="s", read_only=read_only)
    run = Run.open(service, options, service.contract(version))
    yield ServiceClient(run, SchemaJudge(run.contract))
    run.close()


def _requests(client: ServiceClient, root: str) -> list[Request]:
    groups = groups_below(root, client.run.service.resources)
    return [request for group in groups for request in requests_of(client, group, groups, [])]


def _operation(client: ServiceClient, request: Request) -> str:
    sent = Exchange(request.method, request.target, (), None, None, "", False, client.target.url, client.auth)
    operation = operation_of(client.contract, sent)
    assert operation is not None
    return operation.id


@pytest.mark.parametrize(("service", "root"), SERVICES)
def test_each_secured_operation_is_asked_once(service: Service, root: str) -> None:
    """Every secured operation of the OpenAPI file is asked once, but for those that no name of the run makes safe."""
    with client_of(service) as client:
        asked = [_operation(client, request) for request in _requests(client, root)]
        secured = {
            operation.id
            for operation in client.contract.operations.values()
            if operation.secured and operation.path.startswith(f"{root}/")
        }
    assert len(asked) == len(set(asked))
    assert secured - set(asked) == NOT_ASKED[service.name]


@pytest.mark.parametrize(("service", "root"), SERVICES)
def test_a_read_only_run_asks_what_reads(service: Service, root: str) -> None:
    """A read-only run asks for no write and no reload, not even without the secret."""
    with client_of(service, read_only=True) as client:
        requests = _requests(client, root)
    assert {request.method for request in requests} == {"GET"}
    assert not [request for request in requests if "reload" in request.target]


def test_a_gateway_that_asks_for_no_secret_is_left_as_it_was() -> None:
    """A gateway that carries all these requests out has the things that it had before, and no others."""
    lists = [
        "/tyk/policies",
        "/tyk/keys",
        "/tyk/apis",
        "/tyk/apis/oas",
        "/tyk/org/keys",
        "/tyk/certs?org_id=o",
    ]
    with MockGateway(gateway="5.14") as gateway, client_of(GATEWAY) as client, Client(gateway.url) as sender:
        secret = [("X-Tyk-Authorization", gateway.secret)]
        gateway.policies.seed({"id": "gold", "rate": 5})
        gateway.reload()
        before = [sender.send("GET", path, secret, None).body for path in lists]
        answers = [
            sender.send(request.method, request.target, secret, None) for request in _requests(client, "/tyk")
        ]
        gateway.reload()
        after = [sender.send("GET", path, secret, None).body for path in lists]
    assert before == after
    assert json.loads(before[0])[0]["id"] == "gold"
    assert any(answer.status == 404 for answer in answers)


def test_a_dashboard_that_takes_any_key_is_left_as_it_was() -> None:
    """A Dashboard that carries all these requests out has the things that it had before, and no others."""
    lists = [f"/api/{path}?p=-1" for path in ("portal/policies", "apis", "users", "keys", "assets")]
    with MockDashboard() as dashboard, client_of(DASHBOARD) as client, Client(dashboard.url) as sender:
        key = [("Authorization", dashboard.key)]
        dashboard.policies.seed({"name": "gold", "rate": 5})
        before = [sender.send("GET", path, key, None).body for path in lists]
        answers = [
            sender.send(r.method, r.target, key, None) for r in _requests(client, "/api") if r.method != "GET"
        ]
        after = [sender.send("GET", path, key, None).body for path in lists]
    assert before == after
    assert b"gold" in before[0]
    assert min(answer.status for answer in answers) >= 400


@pytest.mark.parametrize(
    "path", ["/api/keys", "/api/keys/{}", "/api/apis/keys/basic/{}", "/api/apis/oas", "/api/assets"]
)
def test_a_write_of_what_the_suite_does_not_make_has_no_body(path: str) -> None:
    """A key, an asset or another thing that shows no run could not be removed, so that no body is sent for one."""
    with client_of(DASHBOARD) as client:
        target = path.format(client.new_id())
        assert client.ownership.check(Request("POST", target)) == []
        with pytest.raises(UnsafeRequest, match="it has a body"):
            client.ownership.check(Request("POST", target, b"{}"))
