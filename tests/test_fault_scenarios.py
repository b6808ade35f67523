"""The scenarios of a gateway: what it answers at each failure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import call, connect, secret_of, send

from mockserver import MockGateway
from mockserver.gateway.scenarios import SCENARIOS
from mockserver.http.client import ClientError
from mockserver.service.fault_members import KINDS

HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

API = {
    "api_id": "a1", "name": "a", "org_id": "default", "active": True, "use_keyless": False,
    "auth": {"auth_header_name": "Authorization"},
    "proxy": {"listen_path": "/a/", "target_url": "http://orders.test/"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
}  # fmt: skip
POLICY = {
    "id": "gold", "org_id": "default", "active": True, "rate": 9, "per": 1, "quota_max": -1,
    "access_rights": {"a1": {"api_id": "a1", "versions": ["Default"]}},
}  # fmt: skip


@pytest.fixture
def seeded(gateway: MockGateway) -> MockGateway:
    """A gateway with an API, a policy and the key default-k1."""
    gateway.policies.seed(POLICY)
    call(gateway, "POST", "/tyk/apis", API)
    gateway.reload()
    status, answer = call(gateway, "POST", "/tyk/keys/k1", {"org_id": "default", "apply_policies": ["gold"]})
    assert (status, answer["key"]) == (200, "defaultk1")
    return gateway


def test_redis_down(seeded: MockGateway) -> None:
    """Without its Redis a gateway finds and writes no key and refuses keys, while policies go on."""
    effect = seeded.fault(scenario="redis-down")
    assert "/ready says 503" in effect
    seeded.advance(20)
    asked = [
        ("GET", "/ready", 503, "Redis connection not available"),
        ("GET", "/tyk/keys/defaultk1", 404, "Key not found"),
        ("POST", "/tyk/keys", 500, "Failed to create key, ensure security settings are correct."),
        ("PUT", "/tyk/keys/defaultk1", 404, "Key is not found"),
        ("DELETE", "/tyk/keys/defaultk1", 404, "There is no such key found"),
    ]
    for method, path, status, message in asked:
        answer = call(seeded, method, path, {"org_id": "default"})
        assert (answer[0], answer[1]["message"]) == (status, message)
    assert call(seeded, "GET", "/tyk/keys") == (200, {"keys": []})
    health = call(seeded, "GET", "/hello")[1]
    assert (health["status"], health["details"]["redis"]["status"]) == ("fail", "fail")
    assert send(seeded, "GET", "/a/x", (("Authorization", "defaultk1"),)).status == 403
    assert send(seeded, "GET", "/a/x", ()).status == 401
    assert call(seeded, "POST", "/tyk/policies", {"id": "new"})[0] == 200
    seeded.mock.faults.clear()
    assert call(seeded, "GET", "/tyk/keys/defaultk1")[0] == 200


def test_storage_full(seeded: MockGateway) -> None:
    """On a full disk new files are refused, with the gateway's texts, and all else goes on."""
    seeded.fault(scenario="storage-full")
    answers = [call(seeded, "POST", f"/tyk/{kind}", {"id": "n"})[1] for kind in ("policies", "apis")]
    assert [answer["message"] for answer in answers] == [
        "Failed to create file!",
        "file object creation failed, write error",
    ]
    assert call(seeded, "PUT", "/tyk/policies/gold", POLICY)[0] == 200
    assert call(seeded, "DELETE", "/tyk/policies/gold")[0] == 200


def test_storage_read_only(seeded: MockGateway) -> None:
    """On a read-only file system nothing is written or deleted."""
    seeded.fault(scenario="storage-read-only")
    assert call(seeded, "PUT", "/tyk/policies/gold", POLICY)[0] == 500
    assert call(seeded, "DELETE", "/tyk/policies/gold") == (
        500,
        {"status": "error", "message": "Delete failed"},
    )
    assert list(seeded.policies.written) == ["gold"]


def test_reload_never_ends(seeded: MockGateway) -> None:
    """A reload that waits hangs, one that does not says ok, and neither loads what is written."""
    seeded.fault(scenario="reload-never-ends")
    call(seeded, "POST", "/tyk/policies", {"id": "late"})
    with pytest.raises(ClientError, match="no answer"):
        send(seeded, "GET", "/tyk/reload?block=true", secret_of(seeded), timeout=0.1)
    for path in ("/tyk/reload", "/tyk/reload/group"):
        assert call(seeded, "GET", path) == (200, {"status": "ok", "message": ""})
    seeded.advance(5)
    assert call(seeded, "GET", "/tyk/policies/late")[0] == 404
    assert call(seeded, "GET", "/hello")[1]["status"] == "pass"


def test_flapping(gateway: MockGateway) -> None:
    """A flapping gateway resets two connections, answers three requests, and begins again."""
    gateway.fault(scenario="flapping")
    outcomes = []
    for _ in range(7):
        with connect(gateway) as connection:
            connection.sendall(HELLO)
            try:
                outcomes.append(connection.recv(15)[9:].decode())
            except ConnectionResetError:
                outcomes.append("reset")
    assert outcomes == ["reset", "reset", "200 OK", "200 OK", "200 OK", "reset", "reset"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_a_gateway_names_operations(gateway: MockGateway, name: str) -> None:
    """Each operation that a scenario names is one of the gateway's, and it is set until it is cleared."""
    assert SCENARIOS[name].operations <= gateway._service.fault_targets.keys()
    assert SCENARIOS[name].times == 0


DOCUMENT = (Path(__file__).parent.parent / "docs" / "faults.md").read_text("utf-8")


def test_the_document_names_each_member_and_scenario() -> None:
    """The document of faults has a row for each scenario of a gateway, and names each member of a fault."""
    assert set(re.findall(r"^\| `([a-z-]+)` \| ", DOCUMENT, re.MULTILINE)) >= set(SCENARIOS)
    assert set(KINDS) <= set(re.findall(r"[`, \"{(]([a-z_]+)[`=,\"]", DOCUMENT))


def test_the_examples_of_the_document_are_faults(gateway: MockGateway) -> None:
    """Each call in the document's list of examples sets a fault."""
    calls = re.findall(r"^(mock_gateway\.fault\(.*\)) +#", DOCUMENT, re.MULTILINE)
    for example in calls:
        exec(example, {"mock_gateway": gateway})
    assert len(gateway.mock.faults) == len(calls) == 4
