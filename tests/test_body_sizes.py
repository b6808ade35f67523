"""Bodies whose values would take far more memory than their bytes are refused before they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from dashboards import ask

from mockserver import MockDashboard, MockGateway
from mockserver.golang.json_size import MAX_VALUES
from mockserver.golang.urls import MAX_FIELDS, MAX_FORM, form_fields
from mockserver.http.client import Client

VALUES = {
    "arrays": b"[]," * (MAX_VALUES // 2),
    "objects": b"{}," * (MAX_VALUES // 2),
    "numbers": b"1," * MAX_VALUES,
    "escapes": b'"\\n",' * MAX_VALUES,
}
REFUSAL = "the body has over 1,000,000 JSON values; send fewer at once"


@pytest.fixture(scope="module", name="dashboard")
def _dashboard() -> Iterator[MockDashboard]:
    with MockDashboard() as dashboard:
        yield dashboard


@pytest.mark.parametrize("target", ["policies", "apis", "keys/k", "oauth/clients/create", "policies/gold"])
def test_a_gateway_reads_no_body_with_too_many_values(gateway: MockGateway, target: str) -> None:
    """No operation of a gateway reads a body that has more values than the limit."""
    headers = [("X-Tyk-Authorization", gateway.secret)]
    body = b'{"id": "gold", "meta_data": {"x": [' + VALUES["arrays"] + b"1]}}"
    with Client(gateway.url) as client:
        answer = client.send("PUT" if target == "policies/gold" else "POST", f"/tyk/{target}", headers, body)
    assert answer.status == 413
    assert json.loads(answer.body) == {"status": "error", "message": REFUSAL}


@pytest.mark.parametrize("kind", VALUES)
def test_each_kind_of_value_counts(gateway: MockGateway, kind: str) -> None:
    """Arrays, objects, numbers and texts count alike, with and without escapes."""
    body = b'{"policies": [' + VALUES[kind] + b"1]}"
    with Client(gateway.url) as client:
        answer = client.send("POST", "/_mock/seed", [], body)
    assert answer.status == 400
    assert json.loads(answer.body)["message"] == REFUSAL


@pytest.mark.parametrize("target", ["/api/portal/policies", "/api/assets", "/api/apis", "/api/keys"])
def test_a_dashboard_reads_no_body_with_too_many_values(dashboard: MockDashboard, target: str) -> None:
    """No operation of a Dashboard reads a body that has more values than the limit."""
    status, answer = ask(dashboard, "POST", target, b'{"data": [' + VALUES["numbers"] + b"1]}")
    assert (status, answer["Message"]) == (413, REFUSAL)


def test_a_long_body_with_few_values_is_read(gateway: MockGateway) -> None:
    """The limit is one of values, not of bytes: a policy may hold a long text."""
    headers = [("X-Tyk-Authorization", gateway.secret)]
    policy = {"id": "long", "meta_data": {"text": "x" * 4 * MAX_VALUES}}
    with Client(gateway.url) as client:
        answer = client.send("POST", "/tyk/policies", headers, json.dumps(policy).encode())
    assert answer.status == 200


@pytest.mark.parametrize(
    "more",
    [b"&a" * MAX_FIELDS, b"&a=" + b"%41" * (MAX_FORM // 3), b"&a=" + b"x" * MAX_FORM],
    ids=["fields", "escapes", "bytes"],
)
def test_a_form_beyond_the_limits_has_no_fields(more: bytes) -> None:
    """A form with too many bytes or fields has none, as net/http reads none of one over 10 MB."""
    assert form_fields(b"grant_type=x" + more) == {}


def test_a_form_within_the_limits_has_its_fields() -> None:
    """A form at the limits is read: of equal fields the first one counts."""
    form = b"grant_type=x&grant_type=y" + b"&a" * (MAX_FIELDS - 2)
    assert form_fields(form) == {"grant_type": "x", "a": ""}
