"""Names of keys, organisations and clients that are no text: the mock holds them as Go does, and fails at none."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from asking import call, send

from mockserver import MockGateway

DEEP = base64.b64encode(b'{"org":' + b"[" * 100_000).decode()
NAMES = {
    "a byte": "%ff", "half a character": "%e2%82", "a surrogate in UTF-8": "%ed%a0%80", "a deep id": quote(DEEP, safe=""),
    "a surrogate in JSON": quote(base64.b64encode(b'{"org":"\\ud800","id":"\\ud800"}').decode(), safe=""),
}  # fmt: skip
TARGETS = (
    "/tyk/keys/{}", "/tyk/keys/{}?hashed=true", "/tyk/keys/a?org_id={}", "/tyk/keys/a?org_id={}&username=true",
    "/tyk/keys/{}?username=true", "/tyk/keys?filter={}", "/tyk/org/keys/{}", "/tyk/org/keys?filter={}", "/tyk/keys/policy/{}",
    "/tyk/oauth/clients/{}", "/tyk/oauth/clients/orders/{}", "/tyk/oauth/refresh/{}?api_id=orders", "/tyk/apis/{}",
    "/tyk/policies/{}", "/orders/{}?{}={}", "/orders/oauth/token/?client_id={}",
)  # fmt: skip
TOKEN_BODIES = {
    "deep": b"[" * 100_000,
    "with a surrogate": rb'{"grant_type":"client_credentials","client_id":"\ud800"}',
}


@pytest.fixture(name="gateway", params=[False, True], ids=["plain keys", "hashed keys"])
def _gateway(request: pytest.FixtureRequest) -> Iterator[MockGateway]:
    config = {"hash_keys": request.param, "enable_hashed_keys_listing": request.param}
    with MockGateway(config=config) as gateway:
        api = {
            "api_id": "orders",
            "use_oauth2": True,
            "active": True,
            "proxy": {"listen_path": "/orders/", "target_url": ""},
        }
        assert (
            call(
                gateway,
                "POST",
                "/tyk/apis",
                {**api, "oauth_meta": {"allowed_access_types": ["client_credentials"]}},
            )[0]
            == 200
        )
        gateway.reload()
        yield gateway


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_is_no_text_is_answered(gateway: MockGateway, name: str) -> None:
    """A name of odd bytes is found, made, refused or missed, but never a failure of the mock."""
    secret = [("X-Tyk-Authorization", gateway.secret)]
    for target in TARGETS:
        for method, body in (
            ("GET", None),
            ("PUT", b"{}"),
            ("POST", b'{"access_rights": {"orders": {"api_id": "orders"}}}'),
            ("DELETE", None),
        ):
            answer = send(gateway, method, target.replace("{}", name), secret, body)
            assert b"the mock failed" not in answer.body, (method, target)


def test_a_key_of_odd_bytes_can_be_read_and_removed(gateway: MockGateway) -> None:
    """A key whose name is no UTF-8 is kept under it until it is removed."""
    for method, status in (("GET", 404), ("POST", 200), ("GET", 200), ("DELETE", 200), ("GET", 404)):
        body = {"access_rights": {"orders": {"api_id": "orders"}}} if method == "POST" else None
        assert call(gateway, method, "/tyk/keys/odd%ffname", body)[0] == status


@pytest.mark.parametrize("body", TOKEN_BODIES.values(), ids=TOKEN_BODIES)
def test_a_request_for_a_token_may_hold_any_json(gateway: MockGateway, body: bytes) -> None:
    """A body of JSON that is no form is no failure of the mock."""
    answer = send(gateway, "POST", "/orders/oauth/token/", [("Content-Type", "application/json")], body)
    assert answer.status in {400, 401, 403}, json.loads(answer.body)
