"""Requests to the mock's APIs: what time, upstreams and configurations make of them."""

from __future__ import annotations

import json

import pytest
from asking import call, send
from orders import GOLD, ORDERS, get, key, left, serve, told

from mockserver import MockGateway
from mockserver.http.echo_server import Echo


def test_a_quota_is_renewed_in_its_time(gateway: MockGateway) -> None:
    """Moved time renews it; a key that is written again begins anew too."""
    serve(gateway, {**GOLD, "quota_max": 2, "quota_renewal_rate": 3600})
    own = key(gateway)
    assert [get(gateway, own).status for _ in range(3)] == [200, 200, 403]
    gateway.advance(3599)
    assert get(gateway, own).status == 403
    gateway.advance(2)
    assert left(get(gateway, own)) == "1"
    assert left(get(gateway, key(gateway))) == "1"


def test_a_quota_without_a_period_is_never_renewed(gateway: MockGateway) -> None:
    """As on a gateway, whose counter has no end then."""
    serve(gateway, {**GOLD, "quota_max": 1})
    own = key(gateway)
    assert get(gateway, own).status == 200
    gateway.advance(10**8)
    assert told(get(gateway, own)) == (403, "Quota exceeded")


def test_a_rate_begins_anew_after_its_interval(gateway: MockGateway) -> None:
    """Only whole seconds of it count."""
    serve(gateway, {**GOLD, "rate": 2.5, "per": 10.9})
    own = key(gateway)
    assert [get(gateway, own).status for _ in range(3)] == [200, 200, 429]
    gateway.advance(10.5)
    assert get(gateway, own).status == 200


def test_a_key_expires_in_its_time(gateway: MockGateway) -> None:
    """By its policy's key_expires_in."""
    serve(gateway, {**GOLD, "key_expires_in": 100})
    own = key(gateway)
    assert get(gateway, own).status == 200
    gateway.advance(101)
    assert told(get(gateway, own)) == (401, "Key has expired, please renew")


@pytest.mark.parametrize(("respects", "gone_after"), [(False, 60), (True, 500)])
def test_a_session_is_kept_for_its_lifetime(gateway: MockGateway, respects: bool, gone_after: int) -> None:
    """session_lifetime of the API removes the key, not before it expires where that is respected."""
    serve(gateway, session_lifetime=60, session_lifetime_respects_key_expiration=respects)
    now = int(gateway.gateway.now())
    own = key(gateway, expires=now + 500)
    gateway.advance(gone_after - 5)
    assert call(gateway, "GET", f"/tyk/keys/{own}")[0] == 200
    gateway.advance(10)
    assert call(gateway, "GET", f"/tyk/keys/{own}")[0] == 404
    assert call(gateway, "GET", "/tyk/keys") == (200, {"keys": []})


def test_a_session_is_remembered_for_ten_seconds(gateway: MockGateway) -> None:
    """By the name that a request called it; a deleted key passes so long by its short name."""
    serve(gateway)
    own = key(gateway)
    assert get(gateway, "mykey").status == 200
    call(gateway, "DELETE", f"/tyk/keys/{own}")
    assert (get(gateway, own).status, get(gateway, "mykey").status) == (403, 200)
    gateway.advance(11)
    assert get(gateway, "mykey").status == 403


def test_an_upstream_elsewhere_is_not_asked(gateway: MockGateway) -> None:
    """The answer says what would have reached it, the journal all of it, without the credential."""
    serve(gateway)
    answer = send(
        gateway, "POST", "/orders/a%20b?x=1", [("Authorization", key(gateway)), ("X-Mine", "1")], b"body"
    )
    assert json.loads(answer.body) == {"method": "POST", "path": "/base/a%20b?x=1"}
    entry = gateway.journal[-1].as_dict()
    assert (entry["api"], entry["violations"]) == ("orders", [])
    upstream = entry["upstream"]
    assert (upstream["target"], upstream["body"]) == ("/base/a%20b?x=1", "body")
    assert (upstream["headers"]["X-Mine"], upstream["headers"]["Authorization"]) == ("1", "***")
    assert upstream["headers"]["X-Forwarded-For"] == "127.0.0.1"


def test_an_upstream_on_this_machine_is_asked(gateway: MockGateway) -> None:
    """Its answer comes back; one that is not there is told in the gateway's words."""
    with Echo() as upstream:
        serve(gateway, proxy={**ORDERS["proxy"], "target_url": upstream.url})  # type: ignore[dict-item]
        own = key(gateway)
        assert json.loads(get(gateway, own).body) == {"method": "GET", "path": "/a"}
    assert told(get(gateway, own)) == (500, "There was a problem proxying the request")


def test_an_upstream_that_is_allowed_is_asked() -> None:
    """By its name; here one that no resolver knows."""
    with MockGateway(upstreams=["nowhere.invalid"]) as gateway:
        serve(gateway, proxy={**ORDERS["proxy"], "target_url": "http://nowhere.invalid/"})  # type: ignore[dict-item]
        assert told(get(gateway, key(gateway))) == (500, "Upstream host lookup failed")


def test_refusals_come_as_xml_too(gateway: MockGateway) -> None:
    """For a request in XML; quotes are escaped in JSON alone."""
    serve(gateway)
    answer = send(gateway, "GET", "/orders/", [("Content-Type", "text/xml; charset=utf-8")])
    assert answer.body == (
        b'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>Authorization field missing</error>\n'
    )
    assert dict(answer.headers)["Content-Type"] == "text/xml"


def test_credentials_are_kept_from_upstreams(gateway: MockGateway) -> None:
    """With strip_auth_data: the header, the parameter."""
    auth = {"auth_header_name": "X-Key", "use_param": True, "param_name": "k"}
    serve(gateway, auth=auth, strip_auth_data=True)
    own = key(gateway)
    assert send(gateway, "GET", f"/orders/a?k={own}&b=1", [("X-Key", "other")]).status == 200
    upstream = gateway.journal[-1].as_dict()["upstream"]
    assert (upstream["target"], "X-Key" in upstream["headers"]) == ("/base/a?b=1", False)


def test_an_api_as_a_whole_has_a_rate(gateway: MockGateway) -> None:
    """Whoever asks."""
    serve(gateway, use_keyless=True, global_rate_limit={"rate": 2, "per": 60})
    assert [get(gateway, "").status for _ in range(3)] == [200, 200, 429]


def test_the_mock_tells_why_a_key_has_what_it_has(gateway: MockGateway) -> None:
    """By the key or by a session, in each format; what is wrong is told."""
    serve(gateway)
    own = key(gateway)
    found = json.loads(send(gateway, "POST", "/_mock/why", [], json.dumps({"key": own}).encode()).body)
    origins = {reason["path"]: reason["origin"] for reason in found["reasons"]}
    assert (origins["rate"], origins["access_rights/orders/limit/rate"]) == ("gold", "gold")
    session = json.dumps({"session": {"org_id": "acme", "apply_policies": ["gold"]}}).encode()
    assert send(gateway, "POST", "/_mock/why?format=mermaid", [], session).body.startswith(b"flowchart LR\n")
    for body, part in (
        ({"key": "none"}, b"there is no key"),
        ({}, b"lacks 'session'"),
        ({"session": []}, b"must be an object"),
    ):
        answer = send(gateway, "POST", "/_mock/why", [], json.dumps(body).encode())
        assert (answer.status, part in answer.body) == (400, True)
    assert send(gateway, "POST", "/_mock/why?format=x", [], session).status == 400
