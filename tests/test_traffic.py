"""Requests to the mock's APIs: limits over time, upstreams, and configurations of an API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import call, send
from orders import GOLD, ORDERS, get, key, left, serve, told

from mockserver import MockGateway
from mockserver.http.echo_server import Echo


def test_a_quota_is_renewed_after_its_period(gateway: MockGateway) -> None:
    """A quota is full again once its period is over, or once its key is written again."""
    serve(gateway, {**GOLD, "quota_max": 2, "quota_renewal_rate": 3600})
    key_id = key(gateway)
    assert [get(gateway, key_id).status for _ in range(3)] == [200, 200, 403]
    gateway.advance(3599)
    assert get(gateway, key_id).status == 403
    gateway.advance(2)
    assert left(get(gateway, key_id)) == "1"
    assert left(get(gateway, key(gateway))) == "1"


def test_a_quota_without_a_period_is_never_renewed(gateway: MockGateway) -> None:
    """A quota without quota_renewal_rate is never renewed, as on a gateway."""
    serve(gateway, {**GOLD, "quota_max": 1})
    key_id = key(gateway)
    assert get(gateway, key_id).status == 200
    gateway.advance(10**8)
    assert told(get(gateway, key_id)) == (403, "Quota exceeded")


def test_a_rate_limit_is_reset_after_its_interval(gateway: MockGateway) -> None:
    """A rate limit is reset after the whole seconds of `per`."""
    serve(gateway, {**GOLD, "rate": 2.5, "per": 10.9})
    key_id = key(gateway)
    assert [get(gateway, key_id).status for _ in range(3)] == [200, 200, 429]
    gateway.advance(10.5)
    assert get(gateway, key_id).status == 200


def test_a_key_expires_with_its_policy(gateway: MockGateway) -> None:
    """A key expires after the key_expires_in of its policy."""
    serve(gateway, {**GOLD, "key_expires_in": 100})
    key_id = key(gateway)
    assert get(gateway, key_id).status == 200
    gateway.advance(101)
    assert told(get(gateway, key_id)) == (401, "Key has expired, please renew")


@pytest.mark.parametrize(("respects", "gone_after"), [(False, 60), (True, 500)])
def test_a_session_is_removed_after_its_lifetime(
    gateway: MockGateway, respects: bool, gone_after: int
) -> None:
    """The session_lifetime of an API removes a key, but not before it expires if that is respected."""
    serve(gateway, session_lifetime=60, session_lifetime_respects_key_expiration=respects)
    now = int(gateway.gateway.now())
    key_id = key(gateway, expires=now + 500)
    gateway.advance(gone_after - 5)
    assert call(gateway, "GET", f"/tyk/keys/{key_id}")[0] == 200
    gateway.advance(10)
    assert call(gateway, "GET", f"/tyk/keys/{key_id}")[0] == 404
    assert call(gateway, "GET", "/tyk/keys") == (200, {"keys": []})


def test_a_session_is_cached_for_ten_seconds(gateway: MockGateway) -> None:
    """A deleted key is accepted for ten seconds under the name that an earlier request used."""
    serve(gateway)
    key_id = key(gateway)
    assert get(gateway, "mykey").status == 200
    call(gateway, "DELETE", f"/tyk/keys/{key_id}")
    assert get(gateway, key_id).status == 403
    assert get(gateway, "mykey").status == 200
    gateway.advance(11)
    assert get(gateway, "mykey").status == 403


def test_an_upstream_on_another_machine_is_not_called(gateway: MockGateway) -> None:
    """The mock answers for an upstream elsewhere, and the journal has the request without its credential."""
    serve(gateway)
    answer = send(
        gateway, "POST", "/orders/a%20b?x=1", [("Authorization", key(gateway)), ("X-Mine", "1")], b"body"
    )
    assert json.loads(answer.body) == {"method": "POST", "path": "/base/a%20b?x=1"}
    entry = gateway.journal[-1].as_dict()
    assert (entry["api"], entry["violations"]) == ("orders", [])
    upstream = entry["upstream"]
    assert (upstream["target"], upstream["body"]) == ("/base/a%20b?x=1", "body")
    assert upstream["headers"]["X-Mine"] == "1"
    assert upstream["headers"]["Authorization"] == "***"
    assert upstream["headers"]["X-Forwarded-For"] == "127.0.0.1"


def test_an_upstream_on_this_machine_is_called(gateway: MockGateway) -> None:
    """The answer of an upstream on this machine comes back; without it the gateway answers 500."""
    with Echo() as upstream:
        serve(gateway, proxy={**ORDERS["proxy"], "target_url": upstream.url})  # type: ignore[dict-item]
        key_id = key(gateway)
        assert json.loads(get(gateway, key_id).body) == {"method": "GET", "path": "/a"}
    assert told(get(gateway, key_id)) == (500, "There was a problem proxying the request")


def test_an_allowed_upstream_is_called() -> None:
    """A host of `upstreams` is called by its name; here no resolver knows it."""
    with MockGateway(upstreams=["nowhere.invalid"]) as gateway:
        serve(gateway, proxy={**ORDERS["proxy"], "target_url": "http://nowhere.invalid/"})  # type: ignore[dict-item]
        assert told(get(gateway, key(gateway))) == (500, "Upstream host lookup failed")


def test_a_request_in_xml_is_refused_in_xml(gateway: MockGateway) -> None:
    """A request with an XML Content-Type is refused in XML."""
    serve(gateway)
    answer = send(gateway, "GET", "/orders/", [("Content-Type", "text/xml; charset=utf-8")])
    assert answer.body == (
        b'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>Authorization field missing</error>\n'
    )
    assert dict(answer.headers)["Content-Type"] == "text/xml"


def test_credentials_are_stripped(gateway: MockGateway) -> None:
    """With strip_auth_data the upstream gets neither the header nor the parameter of the credential."""
    auth = {"auth_header_name": "X-Key", "use_param": True, "param_name": "k"}
    serve(gateway, auth=auth, strip_auth_data=True)
    key_id = key(gateway)
    assert send(gateway, "GET", f"/orders/a?k={key_id}&b=1", [("X-Key", "other")]).status == 200
    upstream = gateway.journal[-1].as_dict()["upstream"]
    assert upstream["target"] == "/base/a?b=1"
    assert "X-Key" not in upstream["headers"]


def test_an_api_has_a_rate_limit_for_all_keys(gateway: MockGateway) -> None:
    """The global_rate_limit of an API counts all its requests, also those without a key."""
    serve(gateway, use_keyless=True, global_rate_limit={"rate": 2, "per": 60})
    assert [get(gateway, "").status for _ in range(3)] == [200, 200, 429]


SESSION = {"org_id": "acme", "apply_policies": ["gold"]}


def test_the_control_api_explains_the_limits_of_a_key(gateway: MockGateway) -> None:
    """/_mock/why names the policy that each limit of a key comes from."""
    serve(gateway)
    _, explanation = call(gateway, "POST", "/_mock/why", {"key": key(gateway)})
    origins = {reason["path"]: reason["origin"] for reason in explanation["reasons"]}
    assert (origins["rate"], origins["access_rights/orders/limit/rate"]) == ("gold", "gold")


def test_the_control_api_explains_a_session_as_a_chart(gateway: MockGateway) -> None:
    """/_mock/why?format=mermaid explains a session as a chart."""
    serve(gateway)
    body = json.dumps({"session": SESSION}).encode()
    assert send(gateway, "POST", "/_mock/why?format=mermaid", [], body).body.startswith(b"flowchart LR\n")


@pytest.mark.parametrize(
    ("target", "body", "message"),
    [
        ("/_mock/why", {"key": "none"}, "there is no key"),
        ("/_mock/why", {}, "lacks 'session'"),
        ("/_mock/why", {"session": []}, "must be an object"),
        ("/_mock/why?format=x", {"session": SESSION}, "'x'"),
    ],
    ids=["unknown key", "no session", "array", "unknown format"],
)
def test_the_control_api_refuses_to_explain(
    gateway: MockGateway, target: str, body: dict[str, Any], message: str
) -> None:
    """/_mock/why answers an unknown key, a missing or wrong session and an unknown format with 400."""
    serve(gateway)
    status, answer = call(gateway, "POST", target, body)
    assert status == 400
    assert message in answer["message"]
