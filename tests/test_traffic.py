"""Requests to the mock's APIs: what time, upstreams and configurations make of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from asking import call, send
from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver import MockGateway
from mockserver.client import Answer
from mockserver.echo import Echo

ORDERS = {
    "name": "Orders", "api_id": "orders", "org_id": "acme", "auth": {"auth_header_name": "Authorization"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test/base", "strip_listen_path": True},
}  # fmt: skip
RIGHTS = {"orders": {"api_id": "orders", "versions": ["Default"]}}
GOLD = {"id": "gold", "org_id": "acme", "rate": 1000, "per": 60, "quota_max": -1, "access_rights": RIGHTS}


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


@pytest.fixture(name="gateway")
def _gateway(shared: MockGateway) -> MockGateway:
    shared.reset()
    return shared


def serve(gateway: MockGateway, *policies: dict[str, Any], **members: Any) -> None:
    """Write an API and policies, and load them."""
    for policy in policies or (GOLD,):
        call(gateway, "POST", "/tyk/policies", policy)
    assert call(gateway, "POST", "/tyk/apis", {**ORDERS, **members})[0] == 200
    gateway.reload()


def key(gateway: MockGateway, *policies: str, **members: Any) -> str:
    """Make a key; its full id."""
    session = {"org_id": "acme", "apply_policies": list(policies or ("gold",)), **members}
    status, told = call(gateway, "POST", "/tyk/keys/mykey", session)
    assert status == 200, told
    return str(told["key"])


def get(gateway: MockGateway, credential: str, path: str = "/orders/a", *headers: tuple[str, str]) -> Answer:
    """A request to the API."""
    return send(gateway, "GET", path, [("Authorization", credential), *headers])


def told(answer: Answer) -> tuple[int, str]:
    """Status and the gateway's own error."""
    return answer.status, json.loads(answer.body).get("error", "")


def left(answer: Answer) -> str:
    """What is left of the quota."""
    return dict(answer.headers)["X-Ratelimit-Remaining"]


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


@pytest.mark.parametrize(
    ("expiration", "outcome"),
    [
        ("2001-02-03 04:05", (403, "API has expired, please check documentation or contact administrator")),
        ("soon", (403, "API has expired, please check documentation or contact administrator")),
        ("2999-02-03 04:05", (200, "")),
        ("-1", (200, "")),
    ],
)
def test_an_api_may_expire(gateway: MockGateway, expiration: str, outcome: tuple[int, str]) -> None:
    """A date that is ahead is told in a header."""
    serve(gateway, expiration=expiration)
    answer = get(gateway, key(gateway))
    assert told(answer) == outcome
    expected = "Sun, 03 Feb 2999 04:05:00 UTC" if expiration.startswith("2999") else None
    assert dict(answer.headers).get("X-Tyk-Api-Expires") == expected


@pytest.mark.parametrize(
    ("definition", "path", "headers", "reached"),
    [
        ({"location": "header", "key": "V", "strip_versioning_data": True}, "/orders/a", [("V", "v1")], "/base/a"),
        ({"location": "url-param", "key": "v", "strip_versioning_data": True}, "/orders/a?b=1&v=v1", [], "/base/a?b=1"),
        ({"location": "url", "strip_path": True}, "/orders/v1/a", [], "/base/a"),
        ({"location": "url"}, "/orders/v1/a", [], "/base/v1/a"),
        ({"location": "header", "key": "V", "fallback_to_default": True}, "/orders/a", [("V", "zz")], "/base/a"),
    ],
)  # fmt: skip
def test_a_version_is_named_where_the_definition_says(
    gateway: MockGateway, definition: dict[str, Any], path: str, headers: list[tuple[str, str]], reached: str
) -> None:
    """And taken away from there if that is asked for."""
    versions = {"not_versioned": False, "default_version": "v1", "versions": {"v1": {"name": "v1"}}}
    rights = {"orders": {"api_id": "orders", "versions": ["v1"]}}
    serve(gateway, {**GOLD, "access_rights": rights}, definition=definition, version_data=versions)
    assert json.loads(get(gateway, key(gateway), path, *headers).body)["path"] == reached
    assert "V" not in gateway.journal[-1].as_dict()["upstream"]["headers"] or definition.get(
        "fallback_to_default"
    )


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"a": {"name": "a"}, "b": {"name": "b"}}, "No default API version for this non-versioned API found"),
        (
            {"Default": {"name": "a"}, "default": {"name": "b"}},
            "Ambiguous default API version for this non-versioned API",
        ),
    ],
)
def test_an_api_without_versions_needs_one(
    gateway: MockGateway, versions: dict[str, Any], message: str
) -> None:
    """The only one, or one that is called default."""
    serve(gateway, version_data={"not_versioned": True, "versions": versions})
    assert told(get(gateway, key(gateway))) == (403, message)


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


