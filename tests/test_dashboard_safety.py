"""What a client sends to a Dashboard cannot spoil its answers, nor stand as a secret in the journal."""

from __future__ import annotations

import json

import pytest
from dashboards import ADMIN, ask

from mockserver import MockDashboard

SECRETS = {
    "key": "key-of-the-first-user",
    "admin_secret": "the-admin-secret",
    "shared_node_secret": "the-node-secret",
    "tyk_api_config.secret": "the-gateway-secret",
}
OVERFLOWING = b"""{
    "name": "x", "email_address": "x@example.com", "data": {"n": 1e999}, "x-tyk-api-gateway": {"n": 1e999},
    "api_definition": {"name": "x", "n": -1e999}
}"""


@pytest.mark.parametrize("name", SECRETS)
def test_the_journal_hides_each_secret_of_a_dashboard(name: str) -> None:
    """The key, the admin secret and the secrets of gateways are masked wherever a client sends them."""
    secret = SECRETS[name]
    config = {key: value for key, value in SECRETS.items() if key != "key"}
    with MockDashboard(key=SECRETS["key"], config=config, with_gateway=False) as dashboard:
        authorised = ("Authorization", dashboard.key)
        ask(dashboard, "GET", f"/api/assets?x={secret}", None, authorised, ("X-Other", secret))
        ask(dashboard, "POST", "/api/assets", {"name": secret}, authorised)
        assert len(dashboard.journal) == 2
        shown = json.dumps([entry.as_dict() for entry in dashboard.journal])
    assert secret not in shown
    assert shown.count("***") >= 3


@pytest.mark.parametrize(
    ("target", "listing"),
    [
        ("/api/assets", "/api/assets"),
        ("/api/apis", "/api/apis?p=-1"),
        ("/api/apis/oas", "/api/apis?p=-1"),
        ("/api/users", "/api/users?p=-1"),
        ("/admin/organisations", "/admin/organisations"),
    ],
)
def test_a_number_beyond_64_bits_is_refused(target: str, listing: str) -> None:
    """A number that no float64 holds is refused as by Go, for a list with it would be no JSON."""
    with MockDashboard(with_gateway=False) as dashboard:
        headers = ADMIN if target.startswith("/admin") else (("Authorization", dashboard.key),)
        before = ask(dashboard, "GET", listing, None, *headers)
        status, _ = ask(dashboard, "POST", target, OVERFLOWING, *headers)
        assert status >= 400
        assert ask(dashboard, "GET", listing, None, *headers) == before


@pytest.mark.parametrize(
    "definition",
    [
        {"x-tyk-api-gateway": {"server": [1]}},
        {"x-tyk-api-gateway": {"server": {"authentication": [1]}}},
        {"x-tyk-api-gateway": {"server": {"authentication": {"enabled": True, "securitySchemes": [1]}}}},
        {"components": {"securitySchemes": [1]}},
        {"components": {"securitySchemes": {"a": 1}}},
        {"components": {"securitySchemes": {"a": {"type": ["http"], "scheme": {}}}}},
    ],
    ids=["server", "authentication", "schemes", "declared", "scheme", "type"],
)
def test_an_api_with_members_of_wrong_types_is_no_failure(definition: dict[str, object]) -> None:
    """An OpenAPI definition whose parts have wrong types is stored, and its policies can be read."""
    enabled = {"server": {"authentication": {"enabled": True, "securitySchemes": {"a": {"enabled": True}}}}}
    with MockDashboard(with_gateway=False) as dashboard:
        body = {"x-tyk-api-gateway": enabled, **definition}
        assert ask(dashboard, "POST", "/api/apis/oas", body)[0] == 200
        assert ask(dashboard, "GET", "/api/apis?p=-1")[0] == 200


def test_a_key_that_is_no_text_reaches_the_gateway_as_it_is() -> None:
    """A byte in a key's path that is not UTF-8 is handed on, and is no failure."""
    with MockDashboard() as dashboard:
        assert dashboard.gateway is not None
        assert ask(dashboard, "GET", "/api/keys/%ff")[0] == 404
        assert dashboard.gateway.journal[0].target.startswith("/tyk/keys/%FF?")