@pytest.mark.parametrize("kind", ["use_basic_auth", "use_openid", "enable_signature_checking"])
def test_a_credential_that_is_not_known_is_told(gateway: MockGateway, kind: str) -> None:
    """Rather than let a request pass, or be refused, as a gateway would not."""
    serve(gateway, **{kind: True})
    status, message = told(get(gateway, key(gateway)))
    assert (status, kind in message) == (501, True)


def test_definitions_keep_what_the_mock_does_not_know(gateway: MockGateway) -> None:
    """So that one that is read, changed and written back loses nothing."""
    serve(
        gateway, cache_options={"cache_timeout": 5}, proxy={**ORDERS["proxy"], "preserve_host_header": True}
    )  # type: ignore[dict-item]
    _, found = call(gateway, "GET", "/tyk/apis/orders")
    assert (found["cache_options"], found["proxy"]["preserve_host_header"]) == ({"cache_timeout": 5}, True)
    assert (found["use_oauth2"], found["proxy"]["listen_path"]) == (False, "/orders/")


@pytest.mark.parametrize("name", ["../out", "a/b", "%2e%2e", ".."])
def test_an_api_has_no_path_for_a_name(gateway: MockGateway, name: str) -> None:
    """It would leave the directory."""
    assert call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": name})[0] == 400


def test_a_definition_needs_a_place_for_its_credential(gateway: MockGateway) -> None:
    """One that leaves none is refused, and says which."""
    configs = {"jwt": {"disable_header": True}}
    status, body = call(gateway, "POST", "/tyk/apis", {**ORDERS, "enable_jwt": True, "auth_configs": configs})
    assert (status, "all auth sources are disabled for jwt" in body["message"]) == (400, True)


def test_definitions_are_files_where_a_directory_is_named(tmp_path: Path) -> None:
    """Read at the start; written as Go writes them; a broken one is told and passed over."""
    (tmp_path / "orders.json").write_text(json.dumps(ORDERS))
    (tmp_path / "broken.json").write_text('{"name": 1}')
    (tmp_path / "orders-oas.json").write_text("{}")
    with MockGateway(apis=tmp_path) as gateway:
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["orders"]
        (line,) = gateway.gateway.complaints()
        assert (line.startswith("broken.json: "), line.endswith("it is not served")) == (True, True)
        call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": "bills", "proxy": {"listen_path": "/bills/"}})
        assert '{\n  "name": "Orders",\n' in (tmp_path / "bills.json").read_text()
        call(gateway, "DELETE", "/tyk/apis/orders")
        assert not (tmp_path / "orders.json").exists()
        gateway.reset()
        assert (tmp_path / "orders.json").exists() > (tmp_path / "bills.json").exists()


def test_of_two_apis_with_one_path_the_first_keeps_it(gateway: MockGateway) -> None:
    """The other gets its id behind it; both are reached by their ids too."""
    serve(gateway, use_keyless=True)
    call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": "later", "use_keyless": True})
    gateway.reload()
    paths = {api["api_id"]: api["proxy"]["listen_path"] for api in call(gateway, "GET", "/tyk/apis")[1]}
    assert paths == {"orders": "/orders/", "later": "/orders/-later"}
    assert [send(gateway, "GET", f"/{name}/a").status for name in paths] == [200, 200]
    assert {gateway.journal[-1].api, gateway.journal[-2].api} == {"orders", "later"}


@pytest.mark.parametrize(
    ("listen_path", "path", "reached"),
    [("/v1/{tenant}/x", "/v1/acme/x/a", "/base/a"), ("/{n:[0-9]+}/", "/42/a", "/base/a"), ("/long/", "/long/a", "/base/a")],
)  # fmt: skip
def test_a_listen_path_may_have_parameters(
    gateway: MockGateway, listen_path: str, path: str, reached: str
) -> None:
    """They are taken away with it."""
    serve(gateway, use_keyless=True, proxy={**ORDERS["proxy"], "listen_path": listen_path})  # type: ignore[dict-item]
    assert json.loads(send(gateway, "GET", path).body)["path"] == reached


def _jwt_api(source: str, **members: Any) -> dict[str, Any]:
    import base64

    encoded = base64.b64encode(source.encode()).decode()
    return {"enable_jwt": True, "jwt_source": encoded, "jwt_policy_field_name": "pol", **members}


def test_a_key_may_come_from_a_jwks(gateway: MockGateway) -> None:
    """At a URL on this machine, by the token's kid."""
    private = rsa.generate_private_key(65537, 2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    body = json.dumps({"keys": [{**public, "kid": "k1", "alg": "RS256"}]}).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
        serve(gateway, **_jwt_api(url, jwt_signing_method="rsa", jwt_skip_kid=True))
        listener.settimeout(10)
        own = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k1"})
        with _answering(listener, body):
            assert get(gateway, own).status == 200
        other = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k2"})
        with _answering(listener, body):
            assert told(get(gateway, other)) == (403, "Key not authorized")


def _answering(listener: socket.socket, body: bytes) -> Any:
    """Answer one connection with a body, in a thread."""
    import contextlib
    import threading

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    @contextlib.contextmanager
    def run() -> Iterator[None]:
        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()

    return run()


def test_a_token_may_be_signed_by_the_secret_of_its_key(gateway: MockGateway) -> None:
    """Where the definition has no source: the token names the key in its kid."""
    serve(gateway, enable_jwt=True)
    own = key(gateway, jwt_data={"secret": "the-secret-of-this-one-key-is-long"})
    token = jwt.encode({"sub": "x"}, "the-secret-of-this-one-key-is-long", "HS256", {"kid": own})
    assert get(gateway, token).status == 200
    assert told(get(gateway, jwt.encode({}, "x" * 32, "HS256", {"kid": own}))) == (403, "Key not authorized")


@pytest.mark.parametrize(("version", "outcome"), [("5.8", 403), ("5.12", 200)])
def test_claims_may_nest_in_later_versions(version: str, outcome: int) -> None:
    """The policy's claim, where its name has dots."""
    with MockGateway(gateway=version) as gateway:
        serve(gateway, **_jwt_api("s" * 32, jwt_policy_field_name="p.id"))
        token = jwt.encode({"sub": "ann", "p": {"id": "gold"}}, "s" * 32, "HS256")
        assert get(gateway, token).status == outcome


def test_a_client_loses_its_tokens_with_its_policy(gateway: MockGateway) -> None:
    """And all of them by revoke_all; a rotated secret counts at once."""
    meta = {"allowed_access_types": ["client_credentials"]}
    serve(gateway, GOLD, {**GOLD, "id": "silver"}, use_oauth2=True, oauth_meta=meta)
    client = {"client_id": "cl", "secret": "s", "policy_id": "gold", "redirect_uri": "http://c.test"}
    call(gateway, "POST", "/tyk/oauth/clients/create", {**client, "api_id": "orders"})

    def token(secret: str) -> str:
        headers = [("Content-Type", "application/json"), ("Authorization", _basic("cl", secret))]
        answer = send(
            gateway,
            "POST",
            "/orders/oauth/token",
            headers,
            b'{"grant_type":"client_credentials","scope":"a"}',
        )
        found = json.loads(answer.body)
        assert answer.status != 200 or list(found) == ["access_token", "expires_in", "scope", "token_type"]
        return f"Bearer {found.get('access_token')}"

    first = token("s")
    assert get(gateway, first).status == 200
    call(gateway, "PUT", "/tyk/oauth/clients/orders/cl", {**client, "policy_id": "silver"})
    assert get(gateway, first).status == 403
    secret = call(gateway, "PUT", "/tyk/oauth/clients/orders/cl/rotate")[1]["secret"]
    assert (get(gateway, token("s")).status, get(gateway, second := token(secret)).status) == (403, 200)
    form = f"client_id=cl&client_secret={secret}".encode()
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Tyk-Authorization", "s3cret")]
    assert send(gateway, "POST", "/tyk/oauth/revoke_all", headers, form).status == 200
    assert get(gateway, second).status == 403
    assert call(gateway, "GET", "/tyk/oauth/clients/orders/cl/tokens") == (200, [])


def _basic(name: str, secret: str) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_the_quota_of_an_organisation_begins_anew(gateway: MockGateway) -> None:
    """With reset_quota=1 its renewal is told."""
    serve(gateway)
    session = {"org_id": "acme", "quota_renewal_rate": 60}
    call(gateway, "POST", "/tyk/org/keys/acme?reset_quota=1", session)
    found = call(gateway, "GET", "/tyk/org/keys/acme")[1]
    assert found["quota_renews"] == int(found["last_updated"]) + 60


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
        ({"session": []}, b"is no object"),
    ):
        answer = send(gateway, "POST", "/_mock/why", [], json.dumps(body).encode())
        assert (answer.status, part in answer.body) == (400, True)
    assert send(gateway, "POST", "/_mock/why?format=x", [], session).status == 400
